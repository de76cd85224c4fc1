import Foundation
import MCPAuthSandbox
import Testing

/// `mcpauth add` (GettingStarted#Add-a-server). Tests of the binary.
@Suite struct AddTests {
  static let head = """
    # ours
    version: 1   # the format

    client:
      name: 'End to end'
      redirect_uris: ["\(Workplace.redirectURI)"]

    """

  private func place(_ servers: String) throws -> Workplace {
    let place = try Workplace()
    try place.write(Self.head + servers)
    return place
  }

  // MARK: What is found

  @Test("GettingStarted#Add-a-server: the URL is inspected, nothing is registered, and plan registers afterwards")
  func discovered() async throws {
    try await withSandbox(.init(kinds: ["scoped"])) { sandbox in
      let place = try place("servers: {}\n")
      let run = try await place.run("add", "linear", sandbox.url("scoped"))
      #expect(run.exit == 0 && run.err.isEmpty, "\(run.all)")
      #expect(run.out.contains("registered at http://127.0.0.1:"), "\(run.out)")
      #expect(run.out.contains("\n  issuer  http://127.0.0.1:"), "\(run.out)")
      #expect(run.out.contains("from the challenge"), "\(run.out)")
      #expect(run.out.contains("add: 'linear' added to servers.yaml\n"), "\(run.out)")
      #expect(try place.read("servers.yaml") == Self.head + "servers:\n  linear:\n    url: \(sandbox.url("scoped"))\n")
      #expect(sandbox.registrations("scoped") == 0)
      let plan = try await place.run("plan")
      #expect(plan.exit == 0 && plan.out.contains("+ linear"), "\(plan.all)")
    }
  }

  @Test("GettingStarted#Add-a-server: a server that asks for nothing gets auth: none")
  func open() async throws {
    try await withSandbox(.init(kinds: ["open"])) { sandbox in
      let place = try place("servers: {}\n")
      let run = try await place.run("add", "docs", sandbox.url("open"))
      #expect(run.exit == 0 && run.out.contains("does not ask for authorization"), "\(run.all)")
      #expect(try place.read("servers.yaml").hasSuffix("    auth: none\n"))
      #expect(try await place.run("validate").exit == 0)
    }
  }

  @Test("GettingStarted#Add-a-server: --transport is written, also where defaults have another one")
  func transport() async throws {
    let place = try place("defaults: {transport: sse}\nservers: {}\n")
    let flags = ["--offline", "--auth", "none", "--transport"]
    for (name, transport) in [("old", "sse"), ("new", "streamable_http")] {
      let run = try await place.run(["add", name, "https://\(name).example/mcp"] + flags + [transport])
      #expect(run.exit == 0, "\(run.all)")
      #expect(try place.read("servers.yaml").contains("/mcp\n    transport: \(transport)\n"))
    }
    #expect(try await place.run("validate").exit == 0)
  }

  @Test("GettingStarted#Add-a-server: a web page in place of the server's answer is an error, not auth: none")
  func webPage() async throws {
    let configuration = SandboxConfiguration.made("portal") {
      $0.asking = .never
      $0.metadataPlaces = []
      $0.issuerMetadataPlaces = []
      $0.faults[.mcp] = SandboxFault(.html(200))
    }
    try await withSandbox(configuration) { sandbox in
      let place = try place("servers: {}\n")
      let before = try place.snapshot()
      let run = try await place.run("add", "docs", sandbox.url("portal"))
      #expect(run.exit == 1 && run.err.contains("error[no-auth-required]"), "\(run.all)")
      #expect(try place.snapshot() == before)
    }
  }

  @Test("GettingStarted#Add-a-server: if the server supports metadata documents, the first step is client.metadata_url")
  func documents() async throws {
    try await withSandbox(.init(kinds: ["cimd"])) { sandbox in
      let place = try place("servers: {}\n")
      let run = try await place.run("add", "chat", sandbox.url("cimd"), "--format", "json")
      #expect(run.exit == 0, "\(run.all)")
      let steps = try run.json()["next"].array.compactMap { $0["text"].string }
      #expect(steps.first?.hasPrefix("set client.metadata_url in servers.yaml") == true, "\(steps)")
      #expect(steps.dropFirst().first?.hasPrefix("or make a client by hand at ") == true, "\(steps)")
    }
  }

