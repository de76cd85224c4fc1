import MCPAuthCore
import MCPAuthPlan

/// The lock as it grows during a run: all changes to it go through here, the journal line first where a request was made.
actor LockKeeper {
  private let state: any StateStore
  private(set) var lock: Lock
  private var changesSinceWrite = 0
  /// Why nothing can be stored any more: no other registration may begin then (reliability 1).
  private(set) var failure: Diagnostic?

  /// The lock file is written each time this many entries have changed, and at the end.
  private static let writesEvery = 1000

  init(state: any StateStore, lock: Lock) {
    self.state = state
    self.lock = lock
  }

  var lineage: String { lock.lineage }

  /// Notes lines in the journal, durably.
  func append(_ events: [JournalEvent]) async throws(Diagnostic) {
    do throws(Diagnostic) {
      try await state.append(events, lineage: lock.lineage)
    } catch {
      fail(error)
      throw error
    }
  }

  func fail(_ diagnostic: Diagnostic) {
    if failure == nil { failure = diagnostic }
  }

  /// Puts an entry in place of the server's; the client of the old one goes on the orphans' list.
  func set(_ entry: LockEntry, for server: String, orphan: Orphan?) async throws(Diagnostic) {
    lock.servers[server] = entry
    if let orphan { lock.orphans.add(orphan) }
    try await changed()
  }

  func remove(_ server: String, orphan: Orphan?) async throws(Diagnostic) {
    lock.servers[server] = nil
    if let orphan { lock.orphans.add(orphan) }
    try await changed()
  }

  /// `moved_from`: the same client under another name.
  func move(_ old: String, to new: String) async throws(Diagnostic) {
    lock.servers[new] = lock.servers.removeValue(forKey: old)
    try await changed()
  }

  func add(_ orphan: Orphan) async throws(Diagnostic) {
    lock.orphans.add(orphan)
    try await changed()
  }

  func settle(_ orphan: Orphan) {
    lock.orphans.removeAll { $0 == orphan }
    changesSinceWrite += 1
  }

  func replace(_ orphan: Orphan, with other: Orphan) {
    guard let index = lock.orphans.firstIndex(of: orphan) else { return }
    lock.orphans[index] = other
    changesSinceWrite += 1
  }

  /// The unknown outcomes of a server no longer block it; the clients may still be there, so the lines stay.
  func markRetried(_ server: String) -> [Orphan] {
    var marked: [Orphan] = []
    for index in lock.orphans.indices
    where lock.orphans[index].server == server && lock.orphans[index].reason == .outcomeUnknown
      && !lock.orphans[index].retried
    {
      lock.orphans[index].retried = true
      marked.append(lock.orphans[index])
    }
    return marked
  }

  private func changed() async throws(Diagnostic) {
    changesSinceWrite += 1
    if changesSinceWrite >= Self.writesEvery { try await write() }
  }

  /// Writes the lock file; nothing where it would hold what it holds.
  func write() async throws(Diagnostic) {
    changesSinceWrite = 0
    do throws(Diagnostic) {
      try await state.writeLock(LockCodec.encode(lock), lineage: lock.lineage)
    } catch {
      fail(error)
      throw error
    }
  }
}
