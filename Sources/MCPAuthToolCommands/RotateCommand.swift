import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

struct RotateCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Gets a new secret or client for some servers.",
    usage: "mcpauth rotate <name> ... [<file>] [<options>]",
    discussion: """
      The client is updated in place if the server offers that (RFC 7592). Otherwise it is replaced, and users must reconnect.
      The old client is removed only after the new one is stored. No other server changes.

      example: mcpauth rotate linear notion servers.yaml
      """)

  @Argument(
    help: ArgumentHelp("The servers; an inventory, which ends in .yaml or .yml.", valueName: "name"),
    completion: .serverNames)
  var arguments: [String]

  @Option(
    name: [.customLong("file"), .customShort("f")], help: ArgumentHelp("The inventory.", valueName: "file"),
    completion: .inventories)
  var named: String?

  @OptionGroup var yes: YesFlag

  @Flag(help: "Allow many clients to be replaced.")
  var allowMassChange = false

  @OptionGroup var limits: RunLimits
  @OptionGroup var variables: VariableOptions
  @OptionGroup var common: RunReportOptions

  func validate() throws {
    if names.isEmpty { throw ValidationError("name the servers to rotate: mcpauth rotate NAME [FILE]") }
  }

  var names: [String] {
    guard let index = fileIndex else { return arguments }
    return arguments.indices.filter { $0 != index }.map { arguments[$0] }
  }

  var file: String { named ?? fileIndex.map { arguments[$0] } ?? Inventory.defaultFile }

  /// The last argument with the ending of a YAML file is the inventory, unless `--file` names it: a server's name may have such an ending too.
  private var fileIndex: Int? {
    named == nil ? arguments.lastIndex { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") } : nil
  }

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context, command: "rotate")
    var options = PlanOptions()
    options.only = Set(names)
    options.rotate = Set(names)
    return await InventorySession.within(
      file, limits.settings, servers: names, report, context
    ) { [options] session throws(RunFailure) in
      let confirmation = Confirmation(report, session, context, isAsking: !yes.yes)
      return confirmation.finish(
        try await session.run { run throws(Diagnostic) in
          try await run.reconciler.apply(
            options, allowMassChange: allowMassChange, isAsked: confirmation.isAsking
          ) { await confirmation.confirm($0) }
        })
    }
  }
}
