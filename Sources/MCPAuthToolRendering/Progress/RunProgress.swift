import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput

/// The progress of a run. It receives each event and returns the text.
struct RunProgress: Sendable {
  enum Phase: String, Sendable {
    case looking = "looking at servers"
    case applying
  }

  private(set) var phase: Phase?
  private(set) var total = 0
  private(set) var done = 0
  private(set) var failed = 0
  /// Changes that other runs make, or have made.
  private(set) var elsewhere = 0
  private var underWay: [String] = []
  /// The time until which no request is sent for a server, in milliseconds.
  private var waits: [String: Int] = [:]

  /// - Parameter now: in milliseconds, of any clock.
  mutating func note(_ event: RunEvent, now: Int) {
    switch event {
    case .looking(let servers): begin(.looking, servers)
    case .beginning(let changes): begin(.applying, changes)
    case .discovering(let server), .applying(let server): underWay.append(server)
    case .discovered(let server, let problem): end(server, isFailed: problem != nil)
    case .applied(let result):
      // Servers without work, and those that were blocked before, are not counted.
      guard underWay.contains(result.change.server) || result.change.step != .nothing else { return }
      end(result.change.server, isFailed: result.outcome == .failed)
      if result.outcome == .elsewhere { elsewhere += 1 }
    case .waiting(let server, let milliseconds): if let server { waits[server] = now + milliseconds }
    case .requested(let server, _): if let server { waits[server] = nil }
    case .decided: break
    }
  }

  private mutating func begin(_ phase: Phase, _ total: Int) {
    self = RunProgress()
    self.phase = phase
    self.total = total
  }

  private mutating func end(_ server: String, isFailed: Bool) {
    if let index = underWay.firstIndex(of: server) { underWay.remove(at: index) }
    waits[server] = nil
    done += 1
    if isFailed { failed += 1 }
  }

  var isOver: Bool { phase == nil || done >= total }

  /// `applying: 120 of 400 done, 3 failed, 32 under way`
  var line: String {
    guard let phase else { return "" }
    var parts = ["\(done) of \(total) done"]
    if elsewhere > 0 { parts.append("\(elsewhere) by other runs") }
    if failed > 0 { parts.append("\(failed) failed") }
    if !underWay.isEmpty { parts.append("\(underWay.count) under way") }
    return phase.rawValue + ": " + parts.joined(separator: ", ")
  }

  /// `asked to wait: linear 12 s, notion 4 s and 3 more`; nil when no server waits.
  func waitingLine(now: Int) -> String? {
    let open = waits.filter { $0.value > now }
    guard !open.isEmpty else { return nil }
    let longest = open.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return "asked to wait: "
      + Wrap.names(longest.map { "\(Printable.line($0.key)) \(($0.value - now + 999) / 1000) s" }, limit: 3)
  }

  /// One line or two, none wider than the terminal.
  func lines(now: Int, width: Int) -> [String] {
    let names = underWay.prefix(8).map(Printable.line).joined(separator: ", ")
    let first = line + (names.isEmpty ? "" : ": " + names + (underWay.count > 8 ? ", …" : ""))
    return [first, waitingLine(now: now)].compactMap { $0 }.map { DisplayWidth.cut($0, to: width - 1) }
  }
}
