import ArgumentParser
import MCPAuthCore
import MCPAuthPlan

struct StatusCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows how each server stands.",
    usage: "mcpauth status [<file> ...] [<options>]",
    discussion: """
      Reads the lock file, the journal and the secret store; no request is made, nothing is written. With --check it ends with 1 when \
      a secret is expired or due for renewal, a record or a client is missing, or an outcome is unknown: for a nightly job.

      example: mcpauth status --check --quiet
      """)

  @OptionGroup var inventories: InventoryArguments

  @Flag(help: "Exit with 1 when something is expired, due, missing or unknown.")
  var check = false

  @OptionGroup var common: CommonOptions

  func run(in context: ToolContext) async -> ToolExit {
    await inventories.each(in: context) { areSeveral in
      common.report(in: context, areSeveral: areSeveral)
    } work: { file, _, report in
      await RunSession.within(file, RunSettings(), report, context) { session throws(RunStop) in
        let status = try await session.look { custodian throws(Diagnostic) in try await custodian.status() }
        report.presented(StatusPage(report: status))
        return check && status.needsAttention ? .failed : .done
      }
    }
  }
}
