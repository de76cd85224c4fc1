package import MCPAuthCore
package import MCPAuthPlan
package import MCPAuthReconciler
package import MCPAuthToolOutput

/// Tells a person, or a program, what came of a command. One for each `--format`; results go to standard output.
package protocol Report: Sendable {
  /// What `validate` found, file by file.
  func validated(_ checks: [InventoryCheck])
  /// The inventory has mistakes: nothing was done.
  func refused(_ check: InventoryCheck)
  func planned(_ plan: Plan, source: SourceText)
  /// The plan was written to a file.
  func saved(_ plan: SavedPlan, to path: String)
  /// The plan that is about to be applied.
  ///
  /// - Parameter isAsking: whether a person is about to be asked.
  func proposed(_ plan: Plan, source: SourceText, isAsking: Bool)
  /// The answer was no: nothing was done.
  func declined(_ plan: Plan)
  /// Something happens in the run.
  func happened(_ event: RunEvent)
  /// - Parameter isPlanShown: whether `proposed` came before.
  func applied(_ run: RunResult, source: SourceText, isPlanShown: Bool)
  /// What a command came to that has one thing to show.
  func presented(_ result: any Presentable)
  /// The run as a whole failed.
  func failed(_ error: Diagnostic, source: SourceText)
  /// All of several inventories were worked on.
  func ended(_ ends: [InventoryEnd])
}

extension Report {
  /// Where each inventory's result is told on its own, and there is no summary.
  func ended(_ ends: [InventoryEnd]) {}
}

/// What was made of one inventory.
package struct InventoryCheck: Sendable {
  package var source: SourceText
  /// Warnings too.
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
  case text, json, markdown, github, ndjson, sarif, gitlab
}

/// What a report is made with.
package struct ReportSettings: Sendable {
  package var format = OutputFormat.text
  /// The command's name: what is told begins with it.
  package var command = ""
  /// Whether there are several inventories.
  package var areSeveral = false
  package var isQuiet = false
  package var isVerbose = false
  /// Of standard output.
  package var style = Style.plain
  /// Of standard error.
  package var errorStyle = Style.plain
  /// Columns that a line of a file may take.
  package var width = 120
  /// Columns after which text on standard output is wrapped; nil: never.
  package var wrap: Int?
  /// The same of standard error.
  package var errorWrap: Int?
  /// Whether progress can be drawn, and drawn again, on standard error.
  package var drawsProgress = false
  /// What a runner of GitHub's Actions offers.
  package var github = GitHubRunner()
  /// The clock.
  package var now: @Sendable () -> Timestamp = { Timestamp(seconds: 0) }
  /// Whether a signal came.
  package var isInterrupted: @Sendable () -> Bool = { false }

  /// The one place that decides by the format.
  package func report(to output: Output) -> any Report {
    switch format {
    case .text: TextReport(self, output)
    case .json: JSONReport(self, output)
    case .markdown: MarkdownReport(self, output)
    case .github: GitHubReport(self, output)
    case .ndjson: EventReport(self, output)
    case .sarif: CheckReport(self, output, SARIFDocument.document)
    case .gitlab: CheckReport(self, output, CodeQualityDocument.document)
    }
  }

  /// A plan, for standard output.
  var planText: PlanText {
    PlanText(style: style, width: width, wrap: wrap, isVerbose: isVerbose, isQuiet: isQuiet)
  }

  /// A plan for whoever is asked whether it is meant: on standard error.
  var questionText: PlanText { PlanText(style: errorStyle, width: width, wrap: errorWrap, isVerbose: isVerbose) }

  /// What goes to standard error.
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
