import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput
import MCPAuthToolRendering

struct StatusCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows how each server stands.",
    usage: "mcpauth status [<file> ...] [<options>]",
    discussion: """
      Reads the lock file, the journal and the secret store; no request is made, nothing is written. With --check it ends with 1 when \
      a secret is expired or due for renewal, a record or a client is missing, or an outcome is unknown: for a nightly job. \
      --within and --max-orphans make it stricter.

      example: mcpauth status --check --within 30d --max-orphans 0
      """)

  @OptionGroup var inventories: InventoryArguments

  @Flag(help: "Exit with 1 when something is expired, due, missing or unknown.")
  var check = false

  @Option(help: ArgumentHelp("Take secrets that end sooner for expiring: 30d.", valueName: "duration"))
  var within: DurationArgument?

  @Option(help: ArgumentHelp("With --check: how many clients may be left behind at servers.", valueName: "n"))
  var maxOrphans: Int?

  @OptionGroup var common: CommonOptions

  var variables: VariableOptions { inventories.variables }

  func validate() throws {
    if maxOrphans != nil, !check { throw ValidationError("--max-orphans is a limit of --check") }
    if let maxOrphans, maxOrphans < 0 { throw ValidationError("--max-orphans is 0 or more") }
  }

  func run(in context: ToolContext) async -> ToolExit {
    await inventories.each(in: context) { areSeveral in
      common.report(in: context, areSeveral: areSeveral)
    } work: { file, _, report in
      await InventorySession.within(file, RunSettings(), report, context) { session throws(RunFailure) in
        var status = try await session.look { state throws(Diagnostic) in try await state.status() }
        if let within { status.mark(expiringWithin: within.seconds) }
        report.presented(StatusPage(report: status))
        let areTooMany = maxOrphans.map { status.orphans.count > $0 } ?? false
        return check && (status.needsAttention || areTooMany) ? .failed : .done
      }
    }
  }
}
