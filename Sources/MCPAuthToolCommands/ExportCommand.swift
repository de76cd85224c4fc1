import ArgumentParser
import MCPAuthExport
import MCPAuthToolInput
import MCPAuthToolOutput

struct ExportCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes the configuration of consumers.",
    usage: "mcpauth export --to <target> [<file>] [<options>]",
    discussion: """
      Secrets are written as references if the target has references, and otherwise left out; --secrets inline writes their values. \
      Standard error names what the target cannot hold. With --merge an existing file is updated: only the keys that are mcpauth's \
      change, everything else stays byte for byte.

      example: mcpauth export --to claude-code --merge .mcp.json
      """)

  @Option(help: ArgumentHelp("The program that reads it.", valueName: "target"))
  var to: ExportTarget

  @OptionGroup var inventory: InventoryArgument
  @OptionGroup var variables: VariableOptions

  @Option(help: ArgumentHelp("How secrets are written: reference, inline or omit.", valueName: "how"))
  var secrets: SecretHandling?

  @Option(help: ArgumentHelp("Write this file, with mode 0600.", valueName: "path"))
  var output: String?

  @Option(help: ArgumentHelp("Update this file.", valueName: "path"))
  var merge: String?

  @Flag(help: "Write nothing and exit with 1 if there is any warning.")
  var strict = false

  @OptionGroup var only: OnlyOption

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if output != nil, merge != nil { throw ValidationError("--output and --merge contradict each other") }
    if merge != nil, !to.isMergeable {
      throw ValidationError("--merge: a file for \(to.rawValue) has only the export in it; write it with --output")
    }
    if secrets == .reference, !to.hasReferences {
      throw ValidationError("--secrets reference: \(to.rawValue) has no references; use inline or omit")
    }
  }

  func run(in context: ToolContext) async -> ToolExit {
    let delivery = ExportDelivery(output: output, merge: merge, isQuiet: common.quiet, context: context)
    // Values are never shown on a terminal (Consumers#Export).
    guard secrets != .inline || delivery.isToFile || !context.terminal.isOutput else {
      return context.wrongUsage(
        "--secrets inline: standard output is a terminal, and the secrets would be shown there",
        help: "write a file that only you can read: --output PATH")
    }
    return await InventorySession.within(
      inventory.file, RunSettings(), servers: only.only, common.report(in: context), context
    ) { session throws(RunFailure) in
      let options = ExportOptions(
        to, secrets: secrets, only: Set(only.only), existing: try delivery.existing(), existingFile: merge ?? "")
      let messages = ExportMessages(common: common, source: session.source, context: context)
      return try await ExportRun(
        inventory: session.inventory, source: session.services.exports(), options: options, delivery: delivery,
        messages: messages, isStrict: strict
      ).run()
    }
  }
}

extension ExportTarget: ExpressibleByArgument {}
extension SecretHandling: ExpressibleByArgument {}
