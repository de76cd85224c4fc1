import ArgumentParser
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

struct InitCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Starts an inventory in this folder.",
    usage: "mcpauth init [<options>]",
    discussion: """
      Writes servers.yaml and its schema, an age key pair, lines of .gitignore and .gitattributes, git's merge driver for the lock file, \
      and a workflow for CI. On a terminal it asks for what is not given. It never changes what exists, except that it adds missing lines. \
      Run again, it writes what is missing.

      example: mcpauth init --yes --name "Acme Coder" --ci github
      """)

  @OptionGroup var options: InitOptions

  @Option(help: ArgumentHelp("The workflow; none unless given.", valueName: "kind"))
  var ci: StarterCI?

  @OptionGroup var yes: YesFlag
  @OptionGroup var common: CommonOptions

  func run(in context: ToolContext) async -> ToolExit {
    let isAsking = context.terminal.isInput && !yes.yes
    if !isAsking, let missing = options.missing { return context.wrongUsage(missing) }
    let run = InitRun(
      options: options, ci: ci, isAsking: isAsking, showsKey: common.format == .text, context: context)
    let page = await run.page()
    common.report(in: context).presented(page)
    // A document comes after the inventory that names the public key.
    if page.identity != nil, !run.showsKey, context.output.hasLostResults {
      context.output.text(
        "error[output-failed]: the private key could not be shown: remove servers.yaml and run mcpauth init again\n",
        to: .error)
      return .failed
    }
    return page.isDone ? .done : .failed
  }
}
