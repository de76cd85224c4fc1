import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput

/// The result of `validate` in the format of a code scanning tool. No other command has these formats.
struct CheckReport: Report {
  private let settings: ReportSettings
  private let output: Output
  private let document: @Sendable ([InventoryCheck]) -> JSON

  init(_ settings: ReportSettings, _ output: Output, _ document: @escaping @Sendable ([InventoryCheck]) -> JSON) {
    self.settings = settings
    self.output = output
    self.document = document
  }

  func validated(_ checks: [InventoryCheck]) { output.json(document(checks)) }

  func refused(_ check: InventoryCheck) { validated([check]) }

  func failed(_ error: Diagnostic, source: SourceText) {
    output.text(settings.errorText.render(error, mask: nil), to: .error)
  }

  func planned(_ plan: Plan, source: SourceText) {}
  func saved(_ plan: SavedPlan, to path: String) {}
  func proposed(_ plan: Plan, source: SourceText, isAsking: Bool) {}
  func declined(_ plan: Plan) {}
  func happened(_ event: RunEvent) {}
  func applied(_ run: RunResult, source: SourceText, isPlanShown: Bool) {}
  func presented(_ result: any Presentable) {}
}
