import ArgumentParser
import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolOutput
import MCPAuthToolRendering

struct SecretsRekeyCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "rekey", abstract: "Encrypts an age store to its current recipients.",
    usage: "mcpauth secrets rekey [<options>]",
    discussion: """
      First write the new list of recipients in the inventory. Then, with an identity that can read the store, this encrypts every record \
      and stored secret again, each whole or not at all. An age file does not name its recipients, so all are encrypted again. What cannot \
      be read stays as it is, is listed, and the exit code is 1. After an interruption run it again, with the new identity and the old one: \
      MCPAUTH_AGE_KEY and MCPAUTH_AGE_KEY_FILE may have several, one per line.

      Former recipients can still read the history of the repository: rotate the secrets that they must not know.

      example: MCPAUTH_AGE_KEY_FILE=old-key.txt mcpauth secrets rekey
      """)

  @Flag(help: "Write nothing; exit with 1 if anything must be encrypted again.")
  var check = false

  @OptionGroup var state: StateWritingOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let rekeying = try await session.run { run throws(Diagnostic) in
      try await run.secrets().rekey(writing: !check)
    }
    session.report.presented(SecretRekeyPage(inventory: session.source.file, rekeying: rekeying))
    let isDone = rekeying.problems.isEmpty && rekeying.notBegun == 0 && (rekeying.isWritten || rekeying.differed == 0)
    return isDone ? .done : .failed
  }
}
