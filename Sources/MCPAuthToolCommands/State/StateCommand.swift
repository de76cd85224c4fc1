import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

struct StateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state",
    abstract: "Reads and changes the lock file.",
    discussion: "example: mcpauth state show linear",
    subcommands: [
      StateListCommand.self, StateShowCommand.self, StateMoveCommand.self, StateForgetCommand.self,
      StateMergeCommand.self, StatePullCommand.self, StatePushCommand.self, StateMigrateCommand.self,
    ])
}

struct StateListCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the servers of the lock file.",
    usage: "mcpauth state list [<file>] [<options>]",
    discussion: """
      locked: the entry is in the lock file. recovered: it is known from the journal or a secret record, and the next apply writes it to the \
      lock file.

      example: mcpauth state list --format json
      """)

  @Flag(help: "List again after each change, until Ctrl-C.")
  var watch = false

  @OptionGroup var state: InventoryArgument
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  /// Between two looks at the state.
  private static let pause = Duration.seconds(1)

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    var shown: Standing?
    repeat {
      let standing = try await session.run { run throws(Diagnostic) in try await run.state.look() }
      if standing != shown {
        shown = standing
        session.report.presented(StateListPage(inventory: session.source.file, standing: standing))
      }
      if watch { await SignalFlag.rest(Self.pause) { Interruption.hasCome } }
    } while watch && !Interruption.hasCome && !context.output.hasLostResults
    return .done
  }
}

struct StateShowCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows a server's entry in the lock file.",
    usage: "mcpauth state show <name> [<options>]",
    discussion: "example: mcpauth state show linear")

  @Argument(help: ArgumentHelp("The server.", valueName: "name"), completion: .serverNames)
  var name: String

  @OptionGroup var state: StateOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let standing = try await session.run { run throws(Diagnostic) in try await run.state.look() }
    guard let entry = standing.entries[name] else {
      throw .usage(.unlocked(name, standing.entries, lockFile: "the lock file"))
    }
    session.report.presented(
      StateShowPage(
        inventory: session.source.file, server: name, entry: entry,
        orphans: standing.orphans.filter { $0.server == name }))
    return .done
  }
}
