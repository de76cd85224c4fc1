import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput
import Synchronization

/// One page for a browser, printed when the command has ended. Errors are printed on standard error too, because the page is usually sent to a file.
final class HTMLReport: Report {
  private let settings: ReportSettings
  private let output: Output
  private let narrator: ProgressReporter
  private let state = Mutex(State())

  private struct State {
    var inventories: [HTMLNode] = []
    var sum = SeveralInventories()
    /// The summary of several inventories.
    var summary: [String] = []
  }

  init(_ settings: ReportSettings, _ output: Output) {
    self.settings = settings
    self.output = output
    narrator = ProgressReporter(settings, output)
    output.atEnd { [self] _ in end() }
  }

  func validated(_ checks: [InventoryCheck]) { for check in checks { refused(check) } }

  func refused(_ check: InventoryCheck) {
    let mask = SourceMask(check.source, diagnostics: check.diagnostics)
    let sorted = DiagnosticText.sorted(check.diagnostics)
    let counts = DiagnosticText(style: .plain, width: settings.width).count(check.diagnostics)
    add(
      HTMLParts.inventory(
        check.source.file, check.isValid ? counts : counts + ": nothing was planned",
        HTMLParts.section("Mistakes and warnings", "mistakes", sorted.map { HTMLParts.diagnostic($0, mask) })))
    output.text(settings.errorText.render(check.diagnostics, in: check.source), to: .error)
  }

  func planned(_ plan: Plan, source: SourceText) {
    state.withLock { $0.sum.add(ChangeCounts(plan)) }
    let mask = SourceMask(source, diagnostics: [])
    add(PlanHTML(plan: plan, mask: mask, now: settings.now(), isQuiet: settings.isQuiet).node)
  }

  func failed(_ error: Diagnostic, source: SourceText) {
    let mask = SourceMask(source, diagnostics: [])
    let content = HTMLParts.section("Error", "mistakes", [HTMLParts.diagnostic(error, mask)])
    add(HTMLParts.inventory(source.file, "failed", content))
    output.text(settings.errorText.render(error, mask: mask), to: .error)
  }

  func presented(_ result: any Presentable) {
    // Of the commands with a page of their own, only `status` has this format.
    guard let page = result as? StatusPage else { return output.text(result.text(settings)) }
    add(StatusHTML(report: page.report, isQuiet: settings.isQuiet).node)
  }

  func happened(_ event: RunEvent) { narrator.happened(event) }

  func ended(_ ends: [InventoryEnd]) {
    state.withLock { state in
      let lines = state.sum.text(ends, style: .plain).split(separator: "\n")
      state.summary = lines.map(String.init)
    }
  }

  func saved(_ plan: SavedPlan, to path: String) {}
  // No command that applies has this format.
  func proposed(_ plan: Plan, source: SourceText, isAsking: Bool) {}
  func declined(_ plan: Plan) {}
  func applied(_ run: RunResult, source: SourceText, isPlanShown: Bool) {}

  private func add(_ inventory: HTMLNode) { state.withLock { $0.inventories.append(inventory) } }

  private func end() {
    let state = state.withLock { $0 }
    // Wrong usage, which is only a message.
    guard !state.inventories.isEmpty else { return }
    let page = HTMLPage(
      title: "mcpauth \(settings.command)", made: settings.now(), summary: state.summary,
      inventories: state.inventories)
    // Each text is redacted before it is escaped. The result is not redacted again: the replacement would be markup in it.
    output.verbatim(Array(page.text(redact: output.redactor.redact).utf8))
  }
}
