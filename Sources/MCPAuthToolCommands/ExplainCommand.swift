import ArgumentParser
import MCPAuthToolOutput
import MCPAuthToolRendering

struct ExplainCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explains an error, a warning or a reason.",
    usage: "mcpauth explain [<code>] [<options>]",
    discussion: """
      Prints what it means, what to do, and the specification. Without a code it lists all codes. The code may be given as it is printed, \
      error[resource-mismatch], or as the whole message.

      example: mcpauth explain resource-mismatch
      """)

  @Argument(
    help: ArgumentHelp("The code in error[…] or warning[…], or a reason of a plan.", valueName: "code"),
    completion: .list(Explanation.all.map(\.name)))
  var code: String?

  @OptionGroup var common: CommonOptions

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context)
    guard let code else {
      report.presented(ExplanationListPage())
      return .done
    }
    guard let explanation = Explanation.of(code) else {
      let nearest = Explanation.nearest(to: code).map { "did you mean '\($0)'?" } ?? "see them all: mcpauth explain"
      context.output.text(
        "error: '\(Printable.line(code))' is not a code or a reason\n  help: \(nearest)\n", to: .error)
      return .usage
    }
    report.presented(ExplanationPage(explanation: explanation))
    return .done
  }
}
