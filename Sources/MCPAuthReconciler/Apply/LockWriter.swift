import MCPAuthCore
import MCPAuthPlan

/// The lock as it grows during a run: all changes to it go through here, the journal line first where a request was made.
actor LockWriter {
  private let state: any StateStore
  private(set) var lock: Lock
  /// What the lock file holds; nil when there is none.
  private(set) var written: Lock?
  private var changesSinceWrite = 0
  /// Why nothing can be stored any more: no other registration may begin then (Reliability#Order-of-writes).
  private(set) var failure: Diagnostic?

  /// The lock file is written each time this many entries have changed, and at the end.
  private static let writesEvery = 1000

  /// Entries that go into the lock only when discovery or the inventory has given their endpoints again.
  private var unconfirmed: [String: UnconfirmedEntry]

  init(state: any StateStore, lock: Lock, written: Lock?, unconfirmed: [String: UnconfirmedEntry] = [:]) {
    self.state = state
    self.lock = lock
    self.written = written
    self.unconfirmed = unconfirmed
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
    settleUnconfirmed(server)
    lock.servers[server] = entry
    if let orphan { lock.orphans.add(orphan) }
    try await changed()
  }

  func remove(_ server: String, orphan: Orphan?) async throws(Diagnostic) {
    settleUnconfirmed(server)
    lock.servers[server] = nil
    if let orphan { lock.orphans.add(orphan) }
    try await changed()
  }

  /// `moved_from`: the same client under another name.
  func move(_ old: String, to new: String) async throws(Diagnostic) {
    lock.servers[new] = lock.servers.removeValue(forKey: old)
    if let recovered = unconfirmed.removeValue(forKey: old) { unconfirmed[new] = recovered }
    try await changed()
  }

  /// The lock gets an entry of the server that was planned with what was recovered.
  private func settleUnconfirmed(_ server: String) {
    guard let recovered = unconfirmed.removeValue(forKey: server), let retired = recovered.retired else { return }
    lock.orphans.add(retired)
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

  /// The time of an intent. A client that may have been left behind is known by nothing but its time, which must be its own: a registration that is
  /// retried within the second of the one before it counts as begun a second later.
  func time(ofIntentFor server: String, now: Timestamp) -> Timestamp {
    let last = lock.orphans.filter { $0.server == server && $0.reason == .outcomeUnknown }.map(\.since).max()
    guard let last, last >= now else { return now }
    return Timestamp(seconds: last.seconds + 1)
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
    let lock = lock
    guard lock != written else { return }
    do throws(Diagnostic) {
      try await state.writeLock(LockCodec.encode(lock), lineage: lock.lineage)
      written = lock
    } catch {
      fail(error)
      throw error
    }
  }

  /// Empties the journal, once the lock file says all that it says.
  ///
  /// A registration that is still open keeps it as it is: the next run completes it from its record, or calls its outcome unknown. Reads and
  /// updates that are still open are known from the journal alone, and stay in it.
  func emptyJournal(now: Timestamp) async throws(Diagnostic) {
    // What cannot be written any more must not be taken away either: what stays is written again.
    guard let written, failure == nil, !hasUnconfirmedLines else { return }
    let journal = try await state.readJournal()
    guard !journal.events.isEmpty else { return }
    let open = try JournalReplay(journal, onto: written, now: now).open.filter { $0.call != .delete }
    guard !open.contains(where: { $0.call == .register }) else { return }
    try await emptyJournal(journal, keeping: open)
  }

  /// Whether the journal has entries that the lock file must not have yet.
  var hasUnconfirmedLines: Bool { unconfirmed.values.contains(where: \.isJournaled) }

  /// - Parameter open: what stays.
  func emptyJournal(_ journal: Journal, keeping open: [JournalEvent.Intent]) async throws(Diagnostic) {
    let rest = open.map(JournalEvent.intent)
    guard journal.events != rest else { return }
    try await state.emptyJournal(keeping: rest, lineage: lock.lineage)
  }
}