  @Test("GettingStarted#Add-a-server: where no client can be registered, a disabled stub says what to fill in")
  func stub() async throws {
    try await withSandbox(.init(kinds: ["no-registration"])) { sandbox in
      let place = try place("servers: {}\n")
      let run = try await place.run("add", "github", sandbox.url("no-registration"), "--format", "json")
      #expect(run.exit == 0, "\(run.all)")
      #expect(try SchemaCheck("add").problems(run.out) == [])
      let document = try run.json()
      #expect(document["found"]["registration"].string == "by-hand")
      #expect(document["found"]["error"].string == "registration-unsupported")
      #expect(document["fill_in"].strings == ["oauth2.client_id"])
      let steps = document["next"].array.compactMap { $0["text"].string }
      #expect(steps.contains { $0.contains("http://127.0.0.1:7777/callback/github") }, "\(steps)")
      #expect(steps.contains { $0.contains("MCP_GITHUB_CLIENT_SECRET") }, "\(steps)")
      let text = try place.read("servers.yaml")
      #expect(text.contains("    enabled: false\n") && text.contains("client_id: FILL_IN\n"), "\(text)")
      #expect(text.contains("registration: preregistered\n"), "\(text)")
      #expect(try await place.run("validate").exit == 0)
      // With a client, nothing is left to be filled in.
      let own = try await place.run(
        "add", "own", sandbox.url("no-registration"), "--client-id", "Iv1.$x", "--client-secret-env", "OWN_SECRET",
        "--scopes", "read write")
      #expect(own.exit == 0 && !own.out.contains("filled in"), "\(own.all)")
      #expect(try place.read("servers.yaml").contains("client_id: \"Iv1.$$x\"\n"))
      let plan = try await place.run("plan", "--only", "own")
      #expect(plan.exit == 0 && plan.out.contains("+ own"), "\(plan.all)")
    }
  }

  @Test("GettingStarted#Add-a-server: without authorization server metadata, the endpoints are filled in too")
  func stubWithEndpoints() async throws {
    try await withSandbox(.init(kinds: ["lists-itself"])) { sandbox in
      let place = try place("servers: {}\n")
      let run = try await place.run("add", "a", sandbox.url("lists-itself"))
      #expect(run.exit == 0 && run.out.contains("oauth2.token_endpoint to be filled in"), "\(run.all)")
      #expect(try place.read("servers.yaml").contains("token_endpoint: https://fill-in.invalid/token\n"))
      #expect(try await place.run("validate").exit == 0)
    }
  }

  @Test("GettingStarted#Add-a-server: what cannot be used is not added, and --offline adds it without a request")
  func unusable() async throws {
    try await withSandbox(.init(kinds: ["wrong-issuer", "broken"])) { sandbox in
      for (kind, code) in [("wrong-issuer", "issuer-mismatch"), ("broken", "unreachable")] {
        let place = try place("servers: {}\n")
        let before = try place.snapshot()
        let run = try await place.run("add", "a", sandbox.url(kind))
        #expect(run.exit == 1 && run.err.contains("error[\(code)]"), "\(run.all)")
        #expect(run.err.contains("--offline"), "\(run.err)")
        #expect(try place.snapshot() == before)
        let count = sandbox.requests().count
        let offline = try await place.run("add", "a", sandbox.url(kind), "--offline", "--format", "json")
        #expect(offline.exit == 0, "\(offline.all)")
        #expect(try SchemaCheck("add").problems(offline.out) == [])
        #expect(try offline.json()["found"].isNull)
        #expect(sandbox.requests().count == count)
        #expect(try place.read("servers.yaml").contains("  a:\n    url: "))
      }
    }
  }

  @Test("GettingStarted#Add-a-server: scopes for a server that asks for nothing are an error")
  func scopesWithoutAuthorization() async throws {
    try await withSandbox(.init(kinds: ["open"])) { sandbox in
      let place = try place("servers: {}\n")
      let before = try place.snapshot()
      let run = try await place.run("add", "docs", sandbox.url("open"), "--scopes", "a b")
      #expect(run.exit == 1 && run.err.contains("error[no-auth-required]"), "\(run.all)")
      #expect(try place.snapshot() == before)
    }
  }

  @Test("GettingStarted#Add-a-server: with --auth api_key, an error of the inspection is shown")
  func keyWithError() async throws {
    try await withSandbox(.init(kinds: ["broken"])) { sandbox in
      let place = try place("servers: {}\n")
      let run = try await place.run("add", "a", sandbox.url("broken"), "--auth", "api_key")
      #expect(run.exit == 0 && run.out.contains("none; the inspection found: "), "\(run.all)")
      #expect(try place.read("servers.yaml").contains("env: A_API_KEY\n"))
    }
  }

  // MARK: The text

  struct Style: Sendable, CustomTestStringConvertible {
    var name: String
    var before: String
    var after: String
    var testDescription: String { name }
  }

  static let url = "https://new.example/mcp"

