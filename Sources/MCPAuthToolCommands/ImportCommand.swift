import ArgumentParser
import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolOutput

struct ImportCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Adopts a client that was registered elsewhere.",
    usage: "mcpauth import <name> --client-id <id> [<file>] [<options>]",
    discussion: """
      Discovers the server, verifies the credentials, and locks the client.

      example: mcpauth import linear --client-id 1a2b --client-secret-from env:S
      """)

  @Argument(help: ArgumentHelp("A server of the inventory.", valueName: "name"), completion: .serverNames)
  var name: String

  @OptionGroup var inventory: InventoryArgument
  @OptionGroup var variables: VariableOptions

  @OptionGroup var client: ImportedClientOptions

  @Flag(name: .customLong("no-verify"), help: "Do not verify the credentials.")
  var skipsVerification = false

  @OptionGroup var yes: YesFlag
  @OptionGroup var waits: RunWaits
  @OptionGroup var common: RunReportOptions

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context, command: "import")
    // `validate` has already refused arguments without an order.
    guard var order = try? client.order(for: name) else { return .usage }
    order.verifies = !skipsVerification
    return await InventorySession.within(
      inventory.file, waits.settings, servers: [name], report, context
    ) { [order] session throws(RunFailure) in
      let confirmation = Confirmation(report, session.source, context, isAsking: !yes.yes)
      return confirmation.finish(
        try await session.run { run throws(Diagnostic) in
          try await run.reconciler.importClient(order) { await confirmation.confirm($0) }
        })
    }
  }
}
