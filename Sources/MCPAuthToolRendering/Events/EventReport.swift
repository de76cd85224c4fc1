import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput
import Synchronization

/// For programs that follow a run: one event per line, numbered from 1. The last event contains the documents and the exit code.
final class EventReport: Report {
  private let settings: ReportSettings
  private let output: Output
  private let narrator: ProgressReporter
  private let now: @Sendable () -> Timestamp
  private let state = Mutex(State())

  private struct State {
    var count = 0
    /// The documents, as in `--format json`.
    var results: [JSON] = []
  }

  init(_ settings: ReportSettings, _ output: Output) {
    self.settings = settings
    self.output = output
    now = settings.now
    narrator = ProgressReporter(settings, output)
    output.atEnd { [self] exit in
      let results = state.withLock { $0.results }
      tell(EventDocument.ended(results, exit: exit))
    }
    tell(EventDocument.begun(settings.command))
  }

  func validated(_ checks: [InventoryCheck]) { for check in checks { refused(check) } }

  func refused(_ check: InventoryCheck) { add(DiagnosticDocument.document(JSONReport.object(check))) }

  func planned(_ plan: Plan, source: SourceText) { add(RunDocument.plan(plan)) }

  func saved(_ plan: SavedPlan, to path: String) {}

  func proposed(_ plan: Plan, source: SourceText, isAsking: Bool) {
    if isAsking { output.text(settings.questionText.render(plan, source: source) + "\n", to: .error) }
  }

  func declined(_ plan: Plan) { add(RunDocument.declined(plan)) }

  func happened(_ event: RunEvent) {
    narrator.happened(event)
    tell(EventDocument.of(event))
  }

  func applied(_ run: RunResult, source: SourceText, isPlanShown: Bool) { add(RunDocument.apply(run)) }

  func presented(_ result: any Presentable) { add(DiagnosticDocument.document(result.document)) }

  func failed(_ error: Diagnostic, source: SourceText) { add(RunDocument.failure(error, inventory: source.file)) }

  private func add(_ document: JSON) { state.withLock { $0.results.append(document) } }

  private func tell(_ event: JSONObject) {
    // Numbered and written under one lock, so that the lines are in the order of their numbers.
    state.withLock { state in
      state.count += 1
      let common: [JSONObject.Member] = [
        .init("format_version", EventDocument.formatVersion), .init("seq", Documents.number(state.count)),
        .init("time", .string(now().rfc3339)),
      ]
      output.jsonLine(.object(JSONObject(common + event.members)))
    }
  }
}
