import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput
import Synchronization

/// For programs: one document on standard output in every case.
final class JSONReport: Report {
  private let settings: ReportSettings
  private let output: Output
  private let narrator: ProgressReporter
  private let several = Mutex((documents: [JSON](), sum: SeveralInventories()))

  init(_ settings: ReportSettings, _ output: Output) {
    self.settings = settings
    self.output = output
    narrator = ProgressReporter(settings, output)
  }

  func validated(_ checks: [InventoryCheck]) {
    output.json(Self.document(checks))
  }

  /// A list only for several files. For one file the document is the same as that of a refused plan.
  static func document(_ checks: [InventoryCheck]) -> JSON {
    let objects = checks.map(object)
    if let only = objects.first, objects.count == 1 { return DiagnosticDocument.document(only) }
    return DiagnosticDocument.document(JSONObject([.init("inventories", .array(objects.map(JSON.object)))]))
  }

  func refused(_ check: InventoryCheck) {
    add(DiagnosticDocument.document(Self.object(check)))
  }

  func planned(_ plan: Plan, source: SourceText) {
    add(RunDocument.plan(plan), ChangeCounts(plan))
  }

  /// Nothing is printed: the document is printed at the end.
  func saved(_ plan: SavedPlan, to path: String) {}

  /// A user who is asked needs the plan as text too.
  func proposed(_ plan: Plan, source: SourceText, isAsking: Bool) {
    if isAsking { output.text(settings.questionText.render(plan, source: source) + "\n", to: .error) }
  }

  func declined(_ plan: Plan) {
    add(RunDocument.declined(plan), ChangeCounts(plan))
  }

  func happened(_ event: RunEvent) { narrator.happened(event) }

  func applied(_ run: RunResult, source: SourceText, isPlanShown: Bool) {
    add(RunDocument.apply(run), ChangeCounts(run))
  }

  func presented(_ result: any Presentable) {
    add(DiagnosticDocument.document(result.document))
  }

  func failed(_ error: Diagnostic, source: SourceText) {
    add(RunDocument.failure(error, inventory: source.file))
  }

  func ended(_ ends: [InventoryEnd]) {
    output.json(several.withLock { $0.sum.document($0.documents, ends) })
  }

  /// The document of one inventory: the only one, or one of several that are printed together.
  private func add(_ document: JSON, _ counts: ChangeCounts? = nil) {
    guard settings.areSeveral else { return output.json(document) }
    several.withLock { several in
      several.documents.append(document)
      if let counts { several.sum.add(counts) }
    }
  }

  static func object(_ check: InventoryCheck) -> JSONObject {
    DiagnosticDocument.inventory(
      check.source.file, diagnostics: check.diagnostics, serverCount: check.serverCount)
  }
}
