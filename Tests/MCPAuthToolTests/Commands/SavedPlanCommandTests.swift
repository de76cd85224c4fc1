import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolInput
@testable import MCPAuthToolOutput

/// `plan --out` and `apply PLAN`, from the arguments to the exit code.
@Suite struct SavedPlanCommandTests {
  private static var plan: SavedPlan {
    SavedPlan(lineage: "l1", inventory: "servers.yaml", options: PlanOptions(), servers: [])
  }
  private static var text: String { String(decoding: SavedPlanCodec.encode(plan), as: UTF8.self) }

  @Test(
    "PlanAndApply#JSON: --out writes the plan, and prints how to apply it; with --quiet and as JSON it does not print this"
  )
  func writes() async throws {
    for (flags, isSaid) in [([], true), (["--quiet"], false), (["--format", "json"], false)] {
      let world = ToolWorld(reconciler: FakeReconciler(Samples.changesOnly))
      #expect(await MCPAuthCommand.run(["plan", "--out", "p.json"] + flags, in: world.context) == .done)
      let written = try #require(world.writtenFiles["p.json"])
      #expect(try SavedPlanCodec.decode(Array(written.utf8), file: "p").inventory == Samples.changesOnly.inventory)
      #expect(world.printed.error.contains("mcpauth apply p.json") == isSaid)
    }
  }

  @Test("a file that is not a plan is never overwritten, and no plan is made")
  func refuses() async {
    let fake = FakeReconciler(Samples.quietPlan)
    let world = ToolWorld(files: ["servers.yaml": "", "notes.txt": "mine", "old.json": Self.text], reconciler: fake)
    #expect(await world.run("plan", "--out", "notes.txt") == .failed)
    #expect(fake.asked.isEmpty && world.writtenFiles.isEmpty)
    #expect(await world.run("plan", "--out", "old.json") == .done)
    #expect(world.writtenFiles.keys.sorted() == ["old.json"])
  }

  @Test("PlanAndApply#Saved-plans: apply recognizes a plan by its content, and asks no question")
  func applies() async {
    let fake = FakeReconciler(RunResult(plan: Samples.changesOnly, results: []))
    let world = ToolWorld(
      files: ["servers.yaml": "", "p.json": Self.text], reconciler: fake, terminal: Terminal(isInput: true))
    #expect(await world.run("apply", "p.json", "--allow-mass-change") == .done)
    #expect(
      fake.asked == [
        FakeReconciler.Asked(options: PlanOptions(), allowMassChange: true, saved: Self.plan)
      ])
    #expect(world.printed.standard.contains("plan for servers.yaml"))
  }

  @Test(
    "options that decide what is planned are refused with a saved plan",
    arguments: [["--refresh"], ["--only", "a"], ["--retry-unknown"]])
  func options(_ flags: [String]) async {
    let fake = FakeReconciler(Samples.quietPlan)
    let world = ToolWorld(files: ["servers.yaml": "", "p.json": Self.text], reconciler: fake)
    #expect(await MCPAuthCommand.run(["apply", "p.json"] + flags, in: world.context) == .usage)
    #expect(fake.asked.isEmpty)
  }

  @Test("a damaged plan is refused as a plan, as text and as JSON")
  func damaged() async throws {
    let world = ToolWorld(files: ["servers.yaml": "", "p.json": String(Self.text.dropLast(20))])
    #expect(await world.run("apply", "p.json") == .failed)
    #expect(world.printed.error.contains("error[plan-invalid]"))
    #expect(await world.run("apply", "p.json", "--format", "json") == .failed)
    let json = try JSONParser.parse(Array(world.printed.standard.utf8), refusingDuplicates: true)
    #expect(json["error"]?["code"]?.string == "plan-invalid")
  }
}
