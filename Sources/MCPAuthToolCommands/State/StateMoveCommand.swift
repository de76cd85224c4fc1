import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput
import MCPAuthToolRendering

struct StateMoveCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "move", abstract: "Renames a server in the lock file; its client stays the same.",
    usage: "mcpauth state move <old> <new> [<options>]",
    discussion: """
      First rename the server in the inventory. The entry, its secret record and unknown outcomes get the new name, which must not be in \
      the lock file yet. In the inventory, moved_from does the same.

      example: mcpauth state move linear linear-eu
      """)

  @Argument(help: ArgumentHelp("The name in the lock file.", valueName: "old"), completion: .serverNames)
  var old: String

  @Argument(help: ArgumentHelp("The new name.", valueName: "new"))
  var new: String

  @OptionGroup var state: StateWritingOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if old == new { throw ValidationError("both names are the same") }
    guard ServerName.isValid(new) else {
      throw ValidationError("'\(Printable.line(new))' cannot be a server's name: \(ServerName.pattern)")
    }
  }

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let moved = try await session.run(naming: { run throws(Diagnostic) in try await run.state.move(old, to: new) })
    session.report.presented(StateMovePage(inventory: session.source.file, moved: moved))
    return .done
  }
}
