import ArgumentParser
import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

struct ImportCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Adopts a client, or servers of a consumer's file.",
    usage: """
      mcpauth import <name> --client-id <id> [<file>] [<options>]
      mcpauth import --from <format> <source> [<file>] [<options>]
      """,
    discussion: """
      example: mcpauth import linear --client-id 1a2b --client-secret-from env:S
      """)

  @Argument(help: ArgumentHelp("A server; with --from, the file to read.", valueName: "name"), completion: .serverNames)
  var name: String

  @OptionGroup var inventory: InventoryArgument
  @OptionGroup var variables: VariableOptions

  @OptionGroup var source: ImportSourceOptions

  @OptionGroup var client: ImportedClientOptions

  @Flag(name: .customLong("no-verify"), help: "Do not verify the credentials.")
  var skipsVerification = false

  @OptionGroup var yes: YesFlag
  @OptionGroup var waits: RunWaits
  @OptionGroup var common: RunReportOptions

  func validate() throws {
    guard source.from != nil else {
      if source.dryRun { throw ValidationError("--dry-run belongs to --from") }
      guard client.clientID != nil else {
        throw ValidationError("give --client-id with a server's name, or --from with a consumer's file")
      }
      return
    }
    if client.isGiven || skipsVerification { throw ValidationError("--from imports servers, not one client") }
    if common.format != .text, common.format != .json {
      throw ValidationError("--from has the formats text and json")
    }
  }

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context, command: "import")
    if let format = source.from {
      var run = ImportRun(
        format: format, source: name, file: inventory.file, settings: waits.settings, context: context)
      run.isDryRun = source.dryRun
      run.isAsking = context.terminal.isInput && !yes.yes
      return await run.run(report)
    }
    // `validate` has already refused arguments without an order.
    guard var order = try? client.order(for: name) else { return .usage }
    order.verifies = !skipsVerification
    return await InventorySession.within(
      inventory.file, waits.settings, servers: [name], report, context
    ) { [order] session throws(RunFailure) in
      let confirmation = Confirmation(report, session, context, isAsking: !yes.yes)
      return confirmation.finish(
        try await session.run { run throws(Diagnostic) in
          try await run.reconciler.importClient(order) { await confirmation.confirm($0) }
        })
    }
  }
}

/// The flags of `import` that name a consumer's file.
struct ImportSourceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Read a file of this consumer.", valueName: "format"))
  var from: ImportFormat?

  @Flag(help: "With --from: write nothing.")
  var dryRun = false
}

extension ImportFormat: ExpressibleByArgument {}
