import Foundation
import MCPAuthCore
import MCPAuthSandbox
import Testing

@testable import MCPAuthToolRendering

/// What a server sends is only text for a terminal, a CI runner, Markdown, HTML and JSON (ThreatModel#Text-of-a-server). Here every
/// text of a server contains commands for all of these, and every command is run in every format.
@Suite struct HostileTextTests {
  @Test("ThreatModel#Text-of-a-server: in every format of every command, to a pipe", arguments: OutputFormat.allCases)
  func piped(format: OutputFormat) async throws {
    try await withServers(HostileText.configuration) { sandbox in
      let place = try Workplace(servers: HostileText.inventory(sandbox))
      for (index, command) in HostileText.commands.enumerated() {
        // The files that a runner reads, different ones for each command.
        let files = ["GITHUB_STEP_SUMMARY": "summary-\(index)", "GITHUB_OUTPUT": "outputs-\(index)"]
        let environment = files.mapValues { place.path($0).path }
        let run = try await place.run(command + ["--format", format.rawValue], environment: environment)
        // The command does not have this format.
        if run.exit == 64 { continue }
        // Not every command prints text of a server. These print it in each format.
        if ["plan", "apply"].contains(command[0]) { #expect(run.all.contains("EVIL"), "\(command): \(run.all)") }
        let judge = HostileJudge(format: format, what: "\(command.joined(separator: " ")) \(format)")
        judge.expect(run.out)
        HostileJudge(format: format == .github ? .github : .text, what: judge.what).expect(run.err)
        if let summary = try? place.read("summary-\(index)") {
          HostileJudge(format: .markdown, what: judge.what + " summary").expect(summary)
        }
        if let outputs = try? place.read("outputs-\(index)") {
          for line in outputs.split(separator: "\n") {
            #expect(line.firstMatch(of: /^[a-z_]+=[^\x00-\x1F]*$/) != nil, "\(line)")
          }
        }
      }
    }
  }

  @Test(
    "ThreatModel#Text-of-a-server: inspect shows everything that a server publishes as text",
    arguments: [OutputFormat.text, .json])
  func inspected(format: OutputFormat) async throws {
    try await withServers(HostileText.configuration) { sandbox in
      let place = try Workplace()
      var isShown = false
      for (name, _) in HostileText.places {
        let run = try await place.run("inspect", sandbox.url(name), "--verbose", "--format", format.rawValue)
        #expect(run.exit == 0 || run.exit == 1, "\(name): \(run.all)")
        isShown = isShown || run.out.contains("EVIL")
        HostileJudge(format: format, what: "inspect \(name) \(format)").expect(run.out)
        HostileJudge(format: .text, what: "inspect \(name)").expect(run.err)
      }
      #expect(isShown)
    }
  }

  @Test(
    "ThreatModel#Text-of-a-server: on a terminal, in colour",
    arguments: [["plan"], ["apply", "--yes"], ["plan", "--verbose"]])
  func terminal(command: [String]) async throws {
    try await withServers(HostileText.configuration) { sandbox in
      let place = try Workplace(servers: HostileText.inventory(sandbox))
      let session = try await Terminal.run(place, command + ["--color", "always"])
      #expect(session.shown.contains("EVIL"), "\(session.shown)")
      #expect(session.shown.contains("\u{1B}["), "there is no colour")
      for part in HostileText.obeyed { #expect(!session.shown.contains(part), "\(part.debugDescription)") }
      for line in session.shown.split(separator: "\r\n") { #expect(!line.hasPrefix("EVIL"), "\(line)") }
      if command[0] == "apply" {
        for later in [["status"], ["state", "show", "client-id"], ["state", "list"], ["orphans", "list"]] {
          let shown = try await Terminal.run(place, later).shown
          for part in HostileText.obeyed { #expect(!shown.contains(part), "\(later): \(part.debugDescription)") }
        }
      }
    }
  }

  @Test("ThreatModel#Text-of-a-server: JSON output and the lock file contain the same value that the server sent")
  func sameValue() async throws {
    try await withServers(HostileText.configuration) { sandbox in
      let place = try Workplace(servers: HostileText.inventory(sandbox))
      let run = try await place.run("apply", "--only", "client-id", "--format", "json")
      #expect(run.exit == 0, "\(run.all)")
      #expect(try run.json()["servers"][0]["client_id"].string == HostileText.visible)
      #expect(try place.entry("client-id")["client_id"].string == HostileText.visible)
      for part in ["::", "##"] + HostileText.obeyed { #expect(!run.out.contains(part), "\(run.out)") }
      let show = try await place.run("state", "show", "client-id", "--format", "json")
      #expect(try show.json()["entry"]["client_id"].string == HostileText.visible)
    }
  }

  @Test(
    "Registration#Strategies: a client id with control characters is refused, C1 among them",
    arguments: ["\u{1B}", "\u{85}", "\0"])
  func controlInClientID(character: String) async throws {
    let configuration = SandboxConfiguration.made("ids") {
      $0.registration.answerChanges = ["client_id": .string("a" + character + "b")]
    }
    let it = try await withServers(configuration) { try await $0.apply("ids") }
    #expect(it.code == "registration-outcome-unknown", "\(it.run.out)")
    #expect(it.lock["orphans"][0]["client_id"].isNull)
  }
}

/// Servers whose every text contains commands for a terminal, a CI runner or a forge.
enum HostileText {
  /// Text without control characters, for header fields and client ids.
  static let visible =
    "EVIL\u{202E}\u{2066}\u{2069}\u{200B}\u{FEFF}::add-mask::evil ##[error]evil ##vso[task.x]evil "
    + "</details><!-- evil --><script>evil</script> @team `evil` ```evil``` |evil| ::set-output name=evil::x"

  static let all =
    "EVIL\u{1B}[2J\u{1B}]8;;http://evil\u{7}x\u{1B}]8;;\u{7}\u{1B}]52;c;ZXZpbA==\u{7}\u{9B}31m\u{85}\u{0}\u{8}\r\n"
    + "EVIL::set-output name=evil::x\r\n::add-mask::evil\n  ::error::evil\n##[error]evil\n##vso[task.x]evil\n"
    + "\u{2028}EVIL\n</details>\n```\n# EVIL\n| EVIL |\n" + visible

  /// A scope token in the grammar of RFC 6749.
  static let token = "EVIL##[error]::add-mask::evil</details><!--@team|`"

  /// Text that mcpauth must never print on a terminal.
  static let obeyed = [
    "\u{1B}[2J", "\u{1B}]", "\u{9B}", "\u{85}", "\u{7}", "\u{0}", "\u{8}", "\u{202E}", "\u{2066}", "\u{200B}",
    "\u{FEFF}", "\u{2028}", "##[", "##vso[",
  ]

  static let commands: [[String]] = [
    ["plan"], ["apply"], ["status"], ["state", "list"], ["state", "show", "client-id"], ["state", "show", "scopes"],
    ["orphans", "list"], ["verify"], ["plan", "--refresh", "--verbose"], ["apply", "--refresh"],
    ["rotate", "client-id"], ["orphans", "forget", "unknown"], ["state", "forget", "client-id"],
  ]

  static var configuration: SandboxConfiguration {
    var configuration = SandboxConfiguration(kinds: [])
    configuration.kinds = places.map { name, change in
      var kind = SandboxKind(name, "hostile")
      change(&kind)
      return kind
    }
    return configuration
  }

  static func inventory(_ sandbox: Sandbox) -> String {
    places.map { sandbox.block($0.name) }.joined(separator: "\n")
  }

  private static func refusing(_ answer: SandboxAnswer) -> @Sendable (inout SandboxKind) -> Void {
    {
      $0.registration.methods = ["none"]
      $0.faults[.register] = SandboxFault(answer)
    }
  }

  private static func answering(_ changes: [String: SandboxJSON]) -> @Sendable (inout SandboxKind) -> Void {
    {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.answerChanges = changes
    }
  }

  private static let json = "application/json"

  static let places: [(name: String, change: @Sendable (inout SandboxKind) -> Void)] = [
    ("description", refusing(.oauthError(400, "invalid_client_metadata", all))),
    ("redirect", refusing(.oauthError(400, "invalid_redirect_uri", all))),
    ("policy", refusing(.oauthError(403, "insufficient_scope", "Policy 'Trusted Hosts' " + all))),
    ("error-code", refusing(.oauthError(400, all, all))),
    ("mebibyte", refusing(.text(418, String(repeating: all, count: (1 << 20) / all.utf8.count)))),
    ("more", refusing(.text(422, String(repeating: all, count: (3 << 20) / all.utf8.count)))),
    ("bytes", refusing(SandboxAnswer(409, body: .bytes([0x9B, 0xFF, 0x1B, 0x5B, 0x32, 0x4A] + Array(all.utf8))))),
    ("unknown", refusing(.text(500, all))), ("page", refusing(.html(403, all))),
    ("content-type", refusing(.text(422, all, type: "text/EVIL##[error]</details>@team"))),
    ("moved-away", refusing(.redirect(307, to: "https://evil.example/EVIL::x::##[error]</details>"))),
    ("client-id", answering(["client_id": .string(visible)])), ("control", answering(["client_id": .string(all)])),
    ("redirect-uris", answering(["redirect_uris": [.string(all)]])),
    ("grants", answering(["grant_types": [.string(all)]])),
    ("method", answering(["token_endpoint_auth_method": .string(all)])),
    ("expiry", answering(["client_secret_expires_at": .string(all)])),
    (
      "management",
      answering(["registration_client_uri": .string(all), "registration_access_token": "EVIL-token-0123456789"])
    ), ("answered-scope", answering(["scope": .string(all), "application_type": .string(all)])),
    ("issuer", { $0.issuerMetadataChanges["issuer"] = .string(all) }),
    ("token-endpoint", { $0.issuerMetadataChanges["token_endpoint"] = .string(all) }),
    ("registration-endpoint", { $0.issuerMetadataChanges["registration_endpoint"] = .string("https://x/" + all) }),
    (
      "members",
      {
        for member in ["revocation_endpoint", "grant_types_supported", "scopes_supported", all] {
          $0.issuerMetadataChanges[member] = .string(all)
        }
        $0.metadataChanges = ["resource_name": .string(all), "scopes_supported": .string(all), all: .string(all)]
      }
    ), ("methods", { $0.issuerMetadataChanges["token_endpoint_auth_methods_supported"] = [.string(all)] }),
    ("pkce", { $0.issuerMetadataChanges["code_challenge_methods_supported"] = [.string(all)] }),
    ("listed", { $0.metadataChanges["authorization_servers"] = [.string(all), .string("https://x.example/" + all)] }),
    ("resource", { $0.metadataChanges["resource"] = .string(all) }),
    ("resource-url", { $0.metadataChanges["resource"] = .string("{origin}/" + token) }),
    (
      "scopes",
      {
        $0.metadataChanges["scopes_supported"] = [.string(token), .string(all)]
        $0.registration.scopes = [token]
      }
    ),
    (
      "challenge",
      {
        $0.challenge = [
          "EVIL \(token)", "Bearer realm=\"\(token)\", resource_metadata=\"{metadata}\", scope=\"\(token)\"",
        ]
      }
    ),
    ("pointer", { $0.challenge = ["Bearer resource_metadata=\"{origin}/EVIL::x::</details>@team|`##[error]\""] }),
    ("pointer-text", { $0.challenge = ["Bearer resource_metadata=\"\(token)\""] }),
    ("location", { $0.faults[.resourceMetadata] = SandboxFault(.redirect(to: "https://evil.example/\(token)")) }),
    ("metadata-type", { $0.faults[.resourceMetadata] = SandboxFault(.text(200, all, type: "text/EVIL##[error]|`")) }),
    ("no-json", { $0.faults[.oauthMetadata] = SandboxFault(.text(200, all, type: json)) }),
  ]
}

/// Checks that an output contains no command from a server.
struct HostileJudge {
  var format: OutputFormat
  var what: String

  func expect(_ output: String, _ location: Testing.SourceLocation = #_sourceLocation) {
    let harmful = output.unicodeScalars.filter { $0 != "\n" && ForeignText.isHarmful($0) }
    #expect(harmful.isEmpty, "\(what): \(harmful.map { String($0.value, radix: 16) })", sourceLocation: location)
    for part in ["##[", "##vso["] { #expect(!output.contains(part), "\(what): \(part)", sourceLocation: location) }
    for line in output.split(separator: "\n") {
      let text = line.drop { $0 == " " }
      #expect(!text.hasPrefix("EVIL"), "\(what): \(line)", sourceLocation: location)
      let isCommand = text.hasPrefix("::") && !(format == .github && Self.isOurs(text))
      #expect(!isCommand, "\(what): \(line)", sourceLocation: location)
    }
    switch format {
    case .text, .github: break
    case .markdown: expectMarkdown(output, location)
    case .html: expectHTML(output, location)
    case .ndjson:
      for line in output.split(separator: "\n") { expectJSON(String(line), location) }
    case .json, .sarif, .gitlab: expectJSON(output, location)
    }
  }

  /// Checks that text of a server is only between tags, and that there is no element that mcpauth did not write.
  private func expectHTML(_ text: String, _ location: Testing.SourceLocation) {
    for tag in text.matches(of: /<\/?([a-zA-Z!][^\s>]*)[^>]*>/) {
      let name = String(tag.1)
      #expect(Self.elements.contains(name), "\(what): \(tag.0)", sourceLocation: location)
      #expect(!tag.0.lowercased().contains("evil"), "\(what): \(tag.0)", sourceLocation: location)
    }
    #expect(text.components(separatedBy: "<script>").count <= 2, "\(what)", sourceLocation: location)
  }

  private static let elements: Set<String> = [
    "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "script", "a", "header", "h1", "h2", "h3", "h4", "h5",
    "p", "div", "label", "input", "select", "option", "span", "main", "section", "details", "summary", "ul", "ol", "li",
    "dl", "dt", "dd", "code", "strong", "pre", "time", "svg", "line", "circle",
  ]

  private func expectJSON(_ text: String, _ location: Testing.SourceLocation) {
    let isJSON = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) != nil
    #expect(isJSON, "\(what): \(text.prefix(200))", sourceLocation: location)
    #expect(!text.contains("::"), "\(what)", sourceLocation: location)
  }

  /// Whether mcpauth itself wrote this CI command: it has properties, then one message.
  private static func isOurs(_ line: Substring) -> Bool {
    line.firstMatch(of: /^::(error|warning|notice|debug|group|endgroup|stop-commands)( [a-zA-Z]+=[^:]*)?::/) != nil
      && !line.hasPrefix("::error::evil")
  }

  /// Checks that text of a server is only in code spans and fenced blocks.
  private func expectMarkdown(_ text: String, _ location: Testing.SourceLocation) {
    var rest = ""
    var fence: Substring?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let trimmed = line.drop { $0 == " " }
      let ticks = trimmed.prefix { $0 == "`" }
      if let open = fence {
        if ticks.count >= open.count, trimmed.dropFirst(ticks.count).allSatisfy({ $0 == " " }) { fence = nil }
      } else if ticks.count >= 3, !trimmed.dropFirst(ticks.count).contains("`") {
        fence = ticks
      } else {
        rest += Self.withoutSpans(line) + "\n"
      }
    }
    #expect(fence == nil, "\(what): a fence stays open", sourceLocation: location)
    for part in ["EVIL", "evil", "@team", "<script"] {
      #expect(!rest.contains(part), "\(what): \(part) in \(rest)", sourceLocation: location)
    }
    #expect(
      rest.components(separatedBy: "<details").count == rest.components(separatedBy: "</details>").count,
      "\(what): \(text)",
      sourceLocation: location)
  }

  /// CommonMark 6.1: a code span ends at the next run of backticks of the same length.
  private static func withoutSpans(_ line: Substring) -> String {
    var out = ""
    var at = line.startIndex
    while at < line.endIndex {
      let ticks = line[at...].prefix { $0 == "`" }
      guard !ticks.isEmpty else {
        out.append(line[at])
        at = line.index(after: at)
        continue
      }
      var next = ticks.endIndex
      var close: Range<Substring.Index>?
      while next < line.endIndex {
        let run = line[next...].prefix { $0 == "`" }
        if run.count == ticks.count {
          close = run.startIndex..<run.endIndex
          break
        }
        next = run.isEmpty ? line.index(after: next) : run.endIndex
      }
      if let close {
        at = close.upperBound
      } else {
        out += ticks
        at = ticks.endIndex
      }
    }
    return out
  }
}
