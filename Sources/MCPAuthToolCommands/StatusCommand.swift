import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput
import MCPAuthToolRendering

struct StatusCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows the state of each server.",
    usage: "mcpauth status [<file> ...] [<options>]",
    discussion: """
      Reads the lock file, the journal and the secret store. It sends no request and writes nothing. A reference to a variable or a \
      file that has no value here is named. With --check the exit code is 1 when \
      a secret has expired or is due for renewal, a record or a client is missing, or an outcome is unknown. --within and \
      --max-orphans make the check stricter.

      example: mcpauth status --check --within 30d --max-orphans 0
      """)

  @OptionGroup var inventories: InventoryArguments
  @OptionGroup var variables: VariableOptions

  @Flag(help: "Exit with 1 when something is expired, due for renewal, missing or unknown.")
  var check = false

  @Option(help: ArgumentHelp("Secrets that expire within this time count as expiring: 30d.", valueName: "duration"))
  var within: DurationArgument?

  @Option(help: ArgumentHelp("With --check: the highest number of orphans.", valueName: "n"))
  var maxOrphans: Int?

  @OptionGroup var common: StatusReportOptions

  func validate() throws {
    if maxOrphans != nil, !check { throw ValidationError("--max-orphans needs --check") }
    if let maxOrphans, maxOrphans < 0 { throw ValidationError("--max-orphans is 0 or more") }
  }

  func run(in context: ToolContext) async -> ToolExit {
    await inventories.each(in: context) { areSeveral in
      common.report(in: context, command: "status", areSeveral: areSeveral)
    } work: { file, _, report in
      await InventorySession.within(file, RunSettings(), report, context) { session throws(RunFailure) in
        var status = try await session.run { run throws(Diagnostic) in try await run.state.status() }
        if let within { status.mark(expiringWithin: within.seconds) }
        report.presented(StatusPage(report: status))
        let areTooMany = maxOrphans.map { status.orphans.count > $0 } ?? false
        return check && (status.needsAttention || areTooMany) ? .failed : .done
      }
    }
  }
}
