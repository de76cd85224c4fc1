import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput
import Synchronization

/// For people: results on standard output, everything else on standard error.
final class TextReport: Report {
  private let settings: ReportSettings
  private let output: Output
  private let narrator: ProgressReporter
  private let state = Mutex(State())

  private struct State {
    /// The servers whose line was already shown.
    var shown: Set<String> = []
    /// Whether there are so many changes that only failures have a line of their own.
    var isTerse = false
    /// How many failures there were of each cause.
    var failures: [FailureCause: Int] = [:]
    var sum = SeveralInventories()
    /// Whether no inventory was shown yet.
    var isFirst = true
  }

  /// With more changes than this, those that succeed have no line of their own.
  static let manyChanges = 200

  init(_ settings: ReportSettings, _ output: Output) {
    self.settings = settings
    self.output = output
    narrator = ProgressReporter(settings, output)
  }

  func validated(_ checks: [InventoryCheck]) {
    for check in checks {
      refused(check)
      guard let count = check.serverCount, !settings.isQuiet else { continue }
      output.text("\(Printable.line(check.source.file)): valid, \(count) server\(count == 1 ? "" : "s")\n")
    }
  }

  func refused(_ check: InventoryCheck) {
    note(check.diagnostics)
    let shown = settings.isQuiet ? check.diagnostics.filter { $0.severity == .error } : check.diagnostics
    output.text(settings.errorText.render(shown, in: check.source), to: .error)
  }

  func planned(_ plan: Plan, source: SourceText) {
    note(plan.changes.compactMap(\.error))
    begin()
    state.withLock { $0.sum.add(ChangeCounts(plan)) }
    output.text(settings.planText.render(plan, source: source))
  }

  func saved(_ plan: SavedPlan, to path: String) {
    guard !settings.isQuiet else { return }
    let command = Printable.line(plan.applyCommand(path: path))
    output.text("saved to \(Printable.line(path)); to apply exactly this plan: \(command)\n", to: .error)
  }

  func proposed(_ plan: Plan, source: SourceText, isAsking: Bool) {
    begin()
    state.withLock { $0.isTerse = plan.changes.count { $0.step != .nothing } > Self.manyChanges }
    // A user who is asked needs to see the plan.
    var text = settings.planText
    text.isQuiet = settings.isQuiet && !isAsking
    // Blocked servers are shown again with the result.
    guard !text.isQuiet else { return }
    output.text(text.render(plan, source: source) + "\n")
  }

  func declined(_ plan: Plan) {
    output.text("\(name): cancelled, nothing was done\n", to: .error)
  }

  func happened(_ event: RunEvent) {
    narrator.happened(event)
    if case .applied(let result) = event { show(result, refusal: nil) }
  }

  func applied(_ run: RunResult, source: SourceText, isPlanShown: Bool) {
    note(run.results.compactMap(\.error) + [run.error].compactMap(\.self))
    state.withLock { $0.sum.add(ChangeCounts(run)) }
    if !isPlanShown { proposed(run.plan, source: source, isAsking: false) }
    for result in run.results { show(result, refusal: run.error) }
    let errors = ApplyText(style: settings.errorStyle, width: settings.width, wrap: settings.errorWrap)
    output.text(errors.diagnostics(run, source: source, isQuiet: settings.isQuiet), to: .error)
    output.text(applyText.summary(run))
  }

  func committable(_ paths: [String]) {
    guard !settings.isQuiet else { return }
    let command = (Self.gitAdd(paths) + paths.map(PastedText.shell)).joined(separator: " ")
    // With a character that cannot be printed, the command would name another file.
    guard Printable.line(command) == command else { return }
    output.text("to commit what changed: \(command)\n", to: .error)
  }

  /// git reads a path as a pattern if it begins with a colon or has one of the signs of a glob, and as an option if it begins with a hyphen.
  private static func gitAdd(_ paths: [String]) -> [String] {
    let isPattern = paths.contains { path in
      path.hasPrefix(":") || path.hasPrefix("-") || path.utf8.contains { byte in "*?[\\".utf8.contains(byte) }
    }
    return isPattern ? ["git", "--literal-pathspecs", "add", "--"] : ["git", "add"]
  }

  func presented(_ result: any Presentable) {
    note(result.notes)
    let notes = settings.isQuiet ? result.notes.filter { $0.severity == .error } : result.notes
    output.text(DiagnosticText.joined(notes).map { settings.errorText.render($0, mask: nil) }.joined(), to: .error)
    if settings.areSeveral, let file = result.document["inventory"]?.string {
      begin()
      output.text(settings.style(Printable.line(file), .bold) + ":\n")
    }
    output.text(result.text(settings))
  }

  func ended(_ ends: [InventoryEnd]) {
    output.text(state.withLock { $0.sum }.text(ends, style: settings.style))
  }

  /// An empty line between two inventories. Each has its own servers.
  private func begin() {
    guard settings.areSeveral else { return }
    let isFirst = state.withLock { state in
      state.shown = []
      state.failures = [:]
      defer { state.isFirst = false }
      return state.isFirst
    }
    if !isFirst { output.text("\n") }
  }

  func failed(_ error: Diagnostic, source: SourceText) {
    note([error])
    output.text(settings.errorText.render(error, mask: SourceMask(source, diagnostics: [])), to: .error)
  }

  private func note(_ diagnostics: [Diagnostic]) {
    if !settings.isQuiet { output.errors.note(diagnostics) }
  }

  private func show(_ result: ChangeResult, refusal: Diagnostic?) {
    // In a refused run each server has the same error: the summary names them.
    if result.outcome == .skipped, refusal != nil { return }
    let isTerse = state.withLock { state -> Bool? in
      state.shown.insert(result.change.server).inserted ? state.isTerse : nil
    }
    guard let isTerse, result.outcome != .done || !(settings.isQuiet || isTerse), !isRepeated(result) else { return }
    output.text(applyText.line(result))
  }

  /// Whether there were a few failures with the same cause already. The summary names the server.
  private func isRepeated(_ result: ChangeResult) -> Bool {
    guard result.outcome == .failed, result.change.action != .blocked, let error = result.error else { return false }
    let cause = FailureCause(error, of: result.change.server)
    return state.withLock { state -> Bool in
      state.failures[cause, default: 0] += 1
      return state.failures[cause, default: 0] > FailureCause.few
    }
  }

  private var name: String { settings.command.isEmpty ? "apply" : settings.command }

  private var applyText: ApplyText {
    ApplyText(style: settings.style, width: settings.width, wrap: settings.wrap, command: name)
  }
}
