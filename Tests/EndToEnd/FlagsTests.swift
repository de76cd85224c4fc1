import Foundation
import MCPAuthSandbox
import Testing

/// Every flag of `validate`, `plan` and `apply`, with the exact exit codes (PlanAndApply#Exit-codes).
@Suite struct FlagsTests {
  static let none = "docs: {url: \"https://docs.example/mcp\", auth: none}"

  // MARK: --only

  @Test("PlanAndApply#Flags: --only can be repeated; only these servers are planned and applied")
  func only() async throws {
    try await withSandbox(.init(kinds: ["challenge", "well-known", "scoped"])) { sandbox in
      let place = try Workplace(
        servers: ["challenge", "well-known", "scoped"].map { "\($0): {url: \"\(sandbox.url($0))\"}" }
          .joined(separator: "\n"))
      let one = try await place.run("apply", "--only", "challenge", "--only", "scoped", "--format", "json")
      #expect(one.exit == 0, "\(one.all)")
      #expect(try one.json()["servers"].array.map { $0["name"].string } == ["challenge", "scoped"])
      #expect(try place.lockedNames() == ["challenge", "scoped"])
      #expect(sandbox.requests().allSatisfy { $0.kind != "well-known" })
    }
  }

  @Test("PlanAndApply#Flags: --only with an unknown name is wrong usage; the nearest name is suggested")
  func onlyUnknown() async throws {
    let place = try Workplace(servers: Self.none + "\na-long-name: {url: \"https://a.example/mcp\", auth: none}")
    let names = [("plan", "dosc", "docs"), ("apply", "dosc", "docs"), ("plan", "long", "a-long-name")]
    for (command, name, nearest) in names {
      let run = try await place.run(command, "--only", name)
      #expect(run.exit == 64, "\(run.all)")
      #expect(run.err.contains("did you mean '\(nearest)'?"), "\(run.err)")
      #expect(run.out.isEmpty)
    }
    // A name in place of the inventory.
    let named = try await place.run("plan", "docs")
    #expect(named.exit == 3 && named.err.contains("'docs' is a server in servers.yaml"), "\(named.all)")
    #expect(!named.err.contains("mcpauth init"), "\(named.err)")
    #expect(place.lockText == nil)
  }

  @Test("PlanAndApply#Flags: --only with a name that is only in the lock file removes that server, and no other")
  func onlyLocked() async throws {
    let place = try Workplace(servers: Self.none + "\nold: {url: \"https://old.example/mcp\", auth: none}")
    #expect(try await place.run("apply").exit == 0)
    try place.write(servers: "new: {url: \"https://new.example/mcp\", auth: none}")
    let run = try await place.run("apply", "--only", "old")
    #expect(run.exit == 0, "\(run.all)")
    #expect(try place.lockedNames() == ["docs"])
  }

  // MARK: --parallelism, --timeout

  @Test("PlanAndApply#Flags: --parallelism 1 handles one server at a time; values out of range are wrong usage")
  func parallelism() async throws {
    var configuration = SandboxConfiguration(kinds: [])
    configuration.numberedServers = 4
    try await withSandbox(configuration) { sandbox in
      let place = try Workplace(
        servers: (1...4).map { "s\($0): {url: \"\(sandbox.url("n-000\($0)"))\"}" }.joined(separator: "\n"))
      let run = try await place.run("plan", "--parallelism", "1")
      #expect(run.exit == 0, "\(run.all)")
      // The requests for one server are consecutive.
      let asked = sandbox.requests().compactMap { request in
        (1...4).first { request.path.contains("/n/000\($0)") }
      }
      let runs = asked.indices.count { $0 == 0 || asked[$0] != asked[$0 - 1] }
      #expect(runs == 4, "\(asked)")
      for bad in ["0", "1025", "x"] {
        let wrong = try await place.run("plan", "--parallelism", bad)
        #expect(wrong.exit == 64, "\(wrong.all)")
      }
    }
  }

