import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Synchronization

/// For people: results on standard output, everything else on standard error.
final class TextReport: Report {
  private let settings: ReportSettings
  private let output: Output
  /// Whose line was shown when it happened.
  private let shown = Mutex<Set<String>>([])

  init(_ settings: ReportSettings, _ output: Output) {
    self.settings = settings
    self.output = output
  }

  func validated(_ checks: [InventoryCheck]) {
    for check in checks {
      refused(check)
      guard let count = check.serverCount, !settings.isQuiet else { continue }
      output.text("\(Printable.line(check.source.file)): valid, \(count) server\(count == 1 ? "" : "s")\n")
    }
  }

  func refused(_ check: InventoryCheck) {
    let shown = settings.isQuiet ? check.diagnostics.filter { $0.severity == .error } : check.diagnostics
    output.text(diagnosticText.render(shown, in: check.source), to: .error)
  }

  func planned(_ plan: Plan, source: SourceText) {
    output.text(planText.render(plan, source: source))
  }

  func saved(_ plan: SavedPlan, to path: String) {
    guard !settings.isQuiet else { return }
    let file = Printable.line(path)
    output.text("saved to \(file); to do exactly this: mcpauth apply \(file)\n", to: .error)
  }

  func proposed(_ plan: Plan, source: SourceText, isAsking: Bool) {
    planned(plan, source: source)
    output.text("\n")
  }

  func declined(_ plan: Plan) {
    output.text("apply: cancelled, nothing was done\n", to: .error)
  }

  func happened(_ event: RunEvent) {
    switch event {
    case .discovering(let server): whenVerbose("discovering \(Printable.line(server))\n")
    case .discovered(let server): whenVerbose("discovered \(Printable.line(server))\n")
    case .applying(let server): whenVerbose("applying \(Printable.line(server))\n")
    case .applied(let result): show(result)
    }
  }

  func applied(_ run: RunResult, source: SourceText, isPlanShown: Bool) {
    if !isPlanShown { proposed(run.plan, source: source, isAsking: false) }
    for result in run.results { show(result) }
    output.text(
      ApplyText(style: settings.errorStyle, width: settings.width)
        .diagnostics(run, source: source, isQuiet: settings.isQuiet), to: .error)
    output.text(applyText.summary(run))
  }

  func presented(_ result: any Presentable) {
    let notes = settings.isQuiet ? result.notes.filter { $0.severity == .error } : result.notes
    output.text(notes.map { diagnosticText.render($0, mask: nil) }.joined(), to: .error)
    output.text(result.text(settings))
  }

  func failed(_ error: Diagnostic, source: SourceText) {
    output.text(diagnosticText.render(error, mask: SourceMask(source, diagnostics: [])), to: .error)
  }

  private func show(_ result: ChangeResult) {
    guard shown.withLock({ $0.insert(result.change.server).inserted }) else { return }
    if settings.isQuiet, result.outcome == .done { return }
    output.text(applyText.line(result))
  }

  private func whenVerbose(_ text: String) {
    if settings.isVerbose { output.text(text, to: .error) }
  }

  private var diagnosticText: DiagnosticText { DiagnosticText(style: settings.errorStyle, width: settings.width) }

  private var planText: PlanText {
    PlanText(
      style: settings.style, width: settings.width, isVerbose: settings.isVerbose, isQuiet: settings.isQuiet)
  }

  private var applyText: ApplyText { ApplyText(style: settings.style, width: settings.width) }
}