  static let styles: [Style] = [
    Style(
      name: "block style, with comments, blank lines and a block after it",
      before: """
        version: 1
        servers:
            # first
            b: {url: "https://b.example/mcp", auth: none}   # b

            a:
                url: 'https://a.example/mcp'
                auth: none

        # network
        network:
          per_issuer: 2

        """,
      after: """
        version: 1
        servers:
            # first
            b: {url: "https://b.example/mcp", auth: none}   # b

            a:
                url: 'https://a.example/mcp'
                auth: none
            new:
                url: https://new.example/mcp
                auth: none

        # network
        network:
          per_issuer: 2

        """),
    Style(
      name: "braces on one line",
      before: "version: 1\nservers: { a: {url: https://a.example/mcp, display_name: \"it's }\", auth: none} } # c\n"
        + "x-more: 1\n",
      after:
        "version: 1\nservers: { a: {url: https://a.example/mcp, display_name: \"it's }\", auth: none}, "
        + "new: {url: https://new.example/mcp, auth: none} } # c\nx-more: 1\n"
    ),
    Style(
      name: "braces over several lines, with a comma at the end and comments",
      before: "version: 1\nservers: {\n    a: {url: https://a.example/x, display_name: x#y, auth: none}, # }\n  }\n",
      after:
        "version: 1\nservers: {\n    a: {url: https://a.example/x, display_name: x#y, auth: none}, # }\n"
        + "    new: {url: https://new.example/mcp, auth: none},\n  }\n"
    ),
    Style(
      name: "JSON",
      before: "{\n  \"version\": 1,\n  \"servers\": {\n"
        + "    \"a\": {\"url\": \"https://a.example/mcp\", \"auth\": \"none\"}\n"
        + "  }\n}\n",
      after:
        "{\n  \"version\": 1,\n  \"servers\": {\n    \"a\": {\"url\": \"https://a.example/mcp\", \"auth\": \"none\"},"
        + "\n    \"new\": {\"url\": \"https://new.example/mcp\", \"auth\": \"none\"}\n  }\n}\n"
    ),
    Style(
      name: "empty braces with a comment",
      before: "version: 1\nservers: {}   # none yet\n# end\n",
      after:
        "version: 1\nservers:   # none yet\n  new:\n    url: https://new.example/mcp\n    auth: none\n# end\n"),
    Style(
      name: "only a version",
      before: "version: 1\n",
      after: "version: 1\nservers:\n  new:\n    url: https://new.example/mcp\n    auth: none\n"),
    Style(
      name: "no value, and no line end at the end",
      before: "version: 1\nservers:",
      after: "version: 1\nservers:\n  new:\n    url: https://new.example/mcp\n    auth: none\n"),
    Style(
      name: "CRLF",
      before: "version: 1\r\nservers:\r\n  a:\r\n    url: https://a.example/mcp\r\n    auth: none\r\n",
      after:
        "version: 1\r\nservers:\r\n  a:\r\n    url: https://a.example/mcp\r\n    auth: none"
        + "\r\n  new:\r\n    url: https://new.example/mcp\r\n    auth: none\r\n"
    ),
  ]

  @Test("GettingStarted#Add-a-server: every other byte of the file stays", arguments: styles)
  func style(_ style: Style) async throws {
    let place = try Workplace()
    try place.write(style.before)
    let arguments = ["add", "new", Self.url, "--auth", "none", "--offline"]
    let dry = try await place.run(arguments + ["--dry-run"])
    #expect(dry.exit == 0 && dry.out.contains("+ "), "\(dry.all)")
    #expect(try place.read("servers.yaml") == style.before)
    let run = try await place.run(arguments)
    #expect(run.exit == 0, "\(run.all)")
    #expect(try place.read("servers.yaml") == style.after)
    #expect(try await place.run("validate").exit == 0)
  }

