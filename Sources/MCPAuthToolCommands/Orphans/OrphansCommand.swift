import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput
import MCPAuthToolRendering

struct OrphansCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orphans",
    abstract: "Lists and removes clients left behind at servers.",
    discussion: "example: mcpauth orphans list",
    subcommands: [OrphansListCommand.self, OrphansDeleteCommand.self, OrphansForgetCommand.self])
}

/// The arguments that select orphans.
struct OrphanOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("A client id, or a server's name.", valueName: "client or server"))
  var targets: [String]

  @Option(help: ArgumentHelp("Only clients of this issuer.", valueName: "url"))
  var issuer: String?

  @Option(
    help: ArgumentHelp(
      "Only orphans with this reason: " + Orphan.Reason.allCases.map(\.rawValue).joined(separator: ", ") + ".",
      valueName: "reason"))
  var reason: Orphan.Reason?

  @Flag(help: "All orphans that a name matches.")
  var all = false

  var selection: OrphanSelection {
    OrphanSelection(targets: targets, issuer: issuer, reason: reason, isAll: all)
  }
}

extension Orphan.Reason: ExpressibleByArgument {}

struct OrphansListCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the orphans of the lock file.",
    usage: "mcpauth orphans list [<file>] [<options>]",
    discussion: """
      deletable: the next apply, or mcpauth orphans delete, deletes it. by hand: its server does not offer RFC 7592. blocks: the outcome of \
      a registration is unknown, and its server is not registered again. retried: it was registered again with --retry-unknown.

      example: mcpauth orphans list --format json
      """)

  @OptionGroup var state: InventoryArgument
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let standing = try await session.run { run throws(Diagnostic) in try await run.state.look() }
    session.report.presented(OrphanListPage(inventory: session.source.file, orphans: standing.orphans))
    return .done
  }
}
