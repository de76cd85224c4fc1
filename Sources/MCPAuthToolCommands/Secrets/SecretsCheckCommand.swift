import ArgumentParser
import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolOutput
import MCPAuthToolRendering

struct SecretsCheckCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Holds the secret store against the lock file and the inventory.",
    usage: "mcpauth secrets check [<options>]",
    discussion: """
      Every entry of the lock file that needs a record has it, and it opens and is that entry's; every record, also of the orphans', has its \
      entry or line; every {stored: KEY} is there. It ends with 1 when anything is wrong. Without the identity of an age store only the names are \
      checked, and it says so. Nothing is written.

      example: mcpauth secrets check
      """)

  @OptionGroup var state: StateOptions
  @OptionGroup var common: CommonOptions

  var variables: VariableOptions { state.variables }

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context)
    return await InventorySession.within(state.file, RunSettings(), report, context) { session throws(RunFailure) in
      let check = try await session.secrets { store throws(Diagnostic) in try await store.check() }
      report.presented(SecretCheckPage(inventory: session.source.file, check: check))
      return check.isClean ? .done : .failed
    }
  }
}
