import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// Tells a person, or a program, what came of a command. One for each `--format`; results go to standard output.
protocol Report: Sendable {
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
}

/// What was made of one inventory.
struct InventoryCheck: Sendable {
  var source: SourceText
  /// Warnings too.
  var diagnostics: [Diagnostic]
  /// nil when there is a mistake.
  var serverCount: Int?

  var isValid: Bool { serverCount != nil }
}

/// `--format`.
enum OutputFormat: String, Sendable, CaseIterable {
  case text, json
}

/// What a report is made with.
struct ReportSettings: Sendable {
  var format = OutputFormat.text
  var isQuiet = false
  var isVerbose = false
  /// Of standard output.
  var style = Style.plain
  /// Of standard error.
  var errorStyle = Style.plain
  /// Columns of the terminal.
  var width = 120

  /// The one place that decides by the format.
  func report(to output: Output) -> any Report {
    switch format {
    case .text: TextReport(self, output)
    case .json: JSONReport(self, output)
    }
  }
}
