import ArgumentParser

/// The flags that every command has.
struct CommonOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How results are written.", valueName: "format"))
  var format = OutputFormat.text

  @Option(help: ArgumentHelp("Colours.", valueName: "when"))
  var color = ColorChoice.auto

  @Flag(name: .long, help: "No progress, no warnings.")
  var quiet = false

  @Flag(name: .long, help: "Also what stays as it is, and each step.")
  var verbose = false

  func validate() throws {
    if quiet, verbose { throw ValidationError("--quiet and --verbose contradict each other") }
  }

  func report(in context: ToolContext) -> any Report {
    ReportSettings(
      format: format, isQuiet: quiet, isVerbose: verbose,
      style: Style(hasColor: color.isOn(terminal: context.terminal.isOutput, context.environment)),
      errorStyle: Style(hasColor: color.isOn(terminal: context.terminal.isError, context.environment)),
      width: context.terminal.width
    ).report(to: context.output)
  }
}

extension OutputFormat: ExpressibleByArgument {}

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