  @Test("PlanAndApply#Flags: --timeout ends a server's discovery, and blocks that server only")
  func timeout() async throws {
    try await withSandbox(.init(kinds: ["challenge", "scoped"])) { sandbox in
      sandbox.change("challenge") { $0.faults[.resourceMetadata] = SandboxFault(.hang) }
      let place = try Workplace(
        servers: "slow: {url: \"\(sandbox.url("challenge"))\"}\nquick: {url: \"\(sandbox.url("scoped"))\"}")
      let run = try await place.run("apply", "--timeout", "1s", "--format", "json")
      #expect(run.exit == 1, "\(run.all)")
      #expect(try run.json()["servers"][0]["error"]["code"].string == "timeout")
      // One attempt. Without the flag there would be three, of ten seconds each.
      #expect(
        sandbox.requests().filter { $0.endpoint == .resourceMetadata && $0.path.contains("challenge") }.count == 1)
      #expect(try run.json()["servers"][1]["outcome"].string == "done")
      for bad in ["0s", "5", "1w", "-1s"] {
        #expect(try await place.run("plan", "--timeout=\(bad)").exit == 64, "\(bad)")
      }
    }
  }

  // MARK: --offline, --refresh

  @Test("PlanAndApply#Flags: --offline sends no request, and names what needs discovery")
  func offline() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("challenge"))\"}\n" + Self.none)
      let run = try await place.run("plan", "--offline", "--format", "json")
      #expect(run.exit == 0, "\(run.all)")
      #expect(sandbox.requests().isEmpty)
      #expect(try run.json()["servers"].array.map { $0["action"].string } == ["register", "add"])
      let detailed = try await place.run("plan", "--offline", "--detailed-exitcode")
      #expect(detailed.exit == 2, "\(detailed.all)")
      #expect(detailed.out.contains("register after discovery"))
      #expect(sandbox.requests().isEmpty)
      #expect(try await place.run("plan", "--offline", "--refresh").exit == 64)
      #expect(try await place.run("apply", "--offline").exit == 64)
    }
  }

  @Test("PlanAndApply#Flags: --refresh finds an endpoint that moved; without it no request is sent")
  func refresh() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("challenge"))\"}")
      #expect(try await place.run("apply").exit == 0)
      let before = try place.snapshot()
      let same = try await place.run("apply", "--refresh")
      #expect(same.exit == 0, "\(same.all)")
      #expect(try place.snapshot() == before)

      sandbox.change("challenge") { $0.issuerMetadataChanges["token_endpoint"] = "{issuer}/token2" }
      sandbox.forgetRequests()
      #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
      #expect(sandbox.requests().isEmpty)
      let plan = try await place.run("plan", "--refresh", "--detailed-exitcode", "--format", "json")
      #expect(plan.exit == 2, "\(plan.all)")
      let server = try plan.json()["servers"][0]
      #expect(server["action"].string == "update")
      #expect(server["reasons"].strings == ["endpoints-changed"])
      let clientID = try place.entry("s")["client_id"].string
      #expect(try await place.run("apply", "--refresh").exit == 0)
      #expect(try place.entry("s")["token_endpoint"].string?.hasSuffix("/token2") == true)
      #expect(try place.entry("s")["client_id"].string == clientID)
      #expect(sandbox.clients().count == 1)
    }
  }

  // MARK: Exit codes

  @Test(
    "PlanAndApply#Exit-codes: --detailed-exitcode: 2 for changes, 0 for none, 1 for a blocked server, 3 for an invalid inventory"
  )
  func detailedExitCode() async throws {
    let place = try Workplace(servers: Self.none)
    #expect(try await place.run("plan").exit == 0)
    #expect(try await place.run("plan", "--detailed-exitcode").exit == 2)
    #expect(try await place.run("apply").exit == 0)
    #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
    try place.write(
      servers: Self.none + "\ngone: {url: \"http://127.0.0.1:1/mcp\"}\nnew: {url: \"https://n.example/\", auth: none}")
    #expect(try await place.run("plan", "--detailed-exitcode").exit == 1)
    #expect(try await place.run("plan").exit == 1)
    try place.write(servers: "docs: {}")
    #expect(try await place.run("plan", "--detailed-exitcode").exit == 3)
    #expect(try await place.run("apply", "--detailed-exitcode").exit == 64)
  }

  @Test(
    "PlanAndApply#Flags: wrong usage is exit code 64, with a message on standard error, and no other output",
    arguments: [
      ["bogus"], ["plan", "--bogus"], ["plan", "a.yaml", "b.yaml", "--out", "p"], ["validate", "--only", "a"],
      ["plan", "--format", "xml"],
      ["plan", "--color", "maybe"], ["plan", "--quiet", "--verbose"], ["apply", "--lock-timeout", "soon"],
      ["plan", "--yes"],
      ["plan", "--allow-mass-change"],
    ])
  func usage(arguments: [String]) async throws {
    let place = try Workplace(servers: Self.none)
    let run = try await place.run(arguments)
    #expect(run.exit == 64, "\(run.all)")
    #expect(run.out.isEmpty)
    #expect(run.err.hasPrefix("error: "), "\(run.err)")
  }

  // MARK: Files

  @Test("PlanAndApply#Flags: the default file is servers.yaml; another inventory has its own lock file")
  func files() async throws {
    let place = try Workplace(servers: Self.none)
    try place.makeFolder("sub")
    try place.write(try place.read("servers.yaml"), to: "sub/staging.yml")
    let run = try await place.run("apply", "sub/staging.yml", "--yes")
    #expect(run.exit == 0, "\(run.all)")
    #expect(place.exists("sub/staging.lock.json"))
    #expect(place.lockText == nil)
    #expect(try await place.run("apply").exit == 0)
    #expect(place.lockText != nil)
    let several = try await place.run("validate", "servers.yaml", "sub/staging.yml")
    #expect(several.exit == 0)
    #expect(several.out == "servers.yaml: valid, 1 server\nsub/staging.yml: valid, 1 server\n")
  }

  @Test("PlanAndApply#Flags: a missing file is an invalid inventory, with a help line; no file is written")
  func missingFile() async throws {
    let place = try Workplace()
    for command in ["validate", "plan", "apply"] {
      let run = try await place.run(command)
      #expect(run.exit == 3, "\(run.all)")
      #expect(run.err.contains("error[inventory-unreadable]: 'servers.yaml' cannot be read: there is no such file"))
      #expect(run.err.contains("help: "))
    }
    #expect(place.names(in: ".").isEmpty)
  }

  // MARK: Output

  @Test(
    "PlanAndApply#JSON: standard output is always one document of the schema; all other output goes to standard error")
  func json() async throws {
    try await withSandbox(.init(kinds: ["challenge", "no-pkce", "scoped"])) { sandbox in
      let schema = try SchemaCheck("plan")
      let place = try Workplace(
        servers: "good: {url: \"\(sandbox.url("challenge"))\"}\nbad: {url: \"\(sandbox.url("no-pkce"))\"}")
      for arguments in [["validate"], ["plan"], ["apply"], ["apply"]] {
        let run = try await place.run(arguments + ["--format", "json", "--verbose"])
        let problems = try schema.problems(run.out)
        #expect(problems == [])
        #expect(run.out.hasSuffix("}\n"))
      }
      let applied = try await place.run("apply", "--format", "json").json()
      #expect(applied["format_version"].string == "1.0")
      #expect(applied["inventory"].string == "servers.yaml")
      let good = applied["servers"][0]
      #expect(good["name"].string == "good")
      #expect(good["action"].string == "unchanged")
      #expect(good["outcome"].string == "done")
      #expect(good["client_id"].string == sandbox.clients().first?.clientID)
      let bad = applied["servers"][1]
      #expect(bad["action"].string == "blocked")
      #expect(bad["reasons"].strings == ["pkce-unsupported"])
      #expect(bad["outcome"].string == "failed")
      #expect(bad["error"]["line"].integer == 8)
      #expect(bad["error"]["requests"].array.isEmpty == false)
      #expect(applied["summary"]["blocked"].integer == 1)
      #expect(applied["summary"]["failed"].integer == 1)
      #expect(applied["summary"]["unchanged"].integer == 1)

      try place.write("version: 1\nservers: {a: {}}\n")
      let invalid = try await place.run("plan", "--format", "json")
      #expect(invalid.exit == 3)
      #expect(try schema.problems(invalid.out) == [])
      #expect(try invalid.json()["servers"].isMissing)
      #expect(try invalid.json()["diagnostics"][0]["code"].string == "missing-key")
    }
  }

  @Test("PlanAndApply#Flags: colours only on request: none in a pipe; --color always overrides NO_COLOR")
  func color() async throws {
    let place = try Workplace(servers: Self.none)
    #expect(try await !place.run("plan").all.contains("\u{1B}"))
    #expect(try await place.run("plan", "--color", "always").out.contains("\u{1B}[32m"))
    #expect(try await place.run("plan", "--color", "always", environment: ["NO_COLOR": "1"]).out.contains("\u{1B}"))
    #expect(try await !place.run("plan", "--color", "never").all.contains("\u{1B}"))
    #expect(try await !place.run("plan", "--color", "always", "--format", "json").out.contains("\u{1B}"))
  }

  @Test("PlanAndApply#Flags: --quiet hides warnings but not errors; --verbose shows unchanged servers and each step")
  func quietAndVerbose() async throws {
    try await withSandbox(.init(kinds: ["broader", "challenge"])) { sandbox in
      let place = try Workplace(
        servers: "a: {url: \"\(sandbox.url("broader"))\"}\nb: {url: \"http://127.0.0.1:1/mcp\"}")
      #expect(try await place.run("plan").all.contains("warning[resource-is-broader]"))
      let quiet = try await place.run("plan", "--quiet")
      #expect(!quiet.all.contains("warning["), "\(quiet.all)")
      #expect(quiet.all.contains("error[unreachable]"))
      #expect(quiet.err.isEmpty)
      let verbose = try await place.run("plan", "--verbose", "--only", "a")
      #expect(verbose.err.contains("a: discovering\n"), "\(verbose.err)")
      #expect(verbose.err.contains("a: decided: register (new)\n"), "\(verbose.err)")
      #expect(try await place.run("apply", "--only", "a").exit == 0)
      #expect(try await !place.run("plan", "--only", "a").out.contains("= a"))
      #expect(try await place.run("plan", "--only", "a", "--verbose").out.contains("= a"))
    }
  }

  @Test(
    "PlanAndApply#Flags: the help of each command fits on a screen, and the version is one line",
    arguments: [
      [], ["init"], ["add"], ["validate"], ["plan"], ["apply"], ["rotate"], ["import"], ["status"], ["inspect"],
      ["verify"], ["state"],
      ["state", "list"], ["state", "show"], ["state", "move"], ["state", "forget"], ["state", "merge"], ["orphans"],
      ["orphans", "list"], ["orphans", "delete"], ["orphans", "forget"], ["export"], ["client-metadata"], ["secrets"],
      ["secrets", "list"], ["secrets", "get"], ["secrets", "set"], ["secrets", "remove"], ["secrets", "rekey"],
      ["secrets", "move"], ["secrets", "check"], ["secrets", "keygen"], ["schema"], ["explain"], ["completion"],
      ["man"], ["version"], ["secrets", "prune"],
    ])
  func help(command: [String]) async throws {
    let place = try Workplace()
    let run = try await place.run(command + ["-h"])
    #expect(run.exit == 0)
    #expect(run.err.isEmpty)
    let lines = run.out.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 40, "\(lines.count) lines")
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(run.out.contains("example: "))
    let version = try await place.run("--version")
    #expect(version.out.hasPrefix("mcpauth "))
    #expect(version.out.split(separator: "\n").count == 1)
  }

  @Test(
    "PlanAndApply#Flags: help for an unknown command is wrong usage",
    arguments: [
      (["help", "plann"], "did you mean 'plan'?"), (["help", "state", "lst"], "did you mean 'list'?"),
      (["help", "plan", "x"], "'plan' has no command 'x'"), (["help", "quite-another"], "validate"),
    ])
  func helpOfNothing(command: [String], words: String) async throws {
    let run = try await Workplace().run(command)
    #expect(run.exit == 64)
    #expect(run.out.isEmpty)
    #expect(run.err.contains(words), "\(run.err)")
  }

  @Test(
    "PlanAndApply#Commands: an unknown command or value is wrong usage, and the nearest is suggested",
    arguments: [
      (["aply"], "did you mean 'apply'?"), (["aply", "servers.yaml"], "did you mean 'apply'?"),
      (["state", "lst"], "did you mean 'list'?"), (["quite-another"], "validate"),
      (["export", "--to", "claude"], "did you mean 'claude-code'?"),
      (["export", "--to", "vs-code"], "did you mean 'vscode'?"),
      (["plan", "--format", "jsn"], "did you mean 'json'?"), (["init", "--store", "ag"], "did you mean 'age'?"),
    ])
  func nearest(command: [String], words: String) async throws {
    let run = try await Workplace().run(command)
    #expect(run.exit == 64 && run.out.isEmpty, "\(run.all)")
    #expect(run.err.contains("help: ") && run.err.contains(words), "\(run.err)")
  }

  @Test(
    "PlanAndApply#Commands: where a value is missing, the values that can be given are listed",
    arguments: [
      (["export"], "'--to <target>'. Please provide one of the following:", "  - claude-code"),
      (["export", "--to"], "'--to <target>'. Please provide one of the following:", "  - dotenv"),
      (["import", "--from"], "'--from <format>'. Please provide one of the following:", "  - registry"),
      (["completion"], "'<shell>'. Please provide one of", "zsh"), (["init", "--ci"], "'--ci <kind>'.", "gitlab"),
    ])
  func missingValue(command: [String], words: String, value: String) async throws {
    let run = try await Workplace().run(command)
    #expect(run.exit == 64 && run.out.isEmpty, "\(run.all)")
    #expect(run.err.contains(words) && run.err.contains(value) && !run.err.contains("'?'"), "\(run.err)")
  }

  @Test("PlanAndApply#Commands: mcpauth version, -q, and FILE and -f mean the same")
  func shortForms() async throws {
    let place = try Workplace()
    #expect(try await place.run("version").out == place.run("--version").out)
    try place.write("version: 1\nservers:\n  a: {url: \"https://a.example/mcp\", auth: none}\n", to: "one.yaml")
    try place.write("version: 1\nservers:\n  b: {url: \"https://b.example/mcp\", auth: none}\n", to: "two.yaml")
    for command in [
      ["validate"], ["plan"], ["apply", "--yes"], ["status"], ["verify"], ["state", "list"], ["orphans", "list"],
    ] {
      let named = try await place.run(command + ["one.yaml"])
      #expect(named.exit == 0, "\(command): \(named.all)")
      for flag in [["-f", "one.yaml"], ["--file", "one.yaml"]] {
        let flagged = try await place.run(command + flag)
        #expect(flagged.exit == 0, "\(command): \(flagged.all)")
      }
    }
    let both = try await place.run("validate", "one.yaml", "-f", "two.yaml", "-q")
    #expect(both.exit == 0, "\(both.all)")
    #expect(try await place.run("client-metadata", "one.yaml", "-f", "two.yaml").exit == 64)
    let listed = try await place.run("state", "list", "-f", "one.yaml")
    #expect(try await place.run("state", "list", "one.yaml").out == listed.out)
  }

  @Test(
    "PlanAndApply#Flags: a result that cannot be written is a failure, but the changes are stored",
    arguments: ["> /dev/full", ">&-", "| true"])
  func lostOutput(redirection: String) async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace()
      try place.write(server: "confidential-basic", sandbox)
      // The exit code of the program, not of the pipe.
      let script = "{ \"$@\"; echo $? > code; } \(redirection)"
      let run = try await place.start(["apply"], through: ["sh", "-c", script, "sh"]).finish()
      #expect(try place.read("code") == "1\n", "\(run.all)")
      #expect(try place.entry("s")["client_id"].string == sandbox.clients().first?.clientID)
      #expect(try place.record("s")["client_secret"].string == sandbox.clients().first?.secret)
    }
  }

  @Test("SecretStores#Records: two inventories in a folder whose names differ only in the extension are refused")
  func stems() async throws {
    let place = try Workplace(servers: Self.none)
    try place.write(try place.read("servers.yaml"), to: "servers.yml")
    for file in ["servers.yaml", "servers.yml"] {
      let run = try await place.run("apply", file)
      #expect(run.exit == 1 || run.exit == 3, "\(run.all)")
      #expect(run.err.contains("'servers.yaml'") && run.err.contains("'servers.yml'"), "\(run.err)")
    }
    #expect(place.lockText == nil)
  }

  // MARK: --lock-timeout

  @Test("PlanAndApply#Exit-codes: another run holds the lock: exit 4, with its name; --lock-timeout waits for it")
  func lockTimeout() async throws {
    let place = try Workplace(servers: Self.none)
    let held = try HeldRunLock(place)
    let refused = try await place.run("apply")
    #expect(refused.exit == 4, "\(refused.all)")
    for word in ["error[locked]", "pid 4711", "runner-7", "ci", "mcpauth apply", "2026-11-23T10:00:00Z"] {
      #expect(refused.err.contains(word), "\(word): \(refused.err)")
    }
    #expect(held.attempts == 1)
    let timedOut = try await place.run("apply", "--lock-timeout", "1s")
    #expect(timedOut.exit == 4)
    #expect(held.attempts > 2)
    #expect(place.lockText == nil)
    // A plan does not take the lock.
    #expect(try await place.run("plan").exit == 0)

    let before = held.attempts
    let waiting = try place.start(["apply", "--lock-timeout", "1h"])
    try await eventually("it tries again") { held.attempts > before + 1 }
    #expect(waiting.isRunning)
    held.release()
    let run = try await waiting.finish()
    #expect(run.exit == 0, "\(run.all)")
    #expect(place.lockText != nil)
  }
}
