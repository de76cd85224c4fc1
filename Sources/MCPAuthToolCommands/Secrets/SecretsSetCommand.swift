import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput
import MCPAuthToolRendering

struct SecretsSetCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Keeps a value of yours, for {stored: KEY} in the inventory.",
    usage: "mcpauth secrets set <key> [<options>]",
    discussion: """
      The value comes on standard input, where one line end at the end is dropped; on a terminal it is asked for twice, and not shown. It \
      never stands in the arguments. An earlier value of the key gives way. An age store needs no identity for it.

      example: mcpauth secrets set search-key < search-key.txt
      """)

  @Argument(help: ArgumentHelp("Its name, as in {stored: KEY}.", valueName: "key"))
  var key: String

  @OptionGroup var state: StateWritingOptions
  @OptionGroup var common: CommonOptions

  var variables: VariableOptions { state.variables }

  func validate() throws {
    guard ServerName.isValid(key) else {
      throw ValidationError("'\(Printable.line(key))' cannot be a stored secret's key: \(ServerName.pattern)")
    }
  }

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context)
    return await InventorySession.within(state.file, state.settings, report, context) { session throws(RunFailure) in
      // Before the run lock is taken: somebody may be looking for the value yet.
      let value = try SecretInput(key: key, context: context).read()
      let setting = try await session.secrets { store throws(Diagnostic) in try await store.set(key, value) }
      report.presented(SecretSetPage(inventory: session.source.file, setting: setting))
      return .done
    }
  }
}
