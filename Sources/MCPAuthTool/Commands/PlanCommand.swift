import ArgumentParser
import MCPAuthPlan

struct PlanCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows what apply would do; registers nothing, writes nothing.",
    usage: "mcpauth plan [<file>] [<options>]",
    discussion: """
      example: mcpauth plan --detailed-exitcode --format json > plan.json
      """)

  @OptionGroup var run: RunOptions

  @Flag(help: "No request at all: what needs discovery is said to.")
  var offline = false

  @Flag(name: .customLong("detailed-exitcode"), help: "Exit with 2 when there are changes and nothing failed.")
  var detailedExitCode = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if offline, run.refresh { throw ValidationError("--offline and --refresh contradict each other") }
  }

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context)
    var options = run.planOptions
    options.offline = offline
    return await RunSession.within(run, report, context) { session throws(RunStop) in
      let plan = try await session.plan(options)
      report.planned(plan, source: session.source)
      return Self.exit(for: plan, detailed: detailedExitCode)
    }
  }

  /// Product 2, Exit codes.
  static func exit(for plan: Plan, detailed: Bool) -> ToolExit {
    if plan.isBlocked { return .failed }
    return detailed && plan.hasChanges ? .changes : .done
  }
}
