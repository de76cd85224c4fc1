import ArgumentParser
import MCPAuthCore
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

struct AddCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Adds a server to the inventory.",
    usage: "mcpauth add <name> <url> [<file>] [<options>]",
    discussion: """
      Looks at the URL as inspect does, shows what it found, and writes the server below servers. No other byte of the file changes.

      example: mcpauth add linear https://mcp.linear.app/mcp
      """)

  @Argument(help: ArgumentHelp("The new server's name.", valueName: "name"))
  var name: String

  @Argument(help: ArgumentHelp("The MCP server's URL.", valueName: "url"))
  var url: String

  @OptionGroup var inventory: InventoryArgument
  @OptionGroup var variables: VariableOptions

  @OptionGroup var server: AddedServerOptions

  @Flag(help: "Send no request.")
  var offline = false

  @Flag(help: "Show the new lines, and write nothing.")
  var dryRun = false

  @OptionGroup var yes: YesFlag
  @OptionGroup var timeout: TimeoutOption
  @OptionGroup var common: CommonOptions

  func validate() throws { try server.check(name, url) }

  func run(in context: ToolContext) async -> ToolExit {
    var run = AddRun(name: name, url: url, file: inventory.file, options: server, context: context)
    run.isOffline = offline
    run.isDryRun = dryRun
    run.isAsking = context.terminal.isInput && !yes.yes
    run.timeout = timeout.seconds
    return await run.run(common.report(in: context))
  }
}
