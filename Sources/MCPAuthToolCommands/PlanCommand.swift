import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput
import MCPAuthToolRendering

struct PlanCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows what apply would do, and writes nothing.",
    usage: "mcpauth plan [<file> ...] [<options>]",
    discussion: """
      With --out, mcpauth apply PLAN does exactly what was shown, or nothing.

      example: mcpauth plan --detailed-exitcode --format json > plan.json
      """)

  @OptionGroup var inventories: InventoryArguments
  @OptionGroup var variables: VariableOptions
  @OptionGroup var only: OnlyOption
  @OptionGroup var run: RunOptions
  @OptionGroup var limits: RunLimits

  @Flag(help: "Send no request: the plan says which servers need discovery.")
  var offline = false

  @Flag(name: .customLong("detailed-exitcode"), help: "Exit with 2 when there are changes and nothing failed.")
  var detailedExitCode = false

  @Option(help: ArgumentHelp("Write the plan to a file, for apply.", valueName: "plan"))
  var out: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Plan a new secret or client for this server; repeat it for several.", valueName: "name"),
    completion: .serverNames)
  var rotate: [String] = []

  @OptionGroup var common: PlanReportOptions

  func validate() throws {
    if offline, run.refresh { throw ValidationError("--offline and --refresh contradict each other") }
    if offline, run.verify { throw ValidationError("--offline and --verify contradict each other") }
    if offline, out != nil {
      throw ValidationError("--offline and --out contradict each other: a plan without discovery cannot be applied")
    }
  }

  func run(in context: ToolContext) async -> ToolExit {
    let single = out == nil && rotate.isEmpty ? nil : "--out and --rotate need a single inventory"
    return await inventories.each(only: only.only, single: single, in: context) { areSeveral in
      common.report(in: context, command: "plan", areSeveral: areSeveral)
    } work: { file, only, report in
      await plan(file, only, report, context)
    }
  }

  private func plan(_ file: String, _ only: [String], _ report: any Report, _ context: ToolContext) async -> ToolExit {
    var options = run.planOptions(only)
    options.offline = offline
    options.rotate = Set(rotate)
    return await InventorySession.within(
      file, limits.settings, only: only, servers: rotate, report, context
    ) { [options] session throws(RunFailure) in
      var file: SavedPlanFile?
      if let out { file = try SavedPlanFile(out, in: context) }
      let plan = try await session.run { run throws(Diagnostic) in try await run.reconciler.plan(options) }
      report.planned(plan, source: session.source)
      try file?.write(SavedPlan(plan, options: options, inventory: session.inventory), report)
      return Self.exit(for: plan, detailed: detailedExitCode)
    }
  }

  /// The exit code of `plan` (PlanAndApply#Exit-codes).
  static func exit(for plan: Plan, detailed: Bool) -> ToolExit {
    if plan.isBlocked { return .failed }
    return detailed && plan.hasChanges ? .changes : .done
  }
}
