import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// For programs: one document on standard output, whatever happens.
struct JSONReport: Report {
  private let settings: ReportSettings
  private let output: Output
  private let narrator: Narrator

  init(_ settings: ReportSettings, _ output: Output) {
    self.settings = settings
    self.output = output
    narrator = Narrator(settings, output)
  }

  func validated(_ checks: [InventoryCheck]) {
    output.json(Self.document(checks))
  }

  /// A list only where several were asked for: one file gives the same document as a refused plan.
  static func document(_ checks: [InventoryCheck]) -> JSON {
    let objects = checks.map(object)
    if let only = objects.first, objects.count == 1 { return DiagnosticDocument.document(only) }
    return DiagnosticDocument.document(JSONObject([.init("inventories", .array(objects.map(JSON.object)))]))
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
    if isAsking { output.text(settings.questionText.render(plan, source: source) + "\n", to: .error) }
  }

  func declined(_ plan: Plan) {
    output.json(RunDocument.declined(plan))
  }

  func happened(_ event: RunEvent) { narrator.happened(event) }

  func applied(_ run: RunResult, source: SourceText, isPlanShown: Bool) {
    output.json(RunDocument.apply(run))
  }

  func presented(_ result: any Presentable) {
    output.json(DiagnosticDocument.document(result.document))
  }

  func failed(_ error: Diagnostic, source: SourceText) {
    output.json(RunDocument.failure(error, inventory: source.file))
  }

  static func object(_ check: InventoryCheck) -> JSONObject {
    DiagnosticDocument.inventory(
      check.source.file, diagnostics: check.diagnostics, serverCount: check.serverCount)
  }
}
