import MCPAuthCore
import Synchronization

/// Decides after how many durable effects the process is dead. An effect is a write to a store, or an action of a server. Later effects do not
/// happen, whatever the dead process still tries. So a test can leave every prefix of a run's effects behind.
final class Fate: Sendable {
  private struct State {
    var left: Int?
    var done: [String] = []
    var failures: [String: Int] = [:]
  }

  private let state = Mutex(State())

  /// All effects so far, oldest first: `append intent`, `POST https://…`, `put linear`, `writeLock`.
  var effects: [String] { state.withLock(\.done) }

  func forgetEffects() { state.withLock { $0.done = [] } }

  /// Kills the process after this number of further effects; nil: the process lives.
  func dieAfter(_ effects: Int?) { state.withLock { $0.left = effects } }

  /// Lets the effect succeed this number of times and then fail every time, until `heal`. The process lives on.
  func fail(_ effect: String, after times: Int = 0) { state.withLock { $0.failures[effect] = times } }

  func heal() { state.withLock { $0.failures = [:] } }

  var isDead: Bool { state.withLock { $0.left == 0 } }

  /// - Returns: whether the effect happens.
  func act(_ effect: String, kind: String) -> Bool {
    state.withLock { state in
      if state.left == 0 { return false }
      if let times = state.failures[kind] {
        if times == 0 { return false }
        state.failures[kind] = times - 1
      }
      if let left = state.left { state.left = left - 1 }
      state.done.append(effect)
      return true
    }
  }

  /// - Throws: `store-failed` if the effect does not happen.
  func store(_ effect: String, kind: String) throws(Diagnostic) {
    guard act(effect, kind: kind) else { throw Diagnostic(.error, .storeFailed, "\(effect) failed: no space left") }
  }
}
