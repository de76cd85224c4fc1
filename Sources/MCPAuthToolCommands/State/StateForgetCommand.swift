import ArgumentParser
import MCPAuthCore
import MCPAuthToolOutput
import MCPAuthToolRendering

struct StateForgetCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Removes servers from the lock file without asking a server.",
    usage: "mcpauth state forget <name> ... [<options>]",
    discussion: """
      A client that was registered here stays at its server and becomes an orphan, with its secret record: mcpauth orphans delete deletes \
      it, orphans forget removes it from the list. A protected server needs --force, because the next apply would give it another client.

      example: mcpauth state forget linear notion
      """)

  @Argument(help: ArgumentHelp("The servers.", valueName: "name"), completion: .serverNames)
  var names: [String]

  @Flag(help: "Also forget protected servers, and servers whose secret record cannot be read (it stays).")
  var force = false

  @OptionGroup var state: StateWritingOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let forgotten = try await session.run(naming: { run throws(Diagnostic) in
      try await run.state.forget(names, isForced: force)
    })
    session.report.presented(StateForgetPage(inventory: session.source.file, forgotten: forgotten))
    return .done
  }
}
