import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

struct ExportCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes the configuration of those who use the clients.",
    usage: "mcpauth export --to <target> [<file>] [<options>]",
    discussion: """
      Secrets are references where the target has them, and left out where it has none; --secrets inline writes their values. What \
      the target cannot hold is told on standard error. With --merge an existing file is updated: only the keys that are mcpauth's \
      change, everything else stays byte for byte.

      example: mcpauth export --to claude-code --merge .mcp.json
      """)

  @Option(help: ArgumentHelp("Who reads it.", valueName: "target"))
  var to: ExportTarget

  @Argument(help: ArgumentHelp("The inventory.", valueName: "file"), completion: .inventories)
  var file = "servers.yaml"

  @Option(help: ArgumentHelp("Secrets: as references, their values, or not at all.", valueName: "how"))
  var secrets: SecretHandling?

  @Option(help: ArgumentHelp("Write this file, readable by you alone.", valueName: "path"))
  var output: String?

  @Option(help: ArgumentHelp("Update this file.", valueName: "path"))
  var merge: String?

  @Option(
    parsing: .singleValue, help: ArgumentHelp("Only this server; repeat it for several.", valueName: "name"),
    completion: .serverNames)
  var only: [String] = []

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if output != nil, merge != nil { throw ValidationError("--output and --merge contradict each other") }
    if merge != nil, !to.isMergeable {
      throw ValidationError("--merge: a file for \(to.rawValue) holds nothing else; write it with --output")
    }
    if secrets == .reference, !to.hasReferences {
      throw ValidationError("--secrets reference: \(to.rawValue) has no references; use inline or omit")
    }
  }

  func run(in context: ToolContext) async -> ToolExit {
    let delivery = ExportDelivery(output: output, merge: merge, isQuiet: common.quiet, context: context)
    let report = common.report(in: context)
    var source = SourceText.none(file)
    do throws(RunFailure) {
      try delivery.check(secrets)
      let loaded: InventoryLoading.Loaded
      do throws(InventoryLoading.Refusal) {
        loaded = try InventoryLoading.load(file, in: context)
      } catch {
        throw .refused(error.check)
      }
      source = loaded.source
      return try await ExportRun(
        inventory: loaded.inventory, options: try options(loaded.inventory, delivery), delivery: delivery,
        messages: ExportMessages(common: common, source: source, context: context)
      ).run()
    } catch {
      switch error {
      case .refused(let check):
        report.refused(check)
        return .invalid
      case .failed(let diagnostic):
        report.failed(diagnostic, source: source)
        return ToolExit(diagnostic)
      case .usage(let message, let help):
        context.output.text("error: \(message)\n" + (help.map { "  help: \($0)\n" } ?? ""), to: .error)
        return .usage
      }
    }
  }

  private func options(_ inventory: Inventory, _ delivery: ExportDelivery) throws(RunFailure) -> ExportOptions {
    let names = inventory.servers.map(\.name)
    for name in only where !names.contains(name) {
      throw .usage(
        message: "--only '\(Printable.line(name))': there is no such server in \(Printable.line(file))",
        help: NearestName.of(name, in: names).map { "did you mean '\(Printable.line($0))'?" })
    }
    return ExportOptions(
      to, secrets: secrets, only: Set(only), existing: try delivery.existing(), existingFile: merge ?? "")
  }
}

extension ExportTarget: ExpressibleByArgument {}
extension SecretHandling: ExpressibleByArgument {}
