import ArgumentParser
import MCPAuthCore
import MCPAuthToolOutput
import MCPAuthToolRendering

struct OrphansForgetCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Removes orphans from the list without asking a server.",
    usage: "mcpauth orphans forget <client or server> ... [<options>]",
    discussion: """
      For clients that were deleted by hand, or that belong to another user. Their records are removed from the secret store. An unknown \
      outcome that is removed no longer blocks its server.

      example: mcpauth orphans forget linear --reason outcome-unknown
      """)

  @OptionGroup var orphans: OrphanOptions
  @OptionGroup var state: StateWritingOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let results = try await session.run(naming: { run throws(Diagnostic) in
      try await run.state.forgetOrphans(orphans.selection)
    })
    session.report.presented(OrphanResultsPage(inventory: session.source.file, results: results))
    return .done
  }
}
