import ArgumentParser
import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolOutput
import MCPAuthToolRendering

struct SecretsCheckCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Compares the secret store with the lock file and the inventory.",
    usage: "mcpauth secrets check [<options>]",
    discussion: """
      Checks that each entry of the lock file has the record it needs, that the record can be read and belongs to the entry, that each record \
      belongs to an entry or an orphan, and that each {stored: KEY} exists. The exit code is 1 when something is wrong. Without the identity \
      of an age store it checks only the names, and says so. It writes nothing.

      example: mcpauth secrets check
      """)

  @OptionGroup var state: StateOptions
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: CommonOptions

  func run(_ session: InventorySession, in context: ToolContext) async throws(RunFailure) -> ToolExit {
    let check = try await session.run { run throws(Diagnostic) in try await run.secrets().check() }
    session.report.presented(SecretCheckPage(inventory: session.source.file, check: check))
    return check.isClean ? .done : .failed
  }
}
