import ArgumentParser

struct ValidateCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Checks inventories offline.",
    usage: "mcpauth validate [<file> ...] [<options>]",
    discussion: """
      Every mistake is reported in one run. No request is made, no secret is read.

      example: mcpauth validate servers.yaml staging.yaml
      """)

  @Argument(help: ArgumentHelp("The inventories.", valueName: "file"))
  var files = ["servers.yaml"]

  @OptionGroup var common: CommonOptions

  func run(in context: ToolContext) async -> ToolExit {
    let checks = files.map { InventoryLoading.check($0, in: context) }
    common.report(in: context).validated(checks)
    return checks.allSatisfy(\.isValid) ? .done : .invalid
  }
}
