import ArgumentParser
import MCPAuthCore
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

struct ValidateCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Checks inventories offline.",
    usage: "mcpauth validate [<file> ...] [<options>]",
    discussion: """
      Reports every mistake in one run. It sends no request and reads no secret. --format sarif and --format gitlab are for code scanning.

      example: mcpauth validate servers.yaml staging.yaml
      """)

  @OptionGroup var inventories: InventoryArguments
  @OptionGroup var variables: VariableOptions

  @OptionGroup var common: CheckReportOptions

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context, command: "validate")
    let files: [String]
    do throws(Diagnostic) {
      files = try InventorySelection(context).files(inventories.files)
    } catch {
      report.failed(error, source: .none(inventories.files.joined(separator: " ")))
      return .invalid
    }
    let checks = files.map { InventoryLoading.check($0, in: context) }
    report.validated(checks)
    return checks.allSatisfy(\.isValid) ? .done : .invalid
  }
}
