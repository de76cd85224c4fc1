import Foundation
import MCPAuthSandbox
import Testing

/// Tables and results on a narrow terminal (PlanAndApply#Messages). Tests of the binary.
@Suite struct TableTests {
  static let kinds = SandboxConfiguration(kinds: ["managed", "confidential-basic", "expiring"])

  static let own = """
    own:
      url: "https://own.example/mcp"
      oauth2:
        client_id: own-client
        client_secret: {env: OWN_CLIENT_SECRET}
        authorization_endpoint: https://own.example/authorize
        token_endpoint: https://own.example/token
    """

  private func place(_ sandbox: Sandbox) async throws -> Workplace {
    let place = try Workplace(
      servers: """
        a-server-with-a-long-name: {url: "\(sandbox.url("managed"))"}
        basic: {url: "\(sandbox.url("confidential-basic"))"}
        expiring: {url: "\(sandbox.url("expiring"))"}
        docs: {url: "https://docs.example/mcp", auth: none}
        \(Self.own)
        """)
    let run = try await place.run("apply")
    #expect(run.exit == 0, "\(run.all)")
    return place
  }

  /// What is on the terminal at the end: without colours, and without progress that was drawn and erased.
  static func lines(_ session: Terminal.Session) -> [String] {
    let shown = session.shown.replacing(#/\u{1B}\[[0-9;]*[A-Za-z]/#, with: "")
    return shown.split { $0.isNewline }.map(String.init)
  }

  /// Checks that no line is wider than the terminal, and that a line begins with the text.
  @discardableResult
  private func expectFits(
    _ place: Workplace, _ arguments: [String], columns: Int = 80, head: String,
    _ location: SourceLocation = #_sourceLocation
  ) async throws -> [String] {
    let session = try await Terminal.run(place, arguments, columns: columns)
    let lines = Self.lines(session)
    let wide = lines.filter { $0.count > columns }
    #expect(wide == [], sourceLocation: location)
    #expect(lines.contains { $0.hasPrefix(head) }, "\(session.shown)", sourceLocation: location)
    return lines
  }

  @Test("PlanAndApply#Status: on a terminal of 80 columns no line is wider; a pipe has every value on one line")
  func status() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      for columns in [40, 80] {
        let lines = try await expectFits(place, ["status"], columns: columns, head: "STATE ")
        #expect(lines.contains { $0.contains("a-server-with-a-long-name") }, "\(lines)")
      }
      let piped = try await place.run("status").out
      for name in ["a-server-with-a-long-name", "basic", "expiring"] {
        let line = try #require(piped.split(separator: "\n").first { $0.contains(" \(name) ") }, "\(piped)")
        for member in ["issuer", "client_id"] {
          #expect(line.contains(try place.entry(name)[member].string ?? "?"), "\(line)")
        }
      }
    }
  }

  @Test("PlanAndApply#Status: the width is that of standard output, if standard error is no terminal")
  func width() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      let session = try await Terminal.run(place, ["status"], columns: 72, redirectsErrors: true)
      #expect(Self.lines(session).filter { $0.count > 72 } == [])
    }
  }

  @Test("PlanAndApply#Commands: verify on a terminal of 80 columns: no line is wider, redirect URIs included")
  func verify() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      for columns in [40, 80] {
        // Errors have URLs that are not broken, so nothing is wrong here.
        let lines = try await expectFits(
          place, ["verify", "--only", "a-server-with-a-long-name", "--only", "docs", "--redirect-uris"],
          columns: columns, head: "STATE ")
        #expect(lines.contains { $0.hasPrefix("  redirect URI ") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("skipped:") }, "\(lines)")
      }
    }
  }

  @Test("PlanAndApply#Commands: the lists on a terminal of 80 columns: no line is wider, and no name is shortened")
  func lists() async throws {
    try await withSandbox(Self.kinds) { sandbox in
      let place = try await place(sandbox)
      try await place.set("a-stored-value", "value-of-stored")
      #expect(try await place.run("rotate", "expiring").exit == 0)
      #expect(try await place.run("state", "forget", "basic").exit == 0)
      let lists = [
        (["state", "list"], "a-server-with-a-long-name"), (["orphans", "list"], "expiring"),
        (["secrets", "list"], "a-stored-value"),
      ]
      for columns in [40, 80] {
        for (command, name) in lists {
          let lines = try await expectFits(place, command, columns: columns, head: "STATE")
          #expect(lines.contains { $0.contains(name) }, "\(command): \(lines)")
        }
      }
      let piped = try await place.run("orphans", "list").out
      for orphan in try place.lock()["orphans"].array {
        let line = try #require(
          piped.split(separator: "\n").first { $0.contains(orphan["client_id"].string ?? "?") }, "\(piped)")
        #expect(line.contains(orphan["issuer"].string ?? "?"), "\(line)")
      }
    }
  }

  @Test("PlanAndApply#Status: a reference to a variable or a file without a value here is named")
  func withoutValue() async throws {
    let place = try Workplace(
      servers: Self.own + "\n" + """
        search:
          url: "https://search.example/mcp"
          auth: api_key
          api_key: {header: X-Key, value: {file: key.txt}}
        """)
    try place.write("value-of-the-key", to: "key.txt")
    let environment = ["OWN_CLIENT_SECRET": "value-of-the-variable"]
    #expect(try await place.run("apply", environment: environment).exit == 0)
    let complete = try await place.run("status", environment: environment)
    #expect(!complete.out.contains("no value here") && !complete.out.contains("no-value-here"), "\(complete.out)")

    try place.remove("key.txt")
    let run = try await place.run("status", "--check")
    // Another environment may have the values.
    #expect(run.exit == 0, "\(run.all)")
    #expect(run.out.contains("no-value-here  own "), "\(run.out)")
    #expect(run.out.contains("\n  no value here: oauth2.client_secret from {env: OWN_CLIENT_SECRET}\n"), "\(run.out)")
    #expect(run.out.contains("\n  no value here: api_key.value from {file: key.txt}\n"), "\(run.out)")
    let json = try await place.run("status", "--format", "json")
    #expect(try SchemaCheck("state").problems(json.out) == [], "\(json.out)")
    #expect(try json.json()["servers"][0]["without_value"][0]["reference"].string == "{env: OWN_CLIENT_SECRET}")
    #expect(!json.all.contains("value-of-the"))
  }

  @Test("PlanAndApply#Messages: the name of a variable without a value is never cut", arguments: [40, 80])
  func longNames(_ columns: Int) async throws {
    let name = "PLATFORM_TEAM_" + String(repeating: "MCP_GATEWAY_", count: 6) + "CLIENT_SECRET"
    let place = try Workplace(servers: Self.own.replacingOccurrences(of: "OWN_CLIENT_SECRET", with: name))
    #expect(try await place.run("apply").exit == 0)
    let run = try await place.run("status", environment: ["COLUMNS": "\(columns)"])
    #expect(run.out.contains("\n  no value here: oauth2.client_secret"), "\(run.out)")
    #expect(run.out.contains("\(name)}\n"), "\(run.out)")
    // Only the line of the name may be wider than the terminal.
    let wide = run.out.split(separator: "\n").filter { $0.count > columns && !$0.contains(name) }
    #expect(wide.isEmpty, "\(wide)")
  }

  @Test("PlanAndApply#Status: a secret that ends in seconds is expiring, also when its renewal is not due")
  func soon() async throws {
    try await withSandbox(.init(kinds: ["expiring"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("expiring"))\"}")
      #expect(try await place.run("apply").exit == 0)
      let end = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 1_800))
      let now = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 60))
      try place.editEntry("s", ["client_secret_expires_at": end, "registered_at": now])
      let run = try await place.run("status", "--check")
      #expect(run.exit == 1, "\(run.all)")
      #expect(run.out.contains("secret-expiring  s "), "\(run.out)")
      #expect(run.out.contains(" min  "), "\(run.out)")
    }
  }
}
