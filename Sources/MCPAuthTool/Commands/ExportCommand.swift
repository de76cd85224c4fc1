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

  @Argument(help: ArgumentHelp("The inventory.", valueName: "file"))
  var file = "servers.yaml"

  @Option(help: ArgumentHelp("Secrets: as references, their values, or not at all.", valueName: "how"))
  var secrets: SecretHandling?

  @Option(help: ArgumentHelp("Write this file, readable by you alone.", valueName: "path"))
  var output: String?

  @Option(help: ArgumentHelp("Update this file.", valueName: "path"))
  var merge: String?

  @Option(parsing: .singleValue, help: ArgumentHelp("Only this server; repeat it for several.", valueName: "name"))
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
    let delivery = ExportDelivery(output: output, merge: merge, context: context)
    if secrets == .inline, delivery.isTerminal {
      context.output.text(
        "error: --secrets inline would show secrets on the terminal\n  help: write a file: --output PATH\n", to: .error)
      return .usage
    }
    let report = common.report(in: context)
    let source: SourceText
    do throws(InventoryLoading.Refusal) {
      let loaded = try InventoryLoading.load(file, in: context)
      source = loaded.source
      if let unknown = only.first(where: { name in !loaded.inventory.servers.contains { $0.name == name } }) {
        return Self.unknown(unknown, loaded.inventory, context)
      }
      return try await export(loaded.inventory, source, delivery, context)
    } catch let refusal as InventoryLoading.Refusal {
      report.refused(refusal.check)
      return .invalid
    } catch {
      return .failed
    }
  }
}
