import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput
import MCPAuthToolRendering

struct SecretsSetCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Stores a value of yours, for {stored: KEY} in the inventory.",
    usage: "mcpauth secrets set <key> [<options>]",
    discussion: """
      Reads the value from standard input and removes one line end at its end. On a terminal it asks twice, without echo. The value is never \
      an argument. It replaces an earlier value of the key. An age store needs no identity for it.

      example: mcpauth secrets set search-key < search-key.txt
      """)

  @Argument(help: ArgumentHelp("Its name, as in {stored: KEY}.", valueName: "key"))
  var key: String

  /// Arguments that do not belong here. One may be the value, so they are never printed.
  @Argument(parsing: .allUnrecognized, help: .hidden)
  var rest: [String] = []

  @OptionGroup var state: StateWritingOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard rest.isEmpty else {
      throw ValidationError(
        """
        there are arguments after the key (not shown): a value must not be an argument, because every process can read it
          help: send it on standard input: mcpauth secrets set KEY < FILE
          help: or run it on a terminal without a value: it asks, without echo
          help: if it was a secret, replace it: it is in the history of your shell
        """)
    }
    guard ServerName.isValid(key) else {
      throw ValidationError(
        """
        this cannot be the key of a stored secret (not shown, because it may be a value): \(ServerName.pattern)
          help: give the key only, and send the value on standard input: mcpauth secrets set KEY < FILE
        """)
    }
  }

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    // Read before the run lock is taken: the user may need time to find the value.
    let value = try SecretInput(key: key, context: context).read()
    let setting = try await session.run { run throws(Diagnostic) in try await run.secrets().set(key, value) }
    session.report.presented(SecretSetPage(inventory: session.source.file, setting: setting))
    return .done
  }
}
