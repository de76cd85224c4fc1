import ArgumentParser
import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolOutput
import MCPAuthToolRendering

struct SecretsRemoveCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Removes a stored secret from the store.",
    usage: "mcpauth secrets remove <key> [<options>]",
    discussion: """
      Records of servers are not removed with this command: they belong to their clients.

      example: mcpauth secrets remove search-key
      """)

  @Argument(help: ArgumentHelp("The stored secret.", valueName: "key"))
  var key: String

  @OptionGroup var state: StateWritingOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let removal = try await session.run(naming: { run throws(Diagnostic) in try await run.secrets().remove(key) })
    session.report.presented(SecretRemovePage(inventory: session.source.file, removal: removal))
    return .done
  }
}
