import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolInput
@testable import MCPAuthToolOutput

/// `plan`, `apply` and `validate` from the arguments to the exit code.
@Suite struct RunTests {
  private static let mistake = Diagnostic(
    .error, .unknownKey, "unknown key 'sevrers'", at: Place(file: "servers.yaml", line: 1, column: 1, endColumn: 8))

  private func json(_ world: ToolWorld) throws -> JSON {
    try JSONParser.parse(Array(world.printed.standard.utf8), refusingDuplicates: true)
  }

  @Test(
    "PlanAndApply#Commands, PlanAndApply#Exit-codes: plan",
    arguments: [
      (Samples.quietPlan, false, ToolExit.done), (Samples.quietPlan, true, .done), (Samples.changesOnly, false, .done),
      (Samples.changesOnly, true, .changes), (Samples.plan, false, .failed), (Samples.plan, true, .failed),
    ])
  func planExits(_ plan: Plan, _ detailed: Bool, _ expected: ToolExit) async {
    let world = ToolWorld(reconciler: FakeReconciler(plan))
    let arguments = ["plan"] + (detailed ? ["--detailed-exitcode"] : [])
    #expect(await MCPAuthCommand.run(arguments, in: world.context) == expected)
    #expect(world.closed == 1)
  }

  @Test("the options reach the reconciler")
  func options() async {
    let fake = FakeReconciler(Samples.quietPlan)
    let world = ToolWorld(reconciler: fake, lockedNames: ["old"])
    #expect(
      await world.run(
        "apply", "--only", "old", "--refresh", "--retry-unknown", "--allow-mass-change", "--lock-timeout", "5s")
        == .done)
    var expected = PlanOptions()
    expected.only = ["old"]
    expected.refresh = true
    expected.retryUnknown = true
    #expect(fake.asked == [FakeReconciler.Asked(options: expected, allowMassChange: true)])
    #expect(world.settings == [RunSettings(parallelism: 32, discoveryTimeout: 30, lockTimeout: 5)])
  }

  @Test("PlanAndApply#Commands: --only with an unknown name is wrong usage, with the nearest name of inventory or lock")
  func only() async {
    let server = InventoryServer(
      name: "linear", url: "https://x", mode: .none, location: Place(file: "servers.yaml", line: 3, column: 3))
    let inventory = Inventory(file: "servers.yaml", servers: [server])
    for (name, help) in [("linaer", "linear"), ("notoin", "notion")] {
      let fake = FakeReconciler(Samples.quietPlan)
      let world = ToolWorld(
        inventories: ["servers.yaml": .success(inventory)], reconciler: fake, lockedNames: ["notion"])
      #expect(await world.run("plan", "--only", name) == .usage)
      #expect(
        world.printed.error
          == "error: --only '\(name)': there is no such server in servers.yaml or its lock file\n  help: did you mean '\(help)'?\n"
      )
      #expect(fake.asked.isEmpty)
      #expect(world.closed == 1)
    }
  }

  @Test(
    "PlanAndApply#Commands: an inventory with a mistake is 3, and no store is opened",
    arguments: ["plan", "apply", "validate"])
  func invalid(_ command: String) async throws {
    let mistakes = InventoryMistakes(diagnostics: [Self.mistake])
    let world = ToolWorld(files: ["servers.yaml": "sevrers:\n"], inventories: ["servers.yaml": .failure(mistakes)])
    #expect(await world.run(command) == .invalid)
    #expect(
      world.printed
        == .init(
          error: """
            servers.yaml:1:1: error[unknown-key]: unknown key 'sevrers'
                1 | sevrers:
                  | ^~~~~~~
            1 error in servers.yaml
            help: mcpauth explain unknown-key

            """))
    let second = ToolWorld(files: ["servers.yaml": "sevrers:\n"], inventories: ["servers.yaml": .failure(mistakes)])
    #expect(await second.run(command, "--format", "json") == .invalid)
    #expect(try json(second)["diagnostics"]?.array?.count == 1)
    #expect(try SchemaCheck(.plan).problems(json(second)) == [])
    #expect(second.printed.error.isEmpty)
  }

  @Test("a missing inventory is 3, and the help says how to write one")
  func missing() async {
    let world = ToolWorld(files: [:])
    #expect(await world.run("plan") == .invalid)
    #expect(
      world.printed.error.hasPrefix(
        "error[inventory-unreadable]: 'servers.yaml' cannot be read: there is no such file\n"))
    #expect(world.printed.error.contains("or write one:\n        version: 1\n"))
    // The help is right for each command that reads an inventory.
    let add = ToolWorld(files: [:])
    #expect(await add.run("add", "docs", "https://docs.example/mcp", "--offline") == .invalid)
    for printed in [world.printed.error, add.printed.error] {
      #expect(printed.contains("  help: name the inventory with -f FILE\n"), "\(printed)")
    }
  }

  @Test(
    "PlanAndApply#Commands: a run that fails as a whole is 1, a held lock is 4",
    arguments: [(DiagnosticCode.locked, ToolExit.locked), (.lockInvalid, .failed), (.lockMissing, .failed)])
  func failures(_ code: DiagnosticCode, _ expected: ToolExit) async throws {
    let error = Diagnostic(.error, code, "no", help: ["wait"])
    let world = ToolWorld(reconciler: FakeReconciler(failing: error))
    #expect(await world.run("apply") == expected)
    #expect(
      world.printed
        == .init(
          error: "error[\(code.rawValue)]: no\n  help: wait\nhelp: mcpauth explain \(code.rawValue)\n"))
    let second = ToolWorld(reconciler: FakeReconciler(failing: error))
    #expect(await second.run("apply", "--format", "json") == expected)
    #expect(try json(second)["error"]?["code"] == .string(code.rawValue))
    let third = ToolWorld(openFailure: error)
    #expect(await third.run("plan", "--format", "json") == expected)
    #expect(try json(third)["error"]?["code"] == .string(code.rawValue))
  }

  @Test("PlanAndApply#Commands: standard output is exactly one document", arguments: ["plan", "apply"])
  func oneDocument(_ command: String) async throws {
    let world = ToolWorld(reconciler: FakeReconciler(Samples.run))
    #expect(await world.run(command, "--format", "json") == .failed)
    #expect(try SchemaCheck(.plan).problems(json(world)) == [])
    #expect(try json(world)["servers"]?.array?.count == 5)
    #expect(world.printed.error.isEmpty)
  }

  @Test(
    "PlanAndApply#Commands: on a terminal apply asks, and only 'yes' is accepted", arguments: ["y", "YES", "", "yes "])
  func declined(_ answer: String) async throws {
    let terminal = Terminal(isInput: true, isOutput: true)
    let world = ToolWorld(reconciler: FakeReconciler(Samples.run), answer: answer, terminal: terminal)
    #expect(await world.run("apply", "--color", "never") == .failed)
    #expect(world.printed.standard.hasPrefix("plan for servers.yaml\n"))
    #expect(!world.printed.standard.contains("registered"))
    #expect(
      world.printed.error == "apply these changes? only 'yes' is accepted: apply: cancelled, nothing was done\n")
    let second = ToolWorld(reconciler: FakeReconciler(Samples.run), answer: answer, terminal: terminal)
    #expect(await second.run("apply", "--format", "json") == .failed)
    #expect(
      try json(second)["servers"]?.array?.compactMap { $0["outcome"]?.string } == [
        "skipped", "failed", "skipped", "done", "skipped",
      ])
    #expect(second.printed.error.hasPrefix("plan for servers.yaml\n"))
  }

  @Test("PlanAndApply#Commands: 'yes' continues")
  func confirmed() async {
    let world = ToolWorld(
      reconciler: FakeReconciler(Samples.run), answer: "yes", terminal: Terminal(isInput: true))
    #expect(await world.run("apply") == .failed)
    #expect(world.printed.standard.contains("+ linear: added to the lock"))
  }

  @Test("PlanAndApply#Commands: --yes asks no question, and without a terminal on standard input there is no question")
  func notAsked() async {
    let run = RunResult(
      plan: Samples.changesOnly,
      results: [
        ChangeResult(change: Samples.linear, outcome: .done, entry: Samples.entry("https://mcp.linear.app", "n")),
        ChangeResult(change: Samples.docs, outcome: .done, entry: nil),
      ])
    // A question without a prepared answer would be recorded as an issue.
    let onTerminal = ToolWorld(reconciler: FakeReconciler(run), terminal: Terminal(isInput: true))
    #expect(await onTerminal.run("apply", "--yes") == .done)
    let inCI = ToolWorld(reconciler: FakeReconciler(run))
    #expect(await inCI.run("apply") == .done)
    #expect(!inCI.printed.error.contains("only 'yes'"))
  }

  @Test("PlanAndApply#Commands: validate accepts several inventories, and reports all")
  func validateSeveral() async throws {
    let warning = Diagnostic.warning(
      .duplicateURL, "'a' and 'b' have one URL", at: Place(file: "b.yaml", line: 1, column: 1))
    func world() -> ToolWorld {
      ToolWorld(
        files: ["a.yaml": "sevrers:\n", "b.yaml": "version: 1\n"],
        inventories: [
          "a.yaml": .failure(InventoryMistakes(diagnostics: [Self.mistake])),
          "b.yaml": .success(Inventory(file: "b.yaml", warnings: [warning])),
        ])
    }
    let text = world()
    #expect(await text.run("validate", "a.yaml", "b.yaml") == .invalid)
    #expect(text.printed.standard == "b.yaml: valid, 0 servers\n")
    #expect(text.printed.error.contains("1 error in a.yaml\n"))
    #expect(text.printed.error.contains("1 warning in b.yaml\n"))
    let quiet = world()
    #expect(await quiet.run("validate", "b.yaml", "--quiet") == .done)
    #expect(quiet.printed == .init())
    let document = world()
    #expect(await document.run("validate", "a.yaml", "b.yaml", "--format", "json") == .invalid)
    #expect(try SchemaCheck(.plan).problems(json(document)) == [])
    #expect(try json(document)["inventories"]?.array?.compactMap { $0["inventory"]?.string } == ["a.yaml", "b.yaml"])
    let single = world()
    #expect(await single.run("validate", "b.yaml", "--format", "json") == .done)
    #expect(try json(single)["server_count"] == 0)
    #expect(try SchemaCheck(.plan).problems(json(single)) == [])
  }

  @Test(
    "SecretStores#Redaction: a secret that a server sends back is redacted in text and in JSON",
    arguments: ["text", "json"])
  func redacted(_ format: String) async {
    var plan = Samples.plan
    plan.changes[1].error?.message = "the server said: bad token hunter2-hunter2"
    let world = ToolWorld(reconciler: FakeReconciler(plan))
    let context = world.context
    context.output.redactor.learn(Secret("hunter2-hunter2"))
    #expect(await MCPAuthCommand.run(["plan", "--format", format], in: context) == .failed)
    #expect(world.printed.standard.contains("bad token <redacted>"))
    #expect(!world.printed.standard.contains("hunter2"))
  }
}
