import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthTool

@Suite struct ApplyTextTests {
  @Test("product 2: what an apply prints: the plan, a line a change, then the count with the failures named")
  func golden() async {
    let world = ToolWorld(
      files: ["servers.yaml": Samples.inventoryText], reconciler: FakeReconciler(Samples.run))
    #expect(await world.run("apply") == .failed)
    let parts = world.printed.standard.split(separator: "1 unchanged\n\n", maxSplits: 1)
    #expect(parts.count == 2)
    #expect(
      parts.last == """
        + linear: registered  https://mcp.linear.app  new-1
        ! notion: failed: registration-rejected
        - old: removed  https://old.example.com  o-1
        failed: github (registration-unsupported), notion (registration-rejected)
        apply: 1 registered, 0 updated, 0 replaced, 1 removed, 2 failed, 1 unchanged

        """)
    #expect(
      world.printed.error == """
        notion:
          error[registration-rejected]: the server said no
            help: ask its owner
        old:
          warning[client-left-behind]: client 'o-1' stays at https://old.example.com

        """)
  }

  @Test("in colour")
  func colored() {
    let escape = "\u{1B}["
    let text = ApplyText(style: .colored, width: 80)
    #expect(
      text.line(Samples.run.results[0])
        == "\(escape)32m+ linear\(escape)0m: registered  https://mcp.linear.app  new-1\n")
    #expect(text.line(Samples.run.results[2]) == "\(escape)1;31m! notion\(escape)0m: failed: registration-rejected\n")
  }

  @Test("--quiet: what failed, and the count")
  func quiet() async {
    let world = ToolWorld(reconciler: FakeReconciler(Samples.run))
    #expect(await world.run("apply", "--quiet") == .failed)
    #expect(!world.printed.standard.contains("linear: registered"))
    #expect(world.printed.standard.contains("notion: failed"))
    #expect(!world.printed.error.contains("warning"))
  }

  @Test("reliability 3: an interrupted run names what was not begun")
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

  @Test("product 2: a mass change is refused, and the plan is still shown")
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
    #expect(world.printed.standard.contains("plan: 1 to register"))
    #expect(
      world.printed.error == "error[mass-change]: this would replace 9 of 10\n  help: apply with --allow-mass-change\n")
  }

  @Test("nothing to do is said, and succeeds")
  func nothing() async {
    let run = RunResult(
      plan: Samples.quietPlan, results: [ChangeResult(change: Samples.docs, outcome: .done, entry: nil)])
    let world = ToolWorld(reconciler: FakeReconciler(run))
    #expect(await world.run("apply") == .done)
    #expect(
      world.printed.standard == """
        plan: nothing to do, 1 unchanged

        apply: 0 registered, 0 updated, 0 replaced, 0 removed, 0 failed, 1 unchanged

        """)
  }
}
