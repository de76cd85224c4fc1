package import MCPAuthCore
package import MCPAuthPlan
package import MCPAuthReconciler
package import MCPAuthToolOutput

/// Prints what a command does and its result. There is one for each `--format`. Results go to standard output.
package protocol Report: Sendable {
  /// The results of `validate`, file by file.
  func validated(_ checks: [InventoryCheck])
  /// The inventory has mistakes. Nothing was done.
  func refused(_ check: InventoryCheck)
  func planned(_ plan: Plan, source: SourceText)
  /// The plan was written to a file.
  func saved(_ plan: SavedPlan, to path: String)
  /// The plan that will be applied.
  ///
  /// - Parameter isAsking: whether the user will be asked.
  func proposed(_ plan: Plan, source: SourceText, isAsking: Bool)
  /// The user answered no. Nothing was done.
  func declined(_ plan: Plan)
  /// An event of the run.
  func happened(_ event: RunEvent)
  /// - Parameter isPlanShown: whether `proposed` came before.
  func applied(_ run: RunResult, source: SourceText, isPlanShown: Bool)
  /// The run changed these files, and they are in a git work tree.
  func committable(_ paths: [String])
  /// The result of a command that has one page.
  func presented(_ result: any Presentable)
  /// The run as a whole failed.
  func failed(_ error: Diagnostic, source: SourceText)
  /// The runs of several inventories have ended.
  func ended(_ ends: [InventoryEnd])
}

extension Report {
  /// The default: nothing is printed. Only text is for a person who commits.
  func committable(_ paths: [String]) {}
  /// The default: no summary of several inventories.
  func ended(_ ends: [InventoryEnd]) {}
}

/// The result of reading one inventory.
package struct InventoryCheck: Sendable {
  package var source: SourceText
  /// Errors and warnings.
  package var diagnostics: [Diagnostic]
  /// nil when there is a mistake.
  package var serverCount: Int?

  package init(source: SourceText, diagnostics: [Diagnostic], serverCount: Int?) {
    self.source = source
    self.diagnostics = diagnostics
    self.serverCount = serverCount
  }

  package var isValid: Bool { serverCount != nil }
}

/// How the run of one inventory of several ended.
package struct InventoryEnd: Sendable, Equatable {
  package var file: String
  package var exit: ToolExit

  package init(file: String, exit: ToolExit) {
    self.file = file
    self.exit = exit
  }
}

/// `--format`.
package enum OutputFormat: String, Sendable, CaseIterable {
  case text, json, markdown, github, ndjson, html, sarif, gitlab
}

/// The settings of a report.
package struct ReportSettings: Sendable {
  package var format = OutputFormat.text
  /// The name of the command, for messages that begin with it.
  package var command = ""
  /// Whether there are several inventories.
  package var areSeveral = false
  package var isQuiet = false
  package var isVerbose = false
  /// The style of standard output.
  package var style = Style.plain
  /// The style of standard error.
  package var errorStyle = Style.plain
  /// How many columns a quoted line of a file may take.
  package var width = 120
  /// Columns after which text on standard output is wrapped; nil: never.
  package var wrap: Int?
  /// The same for standard error.
  package var errorWrap: Int?
  /// Whether progress can be drawn on standard error: it is a terminal.
  package var drawsProgress = false
  /// The files and folders that a runner of GitHub Actions names.
  package var github = GitHubRunner()
  /// The clock.
  package var now: @Sendable () -> Timestamp = { Timestamp(seconds: 0) }
  /// Whether a signal came.
  package var isInterrupted: @Sendable () -> Bool = { false }

  /// This is the only switch over the format.
  package func report(to output: Output) -> any Report {
    switch format {
    case .text: TextReport(self, output)
    case .json: JSONReport(self, output)
    case .markdown: MarkdownReport(self, output)
    case .github: GitHubReport(self, output)
    case .ndjson: EventReport(self, output)
    case .html: HTMLReport(self, output)
    case .sarif: CheckReport(self, output, SARIFDocument.document)
    case .gitlab: CheckReport(self, output, CodeQualityDocument.document)
    }
  }

  /// A plan, for standard output.
  var planText: PlanText {
    PlanText(style: style, width: width, wrap: wrap, isVerbose: isVerbose, isQuiet: isQuiet)
  }

  /// A plan for a question on standard error.
  var questionText: PlanText { PlanText(style: errorStyle, width: width, wrap: errorWrap, isVerbose: isVerbose) }

  /// Text for standard error.
  var errorText: DiagnosticText { DiagnosticText(style: errorStyle, width: width, wrap: errorWrap) }
}

extension ReportSettings {
  package init(
    format: OutputFormat, command: String, isQuiet: Bool, isVerbose: Bool, style: Style, errorStyle: Style, width: Int
  ) {
    self.init()
    self.format = format
    self.command = command
    self.isQuiet = isQuiet
    self.isVerbose = isVerbose
    self.style = style
    self.errorStyle = errorStyle
    self.width = width
  }
}