  @Test(
    "GettingStarted#Add-a-server: what cannot be edited safely is refused, and nothing is written",
    arguments: [
      ("version: 1\nx-s: &s {a: {url: \"https://a.example\", auth: none}}\nservers: *s\n", 1),
      ("version: 1\nx-s: &s\n  a: {url: \"https://a.example\", auth: none}\nservers:\n  <<: *s\n", 1),
      ("version: 1\nservers: [a]\n", 3), ("version: 1\nservers:\n  a: {url: 5}\n", 3), ("", 3), ("a: [", 3),
    ])
  func refused(text: String, exit: Int32) async throws {
    let place = try Workplace()
    try place.write(text)
    let run = try await place.run("add", "new", Self.url, "--auth", "none", "--offline")
    #expect(run.exit == exit, "\(run.all)")
    if exit == 1 { #expect(run.err.contains("error[unsafe-merge]") && run.err.contains("    new:"), "\(run.err)") }
    #expect(try place.read("servers.yaml") == text)
  }

  @Test("GettingStarted#Add-a-server: a name that is there is refused, a URL that is there is a warning")
  func repeated() async throws {
    let place = try place("servers:\n  a: {url: \"\(Self.url)\"}\n")
    let before = try place.read("servers.yaml")
    let same = try await place.run("add", "a", "https://other.example/mcp", "--offline")
    #expect(same.exit == 64 && same.err.contains("there is a server 'a'") && same.err.contains(Self.url), "\(same.all)")
    #expect(try place.read("servers.yaml") == before)
    let twin = try await place.run("add", "b", Self.url, "--offline")
    #expect(twin.exit == 0 && twin.err.contains("warning[duplicate-url]"), "\(twin.all)")
    #expect(try place.read("servers.yaml") == before + "  b:\n    url: \(Self.url)\n")
  }

  @Test("GettingStarted#Add-a-server: a client that is incomplete is said before anything is written")
  func incompleteClient() async throws {
    let place = try Workplace()
    try place.write("version: 1\n")
    let run = try await place.run("add", "a", Self.url, "--offline")
    #expect(run.exit == 1 && run.err.contains("error[missing-key]") && run.err.contains("client:"), "\(run.all)")
    #expect(try place.read("servers.yaml") == "version: 1\n")
  }

  @Test("GettingStarted#Add-a-server: keys and headers become references to variables")
  func otherKinds() async throws {
    let place = try place("servers: {}\n")
    for (name, auth) in [("key", "api_key"), ("headers", "custom_headers")] {
      let run = try await place.run("add", name, "https://\(name).example/mcp", "--auth", auth, "--offline")
      #expect(run.exit == 0, "\(run.all)")
    }
    let text = try place.read("servers.yaml")
    #expect(text.contains("env: KEY_API_KEY\n") && text.contains("env: HEADERS_AUTHORIZATION\n"), "\(text)")
    #expect(try await place.run("validate").exit == 0)
  }

  @Test("GettingStarted#Add-a-server: a link is not followed, and the file is not replaced by another one")
  func link() async throws {
    let place = try Workplace()
    try place.write("version: 1\nservers: {}\n", to: "real.yaml")
    try FileManager.default.createSymbolicLink(
      atPath: place.path("servers.yaml").path, withDestinationPath: "real.yaml")
    let run = try await place.run("add", "a", Self.url, "--auth", "none", "--offline")
    #expect(run.exit == 1 && run.err.contains("error[output-failed]"), "\(run.all)")
    #expect(try place.read("real.yaml") == "version: 1\nservers: {}\n")
  }

  // MARK: Several at once

  @Test("Reliability#One-run-at-a-time: of several adds at once, every one that succeeds is in the file")
  func atOnce() async throws {
    let place = try place("servers: {}\n")
    let names = (1...8).map { "x\($0)" }
    let started = try names.map { name in
      try place.start(["add", name, "https://\(name).example/mcp", "--offline", "--yes"])
    }
    var added: [String] = []
    for (name, running) in zip(names, started) {
      let run = try await running.finish()
      if run.exit == 0 {
        added.append(name)
      } else {
        #expect(run.err.contains("run it again"), "\(run.all)")
      }
    }
    #expect(!added.isEmpty)
    let text = try place.read("servers.yaml")
    #expect(added.filter { !text.contains("  \($0):\n") } == [], "\(text)")
    #expect(try await place.run("validate").exit == 0)
  }

  @Test("Reliability#One-run-at-a-time: a file that another process holds is not written, and the exit code is 4")
  func held() async throws {
    let place = try place("servers: {}\n")
    let before = try place.snapshot()
    let handle = try FileHandle(forReadingFrom: place.path("servers.yaml"))
    try #require(flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
    let run = try await place.run("add", "a", Self.url, "--offline")
    #expect(run.exit == 4 && run.err.contains("error[locked]"), "\(run.all)")
    #expect(try place.snapshot() == before)
    try #require(flock(handle.fileDescriptor, LOCK_UN) == 0)
    let again = try await place.run("add", "a", Self.url, "--offline")
    #expect(again.exit == 0, "\(again.all)")
  }

  // MARK: On a terminal

  @Test("GettingStarted#Add-a-server: on a terminal it shows what it found and asks; only yes is accepted")
  func asks() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try place("servers: {}\n")
      let before = try place.read("servers.yaml")
      let question = "only 'yes' is accepted: "
      let no = try await Terminal.run(
        place, ["add", "a", sandbox.url("challenge")], [.init(wait: question, send: "y\n")])
      #expect(no.exit == 1 && no.shown.contains("nothing was written"), "\(no.shown)")
      #expect(try place.read("servers.yaml") == before)
      let yes = try await Terminal.run(
        place, ["add", "a", sandbox.url("challenge")], [.init(wait: question, send: "yes\n")])
      #expect(yes.exit == 0 && yes.shown.components(separatedBy: "registered at").count == 2, "\(yes.shown)")
      #expect(try place.read("servers.yaml") != before)
      let unasked = try await Terminal.run(place, ["add", "b", sandbox.url("challenge"), "--yes"])
      #expect(unasked.exit == 0 && !unasked.shown.contains(question), "\(unasked.shown)")
    }
  }
}
