import MCPAuth
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput
import Synchronization

/// Shows the progress of a run on standard error: drawn in place on a terminal, a line from time to time in a log, each request with `--verbose`.
final class ProgressReporter: Sendable {
  private let settings: ReportSettings
  private let output: Output
  private let uptime: @Sendable () -> Int
  private let state = Mutex(State())

  private struct State {
    var progress = RunProgress()
    /// When a line was last written, in milliseconds; at first the beginning of the phase.
    var told = 0
    var isInterruptionTold = false
    var ticker: Task<Void, Never>?
  }

  /// Milliseconds between two lines in a log, and before the first one.
  static let logPause = 10_000
  /// Milliseconds before something is drawn: a shorter run needs no progress.
  static let drawPause = 300

  init(
    _ settings: ReportSettings, _ output: Output,
    uptime: @escaping @Sendable () -> Int = DiscoveryEnvironment.milliseconds
  ) {
    self.settings = settings
    self.output = output
    self.uptime = uptime
    output.atEnd { [weak self] _ in self?.stop() }
  }

  /// Whether progress is shown: formats for programs have none.
  private var isTelling: Bool { !settings.isQuiet && (settings.drawsProgress || settings.format.isForPeople) }
  /// Each step has a line of its own instead.
  private var isVerbose: Bool { settings.isVerbose && settings.format != .ndjson }

  func happened(_ event: RunEvent) {
    if isVerbose { tellStep(event) }
    guard isTelling, !isVerbose else { return }
    let now = uptime()
    state.withLock { state in
      state.progress.note(event, now: now)
      switch event {
      case .looking, .beginning:
        state.told = now
        if state.ticker == nil { state.ticker = makeTicker() }
      default: break
      }
    }
    if state.withLock({ $0.progress.isOver }) { settle() }
  }

  /// Removes the drawn lines: the phase has ended, or other text follows.
  private func settle() {
    if settings.drawsProgress { output.status([]) }
  }

  private func stop() {
    state.withLock { state in
      state.ticker?.cancel()
      state.ticker = nil
      state.progress = RunProgress()
    }
    settle()
  }

  private func makeTicker() -> Task<Void, Never> {
    Task.detached { [weak self] in
      while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(100))
        guard !Task.isCancelled, let self else { return }
        self.tick()
      }
    }
  }

  /// Shows the progress if enough time has passed.
  func tick() {
    let now = uptime()
    let hasCome = settings.isInterrupted()
    // Written under the lock, so that the last drawing is the current state.
    state.withLock { state in
      guard !state.progress.isOver else { return }
      if hasCome {
        guard !state.isInterruptionTold else { return }
        state.isInterruptionTold = true
        settle()
        tell("interrupted: requests that have begun are completed; a second signal ends the run at once")
      } else if settings.drawsProgress {
        guard now - state.told >= Self.drawPause else { return }
        output.status(state.progress.lines(now: now, width: settings.width))
      } else if now - state.told >= Self.logPause {
        state.told = now
        let waiting = state.progress.waitingLine(now: now).map { "; " + $0 } ?? ""
        output.text(state.progress.line + waiting + "\n", to: .error)
      }
    }
  }

  // MARK: --verbose

  private func tellStep(_ event: RunEvent) {
    guard let line = Self.words(event) else { return }
    tell(line)
  }

  /// A line on standard error, wrapped to the terminal. A URL is not broken, so that it can be copied.
  private func tell(_ line: String) {
    let lines = settings.errorWrap.map { Wrap.lines(line, first: $0, rest: $0 - 2) } ?? [line]
    output.text(lines.joined(separator: "\n  ") + "\n", to: .error)
  }

  /// One line that begins with the server's name.
  static func words(_ event: RunEvent) -> String? {
    func told(_ server: String?, _ words: String) -> String { (server.map(Printable.line) ?? "run") + ": " + words }
    switch event {
    case .looking, .beginning: return nil
    case .discovering(let server): return told(server, "discovering")
    case .discovered(let server, let problem): return told(server, problem.map(\.rawValue) ?? "discovered")
    case .applying(let server): return told(server, "applying")
    case .applied(let result):
      guard result.change.step != .nothing else { return nil }
      return told(result.change.server, result.outcome.rawValue + (result.error.map { ", " + $0.code.rawValue } ?? ""))
    case .decided(let change):
      let reasons = change.reasons.map(\.name).joined(separator: ", ")
      return told(change.server, "decided: " + change.action.rawValue + (reasons.isEmpty ? "" : " (\(reasons))"))
    case .requested(let server, let record):
      let answer = record.status.map(String.init) ?? record.note.map(Printable.line) ?? "no answer"
      return told(server, "\(record.method) \(Printable.line(record.url)) \(answer)")
    case .waiting(let server, let milliseconds):
      return told(server, "waiting \((milliseconds + 999) / 1000) s before the next request")
    }
  }
}

extension OutputFormat {
  /// Whether people read standard error in this format, on a terminal or in a log.
  fileprivate var isForPeople: Bool {
    switch self {
    case .text, .github: true
    case .json, .markdown, .ndjson, .html, .sarif, .gitlab: false
    }
  }
}
