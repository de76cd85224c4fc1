internal import MCPAuthCore

/// The authorization servers' documents that were fetched, and those that are being fetched (`protocol 1`: once a run, shared by all servers of
/// that issuer).
actor DocumentShelf {
  /// What an answer is good for.
  struct Key: Hashable, Sendable {
    var url: CheckedURL
    var provenance: HTTPRequest.Provenance
    var allowance: AddressAllowance
    var plaintext: CheckedURL.Plaintext
  }

  enum Claim: Sendable {
    case answer(MetadataAnswer)
    /// Fetch it, then `settle` or `abandon` it.
    case lead
    /// Somebody is fetching it: `join`.
    case follow
  }

  private enum Entry {
    case settled(MetadataAnswer)
    case underWay(followers: [Int: CheckedContinuation<MetadataAnswer?, Never>])
  }

  private var entries: [Key: Entry] = [:]
  private var pausing: Set<Key> = []
  private var pauses: [Key: Int] = [:]
  private var lastFollower = 0

  func claim(_ key: Key) -> Claim {
    switch entries[key] {
    case .settled(let answer): return .answer(answer)
    case .underWay: return .follow
    case nil:
      entries[key] = .underWay(followers: [:])
      return .lead
    }
  }

  /// The leader's answer: for those who wait in any case, for those who come later only if it says something of the server.
  func settle(_ key: Key, _ answer: MetadataAnswer) {
    end(key, with: answer, leaving: answer.isSettled ? .settled(answer) : nil)
  }

  /// The leader has none, for reasons of its own: one of those who wait takes over.
  func abandon(_ key: Key) { end(key, with: nil, leaving: nil) }

  /// Waits for the leader. nil: claim again, for there is none any more, or the task was cancelled.
  func join(_ key: Key) async -> MetadataAnswer? {
    lastFollower += 1
    let id = lastFollower
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard !Task.isCancelled, case .underWay(var followers) = entries[key] else {
          continuation.resume(returning: nil)
          return
        }
        followers[id] = continuation
        entries[key] = .underWay(followers: followers)
      }
    } onCancel: {
      Task { await leave(key, id) }
    }
  }

  /// The document's server asked the leader to wait: that is no follower's time either.
  func beginPause(_ key: Key) {
    pausing.insert(key)
    pauses[key, default: 0] += 1
  }

  func endPause(_ key: Key) { pausing.remove(key) }

  /// How many such pauses were begun, and whether one is on.
  func pauses(_ key: Key) -> (begun: Int, isOn: Bool) { (pauses[key] ?? 0, pausing.contains(key)) }

  private func leave(_ key: Key, _ id: Int) {
    guard case .underWay(var followers) = entries[key] else { return }
    followers.removeValue(forKey: id)?.resume(returning: nil)
    entries[key] = .underWay(followers: followers)
  }

  private func end(_ key: Key, with answer: MetadataAnswer?, leaving entry: Entry?) {
    guard case .underWay(let followers) = entries[key] else { return }
    entries[key] = entry
    for follower in followers.values { follower.resume(returning: answer) }
  }
}
