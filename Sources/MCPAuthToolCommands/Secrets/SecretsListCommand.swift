import ArgumentParser
import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolOutput
import MCPAuthToolRendering

struct SecretsListCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the names, versions and expiry times in the secret store.",
    usage: "mcpauth secrets list [<options>]",
    discussion: """
      No value is read: an age store needs no identity for it.

      example: mcpauth secrets list --format json
      """)

  @OptionGroup var state: StateOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let listing = try await session.run { run throws(Diagnostic) in try await run.secrets().list() }
    session.report.presented(SecretListPage(inventory: session.source.file, listing: listing))
    return .done
  }
}
