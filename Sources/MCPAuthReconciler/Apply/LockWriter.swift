import MCPAuthCore
import MCPAuthPlan

/// The lock during a run. All changes to it are made here. Where a request was made, the journal line is written first.
actor LockWriter {
  private let state: any StateStore
  private(set) var lock: Lock
  /// The content of the lock file; nil when there is no lock file.
  private(set) var written: Lock?
  private var changesSinceWrite = 0
  /// Why nothing can be stored any more. After this no registration may begin (Reliability#Order-of-writes).
  private(set) var failure: Diagnostic?

  /// The lock file is written each time this many entries, and at least half of all, have changed, and at the end. If only the number counted, a run
  /// with ten times as many new servers would write a hundred times as much.
  private static let writesEvery = 1000

  /// Entries that are written to the lock only after discovery or the inventory has confirmed their endpoints.
  private var unconfirmed: [String: UnconfirmedEntry]

  /// The open intents; nil while the journal has lines of an earlier run, because then it has to be read.
  private var intents: OpenIntents?
  /// Whether lines were appended since then.
  private var hasNewLines = false

  /// - Parameter hasJournal: whether the journal has lines.
  init(
    state: any StateStore, lock: Lock, written: Lock?, unconfirmed: [String: UnconfirmedEntry] = [:],
    hasJournal: Bool
  ) {
    self.state = state
    self.lock = lock
    self.written = written
    self.unconfirmed = unconfirmed
    if !hasJournal { intents = OpenIntents() }
  }

  var lineage: String { lock.lineage }

  /// The entries of the lock, and those that are not confirmed yet. A client of one of them is never deleted.
  var usedEntries: [(server: String, entry: LockEntry)] {
    lock.servers.map { (server: $0.key, entry: $0.value) } + unconfirmed.map { (server: $0.key, entry: $0.value.entry) }
  }

  /// Appends lines to the journal, durably.
  func append(_ events: [JournalEvent]) async throws(Diagnostic) {
    do throws(Diagnostic) {
      try await state.append(events, lineage: lock.lineage)
      for event in events { intents?.fold(event) }
      hasNewLines = true
    } catch {
      if !Self.concernsOneServer(error) { fail(error) }
      throw error
    }
  }

  /// Whether the store works, and another run or a person has decided about this server.
  private static func concernsOneServer(_ error: Diagnostic) -> Bool {
    [.locked, .intentSettled, .interrupted].contains(error.code)
  }

  /// Several runs share the store: an append changes the entries at once, and no lock file is written.
  private var shared: (any SharedStateStore)? { state as? any SharedStateStore }

  func fail(_ diagnostic: Diagnostic) {
    if failure == nil { failure = diagnostic }
  }

  /// Replaces the server's entry. The client of the old entry goes on the orphans' list.
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

  /// The server's recovered entry was planned and is now replaced in the lock: adds the client that it had replaced to the orphans' list.
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

  func replace(_ orphan: Orphan, with other: Orphan) async throws(Diagnostic) {
    guard let index = lock.orphans.firstIndex(of: orphan) else { return }
    if shared != nil { try await append([.orphaned(other)]) }
    guard lock.orphans.indices.contains(index), lock.orphans[index] == orphan else { return }
    lock.orphans[index] = other
    changesSinceWrite += 1
  }

  /// The time of an intent. A client whose registration got no answer is identified only by this time, so it must be unique: a registration that is
  /// retried within the same second gets a time one second later.
  func time(ofIntentFor server: String, now: Timestamp) -> Timestamp {
    let last = lock.orphans.filter { $0.server == server && $0.reason == .outcomeUnknown }.map(\.since).max()
    guard let last, last >= now else { return now }
    return Timestamp(seconds: last.seconds + 1)
  }

  /// Marks the unknown outcomes of a server as retried: they block it no longer. The lines stay, because the clients may still exist.
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

  /// The command of the secret store that this run used. A plan runs no other one (SecretStores#Programs).
  func note(secretsCommand: [String]?) {
    lock.secretsCommand = secretsCommand
  }

  private func changed() async throws(Diagnostic) {
    changesSinceWrite += 1
    if changesSinceWrite >= Self.writesEvery, changesSinceWrite * 2 >= lock.servers.count { try await write() }
  }

  /// Writes the lock file, unless its content would not change.
  func write() async throws(Diagnostic) {
    changesSinceWrite = 0
    let lock = lock
    guard lock != written else { return }
    do throws(Diagnostic) {
      if let shared {
        try await shared.note(secretsCommand: lock.secretsCommand)
        written = lock
        return
      }
      try await state.writeLock(LockCodec.encode(lock), lineage: lock.lineage)
      written = lock
    } catch {
      fail(error)
      throw error
    }
  }

  /// Empties the journal after everything in it is in the lock file.
  ///
  /// While a registration is open, the journal stays unchanged: the next run completes the registration from its record, or reports its outcome as
  /// unknown. Reads and updates that are still open are recorded only in the journal, so their lines are kept.
  func emptyJournal(now: Timestamp) async throws(Diagnostic) {
    // If nothing can be written any more, nothing may be removed either: the lines that stay would have to be written again.
    guard let written, failure == nil, !hasUnconfirmedLines, shared == nil else { return }
    var journal: Journal?
    let open: [JournalEvent.Intent]
    if let intents {
      guard hasNewLines else { return }
      open = intents.requests
    } else {
      let read = try await state.readJournal()
      guard !read.events.isEmpty else { return }
      open = try JournalReplay(read, onto: written, now: now).open
      journal = read
    }
    let kept = open.filter { $0.call != .delete }
    guard !kept.contains(where: { $0.call == .register }) else { return }
    try await emptyJournal(journal, keeping: kept)
  }

  /// Whether the journal has entries that must not be written to the lock file yet.
  var hasUnconfirmedLines: Bool { unconfirmed.values.contains(where: \.isJournaled) }

  /// - Parameters:
  ///   - journal: the journal, if it was read: it is not written again with the same lines.
  ///   - open: the intents that stay in the journal.
  func emptyJournal(_ journal: Journal?, keeping open: [JournalEvent.Intent]) async throws(Diagnostic) {
    let rest = open.map(JournalEvent.intent)
    if journal?.events != rest { try await state.emptyJournal(keeping: rest, lineage: lock.lineage) }
    intents = OpenIntents(rest)
    hasNewLines = false
  }
}
