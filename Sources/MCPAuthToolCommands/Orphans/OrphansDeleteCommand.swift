import ArgumentParser
import MCPAuthCore
import MCPAuthToolOutput
import MCPAuthToolRendering

struct OrphansDeleteCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Deletes orphans at their servers, where RFC 7592 allows.",
    usage: "mcpauth orphans delete <client or server> ... [<options>]",
    discussion: """
      A client that cannot be deleted stays on the list, with the reason, and the exit code is 1. A client that is in use is never deleted.

      example: mcpauth orphans delete linear
      """)

  @OptionGroup var orphans: OrphanOptions
  @OptionGroup var state: StateWritingOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let results = try await session.run(naming: { run throws(Diagnostic) in
      try await run.state.deleteOrphans(orphans.selection)
    })
    let page = OrphanResultsPage(inventory: session.source.file, results: results)
    session.report.presented(page)
    return page.isComplete ? .done : .failed
  }
}
