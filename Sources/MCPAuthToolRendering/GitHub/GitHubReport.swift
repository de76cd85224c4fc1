import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput
import Synchronization

/// For a job of GitHub Actions: text, annotations, a summary of the job, and outputs for later steps.
final class GitHubReport: Report {
  private let text: TextReport
  private let runner: GitHubRunner
  private let output: Output
  private let pages: MarkdownPages
  private let state = Mutex(State())

  private struct State {
    var counts = ChangeCounts()
    /// The counts of pages, of all inventories.
    var outputs: [(name: String, count: Int)] = []
    var annotations = 0
    var leftOut = 0
  }

  /// GitHub shows ten annotations of each kind for a step, and fifty for a job.
  static let mostAnnotations = 50

  init(_ settings: ReportSettings, _ output: Output) {
    text = TextReport(settings, output)
    runner = settings.github
    self.output = output
    let pages = MarkdownPages(command: settings.command)
    self.pages = pages
    output.atEnd { [self] exit in end(exit) }
  }

  func validated(_ checks: [InventoryCheck]) {
    text.validated(checks)
    for check in checks {
      pages.add { $0.page(check) }
      annotate(DiagnosticText.sorted(check.diagnostics))
    }
  }

  func refused(_ check: InventoryCheck) {
    text.refused(check)
    pages.add { $0.page(check) }
    annotate(DiagnosticText.sorted(check.diagnostics))
  }

  func planned(_ plan: Plan, source: SourceText) {
    text.planned(plan, source: source)
    pages.add { $0.page(plan, source: source) }
    note(ChangeCounts(plan))
    annotate(plan.warnings + plan.changes.flatMap(Self.diagnostics), SecretSendText.new(plan.changes))
  }

  func saved(_ plan: SavedPlan, to path: String) { text.saved(plan, to: path) }

  func proposed(_ plan: Plan, source: SourceText, isAsking: Bool) {
    text.proposed(plan, source: source, isAsking: isAsking)
  }

  func declined(_ plan: Plan) { text.declined(plan) }

  func happened(_ event: RunEvent) { text.happened(event) }

  func applied(_ run: RunResult, source: SourceText, isPlanShown: Bool) {
    text.applied(run, source: source, isPlanShown: isPlanShown)
    pages.add { $0.page(run, source: source) }
    note(ChangeCounts(run))
    let ofServers = run.results.flatMap { result in
      var change = result.change
      if change.error == nil, result.outcome == .failed { change.error = result.error }
      return Self.diagnostics(change) + result.warnings
    }
    annotate(
      [run.error].compactMap(\.self) + run.plan.warnings + run.warnings + ofServers,
      SecretSendText.new(run.results.map(\.change)))
  }

  func presented(_ result: any Presentable) {
    text.presented(result)
    guard let result = result as? any MarkdownPresentable else { return }
    pages.add { result.page($0) }
    annotate(result.notes, attentions: result.attentions)
    state.withLock { state in
      for output in result.outputs {
        if let index = state.outputs.firstIndex(where: { $0.name == output.name }) {
          state.outputs[index].count += output.count
        } else {
          state.outputs.append(output)
        }
      }
    }
  }

  func failed(_ error: Diagnostic, source: SourceText) {
    text.failed(error, source: source)
    pages.add { $0.page(error, source: source) }
    annotate([error])
  }

  func ended(_ ends: [InventoryEnd]) { text.ended(ends) }

  // MARK: What a runner reads

  /// A diagnostic without a place gets the place of its server.
  private static func diagnostics(_ change: Change) -> [Diagnostic] {
    ([change.error].compactMap(\.self) + change.warnings).map { $0.placed(at: change.location) }
  }

  /// New places of secrets first, each once, then errors, so that the limit leaves out warnings.
  private func annotate(
    _ diagnostics: [Diagnostic], _ sends: [SecretSendText.New] = [], attentions: [ServerAttention] = []
  ) {
    let diagnostics = SharedObstacles.joined(diagnostics)
    let sorted: [[String]] = [
      sends.filter(\.isFirst).map { annotation($0) },
      diagnostics.filter { $0.severity == .error }.map { annotation($0) },
      attentions.map { WorkflowCommand.annotation($0, path: runner.path, redact: output.redactor.redact) },
      sends.filter { !$0.isFirst }.map { annotation($0) },
      diagnostics.filter { $0.severity == .warning }.map { annotation($0) },
    ]
    let annotations = sorted.flatMap(\.self)
    let room = state.withLock { state -> Int in
      let room = min(annotations.count, Self.mostAnnotations - state.annotations)
      state.annotations += room
      state.leftOut += annotations.count - room
      return room
    }
    output.text(annotations.prefix(room).joined())
  }

  private func annotation(_ diagnostic: Diagnostic) -> String {
    WorkflowCommand.annotation(diagnostic, path: runner.path, redact: output.redactor.redact)
  }

  private func annotation(_ new: SecretSendText.New) -> String {
    WorkflowCommand.annotation(new, path: runner.path, redact: output.redactor.redact)
  }

  private func note(_ counts: ChangeCounts) { state.withLock { $0.counts.add(counts) } }

  private func end(_ exit: ToolExit) {
    let state = state.withLock { $0 }
    if state.leftOut > 0 {
      output.text(WorkflowCommand.notice("\(state.leftOut) more errors and warnings are in the log only"))
    }
    if let file = runner.stepSummary {
      let bytes = output.redactor.redact(Array((pages.text + "\n").utf8))
      append(bytes, to: file, limit: GitHubRunner.summaryLimit, called: "the job's summary")
    }
    if let file = runner.outputs {
      // Only names and numbers that mcpauth writes: no value contains a line end.
      let isRun = state.outputs.isEmpty
      let counts = isRun ? state.counts.members : state.outputs.map { ($0.name, $0.count) }
      let lines = counts.map { "\($0.0)=\($0.1)\n" }.joined()
      let head = isRun ? "has_changes=\(state.counts.hasChanges)\n" : ""
      let text = head + lines + "exit_code=\(exit.rawValue)\n"
      append(Array(text.utf8), to: file, limit: 64 << 20, called: "the step's outputs")
    }
  }

  private func append(_ bytes: [UInt8], to file: String, limit: Int, called name: String) {
    do throws(AppendedFile.Problem) {
      try runner.append(file, bytes, limit)
    } catch {
      output.text("warning: \(name) cannot be written to '\(Printable.line(file))': \(error.reason)\n", to: .error)
    }
  }
}
