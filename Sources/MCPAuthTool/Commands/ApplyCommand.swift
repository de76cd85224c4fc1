import ArgumentParser
import MCPAuthPlan
import MCPAuthReconciler

struct ApplyCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Registers, updates, replaces and removes clients until all is as the inventory says.",
    usage: "mcpauth apply [<file>] [<options>]",
    discussion: """
      Asks first when standard input is a terminal. Writes the lock file beside the inventory.

      example: mcpauth apply servers.yaml
      """)

  @OptionGroup var run: RunOptions

  @Flag(help: "Do not ask.")
  var yes = false

  @Flag(help: "Replace or remove as many clients as the plan says.")
  var allowMassChange = false

  @Flag(help: "Register again where an earlier outcome is unknown.")
  var retryUnknown = false

  @OptionGroup var common: CommonOptions

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context)
    var options = run.planOptions
    options.retryUnknown = retryUnknown
    return await RunSession.within(run, report, context) { session throws(RunStop) in
      let confirmation = Confirmation(report, session.source, context, isAsking: !yes)
      let result = try await session.apply(options, allowMassChange: allowMassChange, confirmation)
      guard let result else {
        report.declined(confirmation.plan)
        return .failed
      }
      report.applied(result, source: session.source, isPlanShown: confirmation.isShown)
      return result.hasFailed ? .failed : .done
    }
  }
}
