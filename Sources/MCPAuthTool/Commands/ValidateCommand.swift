import ArgumentParser

struct ValidateCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Checks inventories offline.",
    usage: "mcpauth validate [<file> ...] [<options>]",
    discussion: """
      Every mistake is reported in one run. No request is made, no secret is read. --format sarif and --format gitlab are for code scanning.

      example: mcpauth validate servers.yaml staging.yaml
      """)

  @Argument(help: ArgumentHelp("The inventories.", valueName: "file"), completion: .inventories)
  var files = ["servers.yaml"]

  @OptionGroup var common: CheckReportOptions

  func run(in context: ToolContext) async -> ToolExit {
    let checks = files.map { InventoryLoading.check($0, in: context) }
    common.report(in: context, command: "validate").validated(checks)
    return checks.allSatisfy(\.isValid) ? .done : .invalid
  }
}
