import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// For programs: one document on standard output, whatever happens.
struct JSONReport: Report {
  private let settings: ReportSettings
  private let output: Output

  init(_ settings: ReportSettings, _ output: Output) {
    self.settings = settings
    self.output = output
  }

  func validated(_ checks: [InventoryCheck]) {
    let objects = checks.map(Self.object)
    // A list only where several were asked for: one file gives the same document as a refused plan.
    if let only = objects.first, objects.count == 1 {
      output.json(DiagnosticDocument.document(only))
    } else {
      output.json(
        DiagnosticDocument.document(JSONObject([.init("inventories", .array(objects.map(JSON.object)))])))
    }
  }

  func refused(_ check: InventoryCheck) {
    output.json(DiagnosticDocument.document(Self.object(check)))
  }

  func planned(_ plan: Plan, source: SourceText) {
    output.json(RunDocument.plan(plan))
  }

  /// The document says what is in it.
  func saved(_ plan: SavedPlan, to path: String) {}

  /// Whoever is asked has to see what for: as text, beside the document.
  func proposed(_ plan: Plan, source: SourceText, isAsking: Bool) {
    guard isAsking else { return }
    output.text(
      PlanText(
        style: settings.errorStyle, width: settings.width, isVerbose: settings.isVerbose, isQuiet: settings.isQuiet
      )
      .render(plan, source: source) + "\n", to: .error)
  }

  func declined(_ plan: Plan) {
    output.json(RunDocument.declined(plan))
  }

  func happened(_ event: RunEvent) {}

  func applied(_ run: RunResult, source: SourceText, isPlanShown: Bool) {
    output.json(RunDocument.apply(run))
  }

  func presented(_ result: any Presentable) {
    output.json(DiagnosticDocument.document(result.document))
  }

  func failed(_ error: Diagnostic, source: SourceText) {
    output.json(RunDocument.failure(error, inventory: source.file))
  }

  private static func object(_ check: InventoryCheck) -> JSONObject {
    DiagnosticDocument.inventory(
      check.source.file, diagnostics: check.diagnostics, serverCount: check.serverCount)
  }
}
