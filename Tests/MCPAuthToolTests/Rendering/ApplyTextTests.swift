import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolOutput
@testable import MCPAuthToolRendering

@Suite struct ApplyTextTests {
  @Test(
    "PlanAndApply#Actions: the output of apply: the plan, one line per change, then the count with the names of the failures"
  )
  func golden() async {
    let world = ToolWorld(
      files: ["servers.yaml": Samples.inventoryText], reconciler: FakeReconciler(Samples.run))
    #expect(await world.run("apply") == .failed)
    let parts = world.printed.standard.split(separator: "1 unchanged\n\n", maxSplits: 1)
    #expect(parts.count == 2)
    #expect(
      parts.last == """
        + linear: added to the lock  https://mcp.linear.app  new-1
        ! notion: failed: registration-rejected
        - old: removed  https://old.example.com  o-1
        failed: github (registration-unsupported), notion (registration-rejected)
        apply: 1 added, 1 removed, 2 failed, 1 unchanged

        """)
    #expect(
      world.printed.error == """
        notion:
          error[registration-rejected]: the server said no
            help: ask its owner
        old:
          warning[client-left-behind]: client 'o-1' stays at https://old.example.com
        help: mcpauth explain registration-unsupported (also registration-rejected)

        """)
  }

  @Test("with colours")
  func colored() {
    let escape = "\u{1B}["
    let text = ApplyText(style: .colored, width: 80)
    #expect(
      text.line(Samples.run.results[0])
        == "\(escape)32m+ linear\(escape)0m: added to the lock  https://mcp.linear.app  new-1\n")
    #expect(text.line(Samples.run.results[2]) == "\(escape)1;31m! notion\(escape)0m: failed: registration-rejected\n")
  }

  @Test("PlanAndApply#Messages: the line of a change wraps: values that do not fit are below it, with labels")
  func narrow() {
    let text = ApplyText(style: .plain, width: 40, wrap: 40)
    #expect(
      text.line(Samples.run.results[0])
        == "+ linear: added to the lock\n    issuer: https://mcp.linear.app\n    client: new-1\n")
    let wider = ApplyText(style: .plain, width: 52, wrap: 52)
    #expect(
      wider.line(Samples.run.results[0])
        == "+ linear: added to the lock  https://mcp.linear.app\n    client: new-1\n")
    var failed = Samples.run.results[2]
    failed.change.server = String(repeating: "n", count: 50)
    for width in [20, 40, 60] {
      let lines = ApplyText(style: .colored, width: width, wrap: width).line(failed)
        .replacing(#/\u{1B}\[[0-9;]*m/#, with: "").split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
      let words: String = lines.joined().filter { $0 != " " }
      #expect(words == "!" + failed.change.server + ":failed:registration-rejected")
    }
  }

  @Test("PlanAndApply#Messages: a client id that is wider than the terminal is shortened; wide characters count twice")
  func wide() {
    var result = Samples.run.results[0]
    result.entry = Samples.entry("https://例え.テスト/漢字漢字漢字漢字漢字", String(repeating: "e\u{301}漢", count: 40))
    for width in [40, 80, 160] {
      let lines = ApplyText(style: .plain, width: width, wrap: width).line(result).split(separator: "\n")
      #expect(lines.allSatisfy { DisplayWidth.of($0) <= width }, "\(lines)")
      #expect(lines.count > 1 || width == 160)
    }
  }

  @Test("--quiet: the failures, and the count")
  func quiet() async {
    let world = ToolWorld(reconciler: FakeReconciler(Samples.run))
    #expect(await world.run("apply", "--quiet") == .failed)
    #expect(!world.printed.standard.contains("linear"))
    #expect(!world.printed.standard.contains("plan"))
    #expect(world.printed.standard.contains("notion: failed"))
    #expect(!world.printed.error.contains("warning"))
    // The plan, which has the reason, was not printed. So the error is.
    #expect(world.printed.error.contains("error[registration-unsupported]"))
  }

  @Test("Reliability#Signals: an interrupted run lists what was not begun")
  func interrupted() async {
    var run = Samples.run
    run.results[2].outcome = .skipped
    run.results[2].error = nil
    run.wasInterrupted = true
    let world = ToolWorld(reconciler: FakeReconciler(run))
    #expect(await world.run("apply") == .failed)
    #expect(world.printed.standard.contains("interrupted, not begun: notion\n"))
    #expect(world.printed.standard.contains("1 failed, 1 skipped, 1 unchanged\n"))
  }

  @Test("PlanAndApply#Mass-changes: a mass change is refused, and the plan is still printed")
  func massChange() async {
    let run = RunResult(
      plan: Samples.changesOnly,
      results: [
        ChangeResult(change: Samples.linear, outcome: .skipped, entry: nil),
        ChangeResult(change: Samples.docs, outcome: .done, entry: nil),
      ],
      error: Diagnostic(.error, .massChange, "this would replace 9 of 10", help: ["apply with --allow-mass-change"]))
    let world = ToolWorld(reconciler: FakeReconciler(run))
    #expect(await world.run("apply") == .failed)
    #expect(world.printed.standard.contains("plan: 1 to add"))
    #expect(
      world.printed.standard.hasSuffix(
        """
        skipped (mass-change): linear
        apply: 1 skipped, 1 unchanged

        """))
    #expect(
      world.printed.error
        == "error[mass-change]: this would replace 9 of 10\n  help: apply with --allow-mass-change\nhelp: mcpauth explain mass-change\n"
    )
  }

  @Test(
    "PlanAndApply#Formats: a change of the lock only is not counted as registered; a summary begins with its command's name"
  )
  func words() {
    var change = Samples.linear
    #expect(ApplyText.past(change) == "added to the lock")
    change.action = .register
    #expect(ApplyText.past(change) == "registered client added to the lock")
    change.step = .discoverFirst
    #expect(ApplyText.past(change) == "registered")
    let text = ApplyText(style: .plain, width: 80, command: "rotate").summary(Samples.run)
    #expect(text.split(separator: "\n").last?.hasPrefix("rotate: 1 added, ") == true)
  }

  @Test("PlanAndApply#Formats: with many changes a plan has lines only for failures, not for each success")
  func terse() async {
    let changes = (0..<(TextReport.manyChanges + 1)).map { index in
      var change = Samples.linear
      change.server = "s\(index)"
      return change
    }
    var results = changes.map { ChangeResult(change: $0, outcome: .done, entry: nil) }
    results[7].outcome = .failed
    results[7].error = Samples.blockedError
    let run = RunResult(plan: Plan(inventory: "servers.yaml", changes: changes), results: results)
    let world = ToolWorld(reconciler: FakeReconciler(run))
    #expect(await world.run("apply") == .failed)
    let after = world.printed.standard.split(separator: "plan: 201 to add\n\n", maxSplits: 1).last
    #expect(
      after == """
        ! s7: failed: registration-unsupported
        failed: s7 (registration-unsupported)
        apply: 200 added, 1 failed

        """)
  }

  /// Five servers, all with the same failure but for their names and URLs.
  private static func failures(_ action: Action) -> [ChangeResult] {
    (1...5).map { index in
      let error = Diagnostic(
        .error, .unreachable, "https://x.example/\(index)/mcp of 's\(index)' cannot be reached", help: ["try later"])
      var change = Samples.linear
      change.server = "s\(index)"
      change.action = action
      change.warnings = []
      if action == .blocked {
        change.error = error
        change.step = .nothing
      }
      return ChangeResult(change: change, outcome: .failed, entry: nil, error: error)
    }
  }

  @Test("PlanAndApply#Messages: many failures with one cause are shown once, and the summary has all names")
  func oneCause() async {
    let results = Self.failures(.register)
    let run = RunResult(plan: Plan(inventory: "servers.yaml", changes: results.map(\.change)), results: results)
    let world = ToolWorld(reconciler: FakeReconciler(run))
    #expect(await world.run("apply") == .failed)
    let lines = world.printed.standard.split(separator: "\n").map(String.init)
    #expect(lines.filter { $0.hasPrefix("! s") }.count == FailureCause.few)
    #expect(lines.suffix(2) == ["failed (unreachable): s1, s2, s3, s4, s5", "apply: 5 failed"])
    #expect(
      world.printed.error == """
        s1, s2, s3 and 2 more:
          error[unreachable]: https://x.example/1/mcp of 's1' cannot be reached
            note: the same for 5 servers
            help: try later
        help: mcpauth explain unreachable

        """)
  }

  @Test("PlanAndApply#Messages: a few failures, and failures that need different work, are each shown in full")
  func severalCauses() {
    var results = Self.failures(.register)
    results[3].error?.help = ["do something else"]
    results[4].error?.message = "https://y.example/5/mcp of 's5' cannot be reached"
    let run = RunResult(plan: Plan(inventory: "servers.yaml", changes: results.map(\.change)), results: results)
    let source = SourceText(file: "servers.yaml", bytes: [])
    let text = ApplyText(style: .plain, width: 80).diagnostics(run, source: source, isQuiet: false)
    #expect(text.split(separator: "\n").filter { $0.contains("error[unreachable]") }.count == 5)
  }

  @Test("PlanAndApply#Messages: a plan shows one cause of many blocked servers once; each server has its line")
  func blockedByOneCause() {
    let plan = Plan(inventory: "servers.yaml", changes: Self.failures(.blocked).map(\.change))
    let source = SourceText(file: "servers.yaml", bytes: [])
    let lines = PlanText(style: .plain, width: 80).render(plan, source: source).split(separator: "\n")
    #expect(lines.filter { $0.hasPrefix("  ! s") }.count == 5)
    #expect(lines.filter { $0.contains("error[unreachable]") }.count == 1)
    #expect(lines.contains { $0.contains("note: the same for 5 servers") })
  }

  @Test("without changes of servers, what else was done or failed is not 'nothing to do'")
  func notIdle() {
    let text = ApplyText(style: .plain, width: 80)
    let idle = RunResult(
      plan: Samples.quietPlan, results: [ChangeResult(change: Samples.docs, outcome: .done, entry: nil)])
    #expect(text.summary(idle) == "apply: nothing to do, 1 unchanged\n")
    var run = idle
    run.deletedOrphans = 2
    #expect(text.summary(run) == "apply: 2 orphans deleted, 1 unchanged\n")
    run = idle
    run.error = Diagnostic(.error, .storeFailed, "the store cannot be written")
    #expect(text.summary(run) == "apply: 1 unchanged\n")
    run = idle
    run.plan.storeChanges = [FieldChange("secrets.recipients", from: nil, to: .list(["age1a"]))]
    #expect(text.summary(run) == "apply: 1 unchanged\n")
    #expect(PlanText(style: .plain, width: 80).summary(run.plan) == "plan: 1 unchanged")
  }

  @Test("without changes the output says so, and the run succeeds")
  func nothing() async {
    let run = RunResult(
      plan: Samples.quietPlan, results: [ChangeResult(change: Samples.docs, outcome: .done, entry: nil)])
    let world = ToolWorld(reconciler: FakeReconciler(run))
    #expect(await world.run("apply") == .done)
    #expect(
      world.printed.standard == """
        plan: nothing to do, 1 unchanged

        apply: nothing to do, 1 unchanged

        """)
  }
}
