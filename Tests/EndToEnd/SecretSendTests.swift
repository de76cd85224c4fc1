import Foundation
import MCPAuthSandbox
import Testing

/// The plan shows which secret will be sent to which place (PlanAndApply#Secrets-that-are-sent).
@Suite struct SecretSendTests {
  static let environment = ["TOKEN": SandboxKind.initialAccessToken]
  static let oauth2 = "{issuer: \"{issuer}\", initial_access_token: {env: TOKEN}}"

  private static func sends(_ run: Run) throws -> [[String]] {
    try run.json()["servers"].array.flatMap { server in
      server["sends"].array.map { send in
        [
          server["name"].string ?? "", send["reference"].string ?? "", send["to"].string ?? "null",
          send["sender"].string ?? "", send["is_new"].bool == true ? "new" : "old",
        ]
      }
    }
  }

  /// A server whose client the inventory has, with its endpoints.
  static let manual = """
    own:
      url: https://own.example/mcp
      oauth2:
        client_id: a
        client_secret: {env: OWN}
        authorization_endpoint: https://as.example/authorize
        token_endpoint: https://as.example/token
    """

  @Test("PlanAndApply#Secrets-that-are-sent: every format shows them first, and never in a folded section")
  func formats() async throws {
    try await withSandbox(.init(kinds: ["protected"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "protected", sandbox, oauth2: Self.oauth2)
      let endpoint = sandbox.issuer("protected") + "/register"
      let line = "s sends {env: TOKEN} to \(endpoint) (new)"
      for flags in [[], ["--quiet"], ["--verbose"], ["--format", "github"]] {
        let text = try await place.run(["plan"] + flags)
        #expect(text.exit == 0, "\(text.all)")
        let lines = text.out.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(
          lines[0].hasPrefix("plan for") && lines[1] == "secrets go to new places:" && lines[2] == line, "\(text.out)")
      }
      let markdown = try await place.run("plan", "--format", "markdown").out
      let place1 = try #require(markdown.range(of: "sends `{env: TOKEN}` to `\(endpoint)` (new)"), "\(markdown)")
      #expect(markdown.range(of: "<details>").map { place1.upperBound < $0.lowerBound } ?? true)
      let html = try await place.run("plan", "--format", "html").out
      let shown = "sends <code>{env: TOKEN}</code> to <code>\(endpoint)</code> (new)"
      let place2 = try #require(html.range(of: shown), "\(html)")
      #expect(html.range(of: "<details").map { place2.upperBound < $0.lowerBound } ?? false)
      let json = try await place.run("plan", "--format", "json")
      #expect(try Self.sends(json) == [["s", "{env: TOKEN}", endpoint, "apply", "new"]])
      #expect(try SchemaCheck("plan").problems(json.out) == [])
      let first = try json.json()["sends"]
      #expect(first.array.count == 1 && first[0]["server"].string == "s" && first[0]["to"].string == endpoint)
      let events = try await place.run("plan", "--format", "ndjson").out.split(separator: "\n")
      let result = Document(try JSONSerialization.jsonObject(with: Data(try #require(events.last).utf8)))
      #expect(result["results"][0]["sends"][0]["to"].string == endpoint)
      let github = try await place.run("plan", "--format", "github").out
      let annotation = try #require(github.split(separator: "\n").first { $0.hasPrefix("::warning ") }, "\(github)")
      #expect(annotation.hasPrefix("::warning file=servers.yaml,line=7,"), "\(github)")
      #expect(annotation.contains(endpoint))
      let offline = try await place.run("plan", "--offline")
      #expect(offline.out.contains("s sends {env: TOKEN} to a place that discovery finds (new)"), "\(offline.out)")
      // A plan does not read the secret.
      #expect(!json.all.contains(SandboxKind.initialAccessToken))
    }
  }

  @Test(
    "PlanAndApply#Secrets-that-are-sent: the place of an earlier apply is not new; another place or another reference is new"
  )
  func changes() async throws {
    try await withSandbox(.init(kinds: ["protected", "modern"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "protected", sandbox, oauth2: Self.oauth2)
      #expect(try await place.run("apply", environment: Self.environment).exit == 0)
      let endpoint = sandbox.issuer("protected") + "/register"
      #expect(try await place.run("plan").out.contains("nothing to do"))
      let again = try await place.run("plan", "--rotate", "s", "--format", "json")
      #expect(try Self.sends(again) == [["s", "{env: TOKEN}", endpoint, "apply", "old"]], "\(again.out)")
      let text = try await place.run("plan", "--rotate", "s").out
      #expect(text.contains("      sends {env: TOKEN} to \(endpoint)\n") && !text.contains("new places"), "\(text)")
      // Another reference alone does not change an existing client.
      let renamed = Self.oauth2.replacingOccurrences(of: "TOKEN", with: "OTHER")
      try place.write(server: "protected", sandbox, oauth2: renamed)
      #expect(try await place.run("plan").out.contains("nothing to do"))
      let rotated = try await place.run("plan", "--rotate", "s", "--format", "json")
      #expect(try Self.sends(rotated) == [["s", "{env: OTHER}", endpoint, "apply", "new"]])
      // The place to which an attacker who can edit only the inventory would send the secret.
      let moved = "{issuer: \"{issuer}\", registration_endpoint: \"{origin}/evil\", initial_access_token: {env: TOKEN}}"
      try place.write(server: "protected", sandbox, oauth2: moved)
      let evil = try await place.run("plan", "--rotate", "s")
      #expect(evil.out.contains("s sends {env: TOKEN} to \(sandbox.origin)/evil (new)"), "\(evil.out)")
    }
  }

  @Test(
    "PlanAndApply#Secrets-that-are-sent: a text is never taken for a reference: each becomes the other with a change",
    arguments: ["{env:FOO}", "{{env:FOO}", "env:FOO"])
  func literals(text: String) async throws {
    func server(_ value: String) -> String {
      "h: {url: \"https://h.example/mcp\", auth: custom_headers, custom_headers: {X-T: \(value)}}"
    }
    let place = try Workplace(servers: server("\"\(text)\""))
    #expect(try await place.run("apply").exit == 0)
    #expect(try await place.run("plan").out.contains("nothing to do"))
    try place.write(servers: server("{env: FOO}"))
    let plan = try await place.run("plan", "--format", "json")
    #expect(try plan.json()["servers"][0]["reasons"].strings == ["settings-changed"])
    #expect(try Self.sends(plan) == [["h", "{env: FOO}", "https://h.example/mcp", "consumers", "new"]])
    #expect(try await place.run("apply").exit == 0)
    // As every lock file has had it.
    #expect(try place.entry("h")["inputs"]["settings"]["X-T"].string == "{env:FOO}")
    try place.write(servers: server("\"\(text)\""))
    let back = try await place.run("plan", "--format", "json")
    #expect(try back.json()["servers"][0]["reasons"].strings == ["settings-changed"])
    #expect(try Self.sends(back) == [])
  }

  @Test("PlanAndApply#Secrets-that-are-sent: the text of a header is not taken for the reference of an API key")
  func otherMode() async throws {
    let url = "url: \"https://h.example/mcp\""
    let place = try Workplace(servers: "h: {\(url), auth: custom_headers, custom_headers: {value: \"env:KEY\"}}")
    #expect(try await place.run("apply").exit == 0)
    try place.write(servers: "h: {\(url), auth: api_key, api_key: {header: X-API-Key, value: {env: KEY}}}")
    let plan = try await place.run("plan", "--format", "json")
    #expect(try Self.sends(plan) == [["h", "{env: KEY}", "https://h.example/mcp", "consumers", "new"]])
  }

  @Test("PlanAndApply#Secrets-that-are-sent: consumers send a client secret to a revocation endpoint at another origin")
  func revocation() async throws {
    func server(_ revocation: String) -> String { Self.manual + "\n    revocation_endpoint: \(revocation)" }
    let token = ["own", "{env: OWN}", "https://as.example/token", "verify"]
    let place = try Workplace(servers: server("https://as.example/revoke"))
    let first = try Self.sends(try await place.run("plan", "--format", "json"))
    #expect(first == [token + ["new"]])
    #expect(try await place.run("apply").exit == 0)
    try place.write(servers: server("https://evil.example/revoke"))
    let moved = try Self.sends(try await place.run("plan", "--format", "json"))
    let expected = [token + ["old"], ["own", "{env: OWN}", "https://evil.example/revoke", "consumers", "new"]]
    #expect(moved == expected)
    let text = try await place.run("plan").out
    #expect(text.contains("own sends {env: OWN} to https://evil.example/revoke (new), by consumers of an export"))
  }

  @Test("PlanAndApply#Secrets-that-are-sent: a client secret, a key and a header")
  func others() async throws {
    let place = try Workplace(
      servers: """
        \(Self.manual)
        key: {url: "https://key.example/mcp", auth: api_key, api_key: {header: X-API-Key, value: {env: KEY}}}
        header: {url: "https://header.example/mcp", auth: custom_headers, custom_headers: {Authorization: {env: HEADER}}}
        """)
    let expected = [
      ["own", "{env: OWN}", "https://as.example/token", "verify", "new"],
      ["key", "{env: KEY}", "https://key.example/mcp", "consumers", "new"],
      ["header", "{env: HEADER}", "https://header.example/mcp", "consumers", "new"],
    ]
    #expect(try Self.sends(try await place.run("plan", "--format", "json")) == expected)
    let text = try await place.run("plan").out
    #expect(text.contains("own sends {env: OWN} to https://as.example/token (new), with verify and by consumers"))
    #expect(text.contains("key sends {env: KEY} to https://key.example/mcp (new), by consumers of an export"))
    #expect(try await place.run("apply").exit == 0)
    let inventory = try place.read("servers.yaml")
    try place.write(inventory.replacingOccurrences(of: "https://as.example/token", with: "https://evil.example/token"))
    let moved = try await place.run("plan", "--format", "json")
    #expect(try Self.sends(moved) == [["own", "{env: OWN}", "https://evil.example/token", "verify", "new"]])
    try place.write(inventory.replacingOccurrences(of: "https://key.example/mcp", with: "https://evil.example/mcp"))
    let keyMoved = try await place.run("plan", "--format", "json")
    #expect(try Self.sends(keyMoved) == [["key", "{env: KEY}", "https://evil.example/mcp", "consumers", "new"]])
  }
}
