import ArgumentParser
import MCPAuthToolInput
import MCPAuthToolRendering

/// The flags of every command that prints results.
typealias CommonOptions = ReportOptions<DocumentFormat>
/// The flags of commands that apply.
typealias RunReportOptions = ReportOptions<RunFormat>
/// The flags of `verify`.
typealias PageReportOptions = ReportOptions<PageFormat>
/// The flags of `plan`.
typealias PlanReportOptions = ReportOptions<PlanFormat>
/// The flags of `status`.
typealias StatusReportOptions = ReportOptions<StatusFormat>
/// The flags of `validate`.
typealias CheckReportOptions = ReportOptions<CheckFormat>

/// The formats of a command. Any other is wrong usage, and the message lists these.
protocol FormatChoice: ExpressibleByArgument, Sendable {
  static var text: Self { get }
  var format: OutputFormat { get }
}

extension FormatChoice where Self: RawRepresentable<String> {
  // The names are the same. A test checks that.
  var format: OutputFormat { OutputFormat(rawValue: rawValue) ?? .text }
}

/// `--format` of most commands.
enum DocumentFormat: String, CaseIterable, FormatChoice {
  case text, json
}

/// `--format` of `verify`.
enum PageFormat: String, CaseIterable, FormatChoice {
  case text, json, markdown, github
}

/// `--format` of `status`.
enum StatusFormat: String, CaseIterable, FormatChoice {
  case text, json, markdown, github, html
}

/// `--format` of `apply`, `rotate`, `import`.
enum RunFormat: String, CaseIterable, FormatChoice {
  case text, json, markdown, github, ndjson
}

/// `--format` of `plan`.
enum PlanFormat: String, CaseIterable, FormatChoice {
  case text, json, markdown, github, ndjson, html
}

/// `--format` of `validate`.
enum CheckFormat: String, CaseIterable, FormatChoice {
  case text, json, markdown, github, ndjson, sarif, gitlab
}

/// The format of results, and how much else is printed.
struct ReportOptions<Choice: FormatChoice>: ParsableArguments {
  @Option(help: ArgumentHelp("How results are written.", valueName: "format"))
  var format = Choice.text

  @Option(help: ArgumentHelp("Colours.", valueName: "when"))
  var color = ColorChoice.auto

  @Flag(name: [.long, .customShort("q")], help: "Print only errors and the summary.")
  var quiet = false

  @Flag(name: .long, help: "Also print what is unchanged, and each step.")
  var verbose = false

  func validate() throws {
    if quiet, verbose { throw ValidationError("--quiet and --verbose contradict each other") }
  }

  /// - Parameters:
  ///   - command: the name of the command, for messages that begin with it.
  ///   - areSeveral: whether there are several inventories.
  func report(in context: ToolContext, command: String = "", areSeveral: Bool = false) -> any Report {
    let terminal = context.terminal
    var settings = ReportSettings(
      format: format.format, command: command, isQuiet: quiet, isVerbose: verbose,
      style: Style(hasColor: color.isOn(terminal: terminal.isOutput, context.environment)),
      errorStyle: Style(hasColor: color.isOn(terminal: terminal.isError, context.environment)),
      width: terminal.width)
    settings.areSeveral = areSeveral
    // Output to a pipe is not wrapped: a file, a pager or another program reads it.
    if terminal.isOutput || terminal.isWidthGiven { settings.wrap = terminal.width }
    settings.errorWrap = context.errorWrap
    settings.drawsProgress = terminal.isError && context.environment["TERM"] != "dumb"
    settings.github = GitHubRunner(
      context.environment, absolute: HostFacts.absolute, append: context.appendFile)
    settings.now = HostFacts.now
    settings.isInterrupted = { Interruption.hasCome }
    return settings.report(to: context.output)
  }
}

/// `--color`.
enum ColorChoice: String, Sendable, CaseIterable, ExpressibleByArgument {
  case auto, always, never

  /// `NO_COLOR` (no-color.org) and `TERM=dumb` turn the automatic choice off.
  func isOn(terminal: Bool, _ environment: [String: String]) -> Bool {
    switch self {
    case .always: true
    case .never: false
    case .auto: terminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }
  }
}
