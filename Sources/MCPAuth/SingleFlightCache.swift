internal import MCPAuthCore

/// A cache that fetches each document once: the first caller fetches it, and all other callers wait for that answer (Discovery#Requests).
actor SingleFlightCache {
  /// Answers are shared only between requests with the same rules.
  struct Key: Hashable, Sendable {
    var url: CheckedURL
    var provenance: HTTPRequest.Provenance
    /// This also decides which http URLs are allowed.
    var allowance: AddressAllowance
  }

  enum Lookup: Sendable {
    case cached(MetadataAnswer)
    /// The caller must fetch the document, then call `complete` or `cancel`.
    case fetch
    /// Another caller is fetching it: call `result`.
    case wait
  }

  private enum Entry {
    case cached(MetadataAnswer)
    case fetching(waiters: [Int: CheckedContinuation<MetadataAnswer?, Never>])
  }

  private var entries: [Key: Entry] = [:]
  private var pausedKeys: Set<Key> = []
  private var pauseCounts: [Key: Int] = [:]
  private var lastWaiter = 0

  func lookup(_ key: Key) -> Lookup {
    switch entries[key] {
    case .cached(let answer): return .cached(answer)
    case .fetching: return .wait
    case nil:
      entries[key] = .fetching(waiters: [:])
      return .fetch
    }
  }

  /// Passes the answer to all waiting callers. Later callers get it too, unless it is transient.
  func complete(_ key: Key, _ answer: MetadataAnswer) {
    finish(key, with: answer, entry: answer.isSettled ? .cached(answer) : nil)
  }

  /// The fetching caller has no answer, for reasons that concern only that caller. One of the waiting callers fetches the document instead.
  func cancel(_ key: Key) { finish(key, with: nil, entry: nil) }

  /// Waits for the caller that fetches the document.
  ///
  /// - Returns: nil when no caller is fetching it any more, or when the task was cancelled: call `lookup` again.
  func result(_ key: Key) async -> MetadataAnswer? {
    lastWaiter += 1
    let id = lastWaiter
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard !Task.isCancelled, case .fetching(var waiters) = entries[key] else {
          continuation.resume(returning: nil)
          return
        }
        waiters[id] = continuation
        entries[key] = .fetching(waiters: waiters)
      }
    } onCancel: {
      Task { await removeWaiter(key, id) }
    }
  }

  /// The document's server asked the fetching caller to wait. That time does not count against the time limits of the waiting callers either.
  func beginPause(_ key: Key) {
    pausedKeys.insert(key)
    pauseCounts[key, default: 0] += 1
  }

  func endPause(_ key: Key) { pausedKeys.remove(key) }

  /// How many such pauses have begun, and whether one of them has not ended yet.
  func pauses(_ key: Key) -> (begun: Int, isPaused: Bool) { (pauseCounts[key] ?? 0, pausedKeys.contains(key)) }

  private func removeWaiter(_ key: Key, _ id: Int) {
    guard case .fetching(var waiters) = entries[key] else { return }
    waiters.removeValue(forKey: id)?.resume(returning: nil)
    entries[key] = .fetching(waiters: waiters)
  }

  private func finish(_ key: Key, with answer: MetadataAnswer?, entry: Entry?) {
    guard case .fetching(let waiters) = entries[key] else { return }
    entries[key] = entry
    for waiter in waiters.values { waiter.resume(returning: answer) }
  }
}
