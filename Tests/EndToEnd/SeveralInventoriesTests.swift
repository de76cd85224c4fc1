import Foundation
import MCPAuthSandbox
import Testing

/// Several inventories in one run: each has its own lock file, there is one summary, and the worst exit code is used.
@Suite struct SeveralInventoriesTests {
  /// `teams/a` has a server with registration, `teams/b` one for which no request is sent.
  private static func workplace(_ sandbox: Sandbox) throws -> Workplace {
    let place = try Workplace()
    for team in ["a", "b"] {
      try FileManager.default.createDirectory(at: place.path("teams/\(team)"), withIntermediateDirectories: true)
    }
    let client = "client: {name: x, redirect_uris: [\"http://127.0.0.1:7777/cb\"]}"
    try place.write(
      "version: 1\n\(client)\nservers:\n  one: {url: \"\(sandbox.url("challenge"))\"}\n", to: "teams/a/servers.yaml")
    try place.write(
      "version: 1\nservers:\n  two: {url: \"https://two.example/mcp\", auth: none}\n", to: "teams/b/servers.yaml")
    return place
  }

  @Test(
    "PlanAndApply#Flags: apply accepts a pattern, writes each lock file next to its inventory, and prints one summary")
  func apply() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Self.workplace(sandbox)
      let planned = try await place.run("plan", "--detailed-exitcode", "teams/*/servers.yaml")
      #expect(planned.exit == 2, "\(planned.all)")
      let run = try await place.run("apply", "teams/*/servers.yaml")
      #expect(run.exit == 0, "\(run.all)")
      #expect(run.out.contains("plan for teams/a/servers.yaml") && run.out.contains("plan for teams/b/servers.yaml"))
      #expect(run.out.hasSuffix("\n2 inventories: register 1, add 1\n"), "\(run.out)")
      #expect(place.exists("teams/a/servers.lock.json") && place.exists("teams/b/servers.lock.json"))
      #expect(sandbox.clients().count == 1)
      let before = try place.snapshot()
      let again = try await place.run("apply", "teams/a", "teams/b")
      #expect(again.exit == 0)
      #expect(again.out.hasSuffix("\n2 inventories: unchanged 2\n"), "\(again.out)")
      #expect(try place.snapshot() == before)
      #expect(sandbox.clients().count == 1)
    }
  }

  @Test(
    "PlanAndApply#Flags: the document of each command contains one document per inventory, with its exit code",
    arguments: [("plan", "plan"), ("apply", "plan"), ("validate", "plan"), ("status", "state"), ("verify", "verify")])
  func json(command: String, schema: String) async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Self.workplace(sandbox)
      try place.write("servers: {a: {url: 1}}\n", to: "teams/c.yaml")
      let run = try await place.run(command, "--format", "json", "teams/a", "teams/b", "teams/c.yaml")
      #expect(run.exit == 3, "\(run.all)")
      let document = try run.json()
      #expect(
        document["inventories"].array.compactMap { $0["inventory"].string } == [
          "teams/a/servers.yaml", "teams/b/servers.yaml", "teams/c.yaml",
        ])
      #expect(document["inventories"][2]["diagnostics"].array.isEmpty == false)
      if command != "validate" {
        #expect(document["exit_codes"]["teams/b/servers.yaml"].integer == 0)
        #expect(document["exit_codes"]["teams/c.yaml"].integer == 3)
      }
      if command == "apply" {
        #expect(document["summary"]["register"].integer == 1 && document["summary"]["add"].integer == 1)
      }
      #expect(try SchemaCheck(schema).problems(run.out) == [])
    }
  }

  @Test(
    "PlanAndApply#Flags: an inventory that fails, is locked or invalid does not stop the others; the worst exit code is used"
  )
  func worst() async throws {
    try await withSandbox(.init(kinds: ["challenge", "no-registration"])) { sandbox in
      let place = try Self.workplace(sandbox)
      try place.write(
        "version: 1\nclient: {name: x, redirect_uris: [\"http://127.0.0.1:7777/cb\"]}\nservers:\n  three: "
          + "{url: \"\(sandbox.url("no-registration"))\"}\n", to: "teams/c.yaml")
      let failed = try await place.run("apply", "teams/c.yaml", "teams/a", "teams/b")
      #expect(failed.exit == 1, "\(failed.all)")
      #expect(
        failed.out.hasSuffix("3 inventories: register 1, add 1, blocked 1, failed 1\n! teams/c.yaml: failed\n"),
        "\(failed.out)")
      // This inventory has changes and no failure. With a failure of another inventory, the exit code is that of the failure.
      try place.write(
        "version: 1\nservers:\n  two: {url: \"https://two.example/other\", auth: none}\n", to: "teams/b/servers.yaml")
      let planned = try await place.run("plan", "--detailed-exitcode", "teams/c.yaml", "teams/b")
      #expect(planned.exit == 1, "\(planned.all)")
      try place.write("version: 9\n", to: "teams/c.yaml")
      let invalid = try await place.run("apply", "teams/c.yaml", "teams/b")
      #expect(invalid.exit == 3, "\(invalid.all)")
      #expect(invalid.out.contains("! teams/c.yaml: invalid"))
      #expect(try place.read("teams/b/servers.lock.json").contains("https://two.example/other"))
    }
  }

  @Test("PlanAndApply#Flags: --only accepts names of any inventory, and refuses a name that none has")
  func only() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Self.workplace(sandbox)
      let unknown = try await place.run("apply", "--only", "onee", "teams/a", "teams/b")
      #expect(unknown.exit == 64, "\(unknown.all)")
      #expect(unknown.err.contains("did you mean 'one'?"))
      let run = try await place.run("apply", "--only", "two", "teams/a", "teams/b")
      #expect(run.exit == 0, "\(run.all)")
      #expect(!place.exists("teams/a/servers.lock.json") && place.exists("teams/b/servers.lock.json"))
      #expect(sandbox.clients().isEmpty)
      for arguments in [["teams/a", "teams/b"], ["teams/*/servers.yaml"]] {
        let planned = try await place.run(["plan", "--out", "p.json"] + arguments)
        #expect(planned.exit == 64 && planned.err.contains("a single inventory"), "\(planned.all)")
        #expect(!place.exists("p.json"))
      }
    }
  }

  @Test("PlanAndApply#Flags: --only finds the names in inventories that need --var")
  func variables() async throws {
    let place = try Workplace()
    for team in ["a", "b"] {
      let url = "\"https://${HOST}/\(team)\""
      try place.write("version: 1\nservers:\n  \(team): {url: \(url), auth: none}\n", to: "\(team).yaml")
    }
    let run = try await place.run("apply", "--var", "HOST=x.example", "--only", "b", "a.yaml", "b.yaml")
    #expect(run.exit == 0, "\(run.all)")
    #expect(!place.exists("a.lock.json"))
    #expect(try place.read("b.lock.json").contains("https://x.example/b"))
  }

  @Test("PlanAndApply#Flags: a folder without an inventory, and a pattern without a match, are errors with a help line")
  func nothing() async throws {
    let place = try Workplace()
    for argument in [".", "*/servers.yaml"] {
      for command in ["validate", "plan", "apply", "status", "verify"] {
        let run = try await place.run(command, argument)
        #expect(run.exit == 3, "\(command) \(argument): \(run.all)")
        #expect(run.err.contains("error[inventory-unreadable]") && run.err.contains("help: "))
      }
    }
  }
}
