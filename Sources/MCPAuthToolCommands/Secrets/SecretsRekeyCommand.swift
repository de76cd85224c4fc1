import ArgumentParser
import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolOutput
import MCPAuthToolRendering

struct SecretsRekeyCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "rekey", abstract: "Encrypts an age store to its present recipients.",
    usage: "mcpauth secrets rekey [<options>]",
    discussion: """
      Write the new list of recipients in the inventory first; then, with an identity that can read what is there, this encrypts every \
      record, orphan's record and stored secret anew, each whole or not at all. An age file does not tell its recipients, so all are \
      encrypted anew. What cannot be read stays as it is, is named, and makes it end with 1. A run that was broken off is repeated, \
      with the new identity beside the old one: MCPAUTH_AGE_KEY and MCPAUTH_AGE_KEY_FILE may hold several, a line each.

      Whoever was a recipient before can still read what is in the history of the repository: rotate what they must not know.

      example: MCPAUTH_AGE_KEY_FILE=old-key.txt mcpauth secrets rekey
      """)

  @Flag(help: "Look only: what can be read, and what is surely for others. Ends with 1 if anything is.")
  var check = false

  @OptionGroup var state: StateWritingOptions
  @OptionGroup var common: CommonOptions

  var variables: VariableOptions { state.variables }

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context)
    return await InventorySession.within(state.file, state.settings, report, context) { session throws(RunFailure) in
      let rekeying = try await session.secrets { store throws(Diagnostic) in
        try await store.rekey(writing: !check)
      }
      report.presented(SecretRekeyPage(inventory: session.source.file, rekeying: rekeying))
      let isDone = rekeying.problems.isEmpty && rekeying.notBegun == 0 && (rekeying.isWritten || rekeying.differed == 0)
      return isDone ? .done : .failed
    }
  }
}
