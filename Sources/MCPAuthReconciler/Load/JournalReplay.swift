import MCPAuthCore
import MCPAuthPlan

/// Applies a journal to its lock (Reliability#Journal). It is a pure function. The result is the same whether the lock file was written before or
/// after the journal lines, because a run can end between the two.
struct JournalReplay: Equatable {
  var entries: [String: LockEntry]
  var orphans: [Orphan]
  /// Servers whose entry is not the one in the lock.
  var recovered: Set<String> = []
  /// Intents without a closing line, oldest first.
  var open: [JournalEvent.Intent] = []
  /// Clients that were removed from the orphans' list: their records are removed with them, unless an entry uses the client.
  var gone: [Orphan] = []

  private var intents: [String: JournalEvent.Intent] = [:]
  private var order: [String] = []

  /// - Parameter now: the time for an orphan whose own line is missing because a crash cut the journal.
  /// - Throws: `journal-foreign` for lines that replace an entry which the lock does not have.
  init(_ journal: Journal, onto lock: Lock?, now: Timestamp) throws(Diagnostic) {
    entries = lock?.servers ?? [:]
    orphans = lock?.orphans ?? []
    try Self.refuseForeign(journal, lock)
    for event in journal.events { fold(event, now: now) }
    dropOrphansInUse(but: lock?.orphans ?? [])
    open = order.compactMap { intents[$0] }
    recovered = recovered.filter { entries[$0] != lock?.servers[$0] && entries[$0] != nil }
  }

  private mutating func fold(_ event: JournalEvent, now: Timestamp) {
    switch event {
    case .intent(let intent):
      intents[intent.id] = intent
      order.append(intent.id)
    case .failed(let id):
      intents[id] = nil
    case .unknown(let id):
      if let intent = intents.removeValue(forKey: id) { orphans.add(Orphan(unknown: intent)) }
    case .registered(let id, let server, let entry):
      if let id { intents[id] = nil }
      // A later entry of the server resolves a read or an update that got no answer.
      settleCalls(of: server)
      adopt(entry, for: server, now: now)
    case .removed(let server):
      settleCalls(of: server)
      guard let old = entries.removeValue(forKey: server) else { return }
      // If an entry under another name has the client, the server was renamed: the client is not an orphan.
      let isKept = entries.values.contains { $0.clientID == old.clientID && $0.issuer == old.issuer }
      if !isKept { orphans.retire(old, of: server, reason: .removed, since: now) }
    case .orphaned(let orphan):
      orphans.add(orphan)
    case .settled(let server, let issuer, let clientID):
      orphans.removeAll { $0.server == server && $0.issuer == issuer && $0.clientID == clientID }
      gone.append(
        Orphan(
          server: server, issuer: issuer, clientID: clientID, reason: .removed, since: now, managed: false))
    }
  }

  /// Removes orphans whose client is in use. This happens when the lock was written after the lines: the lines did not know its later clients yet.
  mutating func dropOrphansInUse(but known: [Orphan]) {
    orphans.removeAll { orphan in
      !known.contains(orphan)
        && entries.values.contains {
          $0.clientID == orphan.clientID && $0.issuer == orphan.issuer && !$0.isLost
        }
    }
  }

  private mutating func settleCalls(of server: String) {
    for (id, intent) in intents where intent.server == server && intent.call != .register { intents[id] = nil }
  }

  /// Sets the server's entry, and puts its old client on the orphans' list.
  mutating func adopt(_ entry: LockEntry, for server: String, now: Timestamp) {
    if let old = entries[server], !entry.hasClient(of: old) {
      orphans.retire(old, of: server, reason: .replaced, since: entry.registeredAt ?? now)
    }
    entries[server] = entry
    recovered.insert(server)
  }

  /// Another branch was checked out, or an old journal was restored: such lines are reported and refused, never applied.
  private static func refuseForeign(_ journal: Journal, _ lock: Lock?) throws(Diagnostic) {
    guard !journal.events.isEmpty else { return }
    if let lock, let lineage = journal.lineage, lineage != lock.lineage {
      throw foreign("it belongs to another lock file (lineage \(shown(lineage)), not \(shown(lock.lineage)))")
    }
    var intents: [String: JournalEvent.Intent] = [:]
    for case .intent(let intent) in journal.events { intents[intent.id] = intent }
    for case .registered(let id?, let server, let entry) in journal.events {
      guard let intent = intents[id], intent.server == server, intent.issuer == entry.issuer else {
        throw foreign("a line about '\(shown(server))' fits no request that it says was begun")
      }
    }
    let failed = Set(journal.events.compactMap { if case .failed(let id) = $0 { id } else { nil } })
    var seen: [String: States] = [:]
    for event in journal.events {
      switch event {
      case .intent(let intent) where !failed.contains(intent.id) && intent.call != .delete:
        seen[intent.server, default: States(first: intent.replacesDigest)].note(intent)
      case .registered(_, let server, let entry):
        // A server that is moved to this name had no entry before.
        seen[server, default: States(first: nil)].digests.insert(Fingerprint.of(entry.json))
      case .removed(let server):
        seen[server, default: States(first: nil)].digests.insert(nil)
      case .intent, .failed, .unknown, .orphaned, .settled: break
      }
    }
    for (server, states) in seen.sorted(by: { $0.key < $1.key }) {
      guard let intent = states.intent else { continue }
      let entry = lock?.servers[server]
      if states.digests.contains(entry.map { Fingerprint.of($0.json) }) { continue }
      // A run completed this entry from its record, and was interrupted before it could empty the journal.
      if let version = entry?.secretVersion, states.intents.contains(version) { continue }
      throw foreign(
        "a line of \(intent.time.rfc3339) about '\(shown(server))' at \(shown(intent.issuer)) changes an entry that this lock file does not have"
      )
    }
  }

  /// The entries that a server had one after the other, as far as the journal tells. The lock may have been written at any of these times.
  private struct States {
    var digests: Set<String?>
    var intents: Set<String> = []
    var intent: JournalEvent.Intent?

    init(first: String?) { digests = [first] }

    mutating func note(_ intent: JournalEvent.Intent) {
      intents.insert(intent.id)
      if self.intent == nil { self.intent = intent }
    }
  }

  /// Text of a journal or a lock file, which another user may have written.
  private static func shown(_ text: String) -> String { ForeignText.printable(text, limit: 256) }

  private static func foreign(_ what: String) -> Diagnostic {
    Diagnostic(
      .error, .journalForeign, "the journal of an earlier run does not belong to this lock file: \(what)",
      help: [
        "check out the lock file of the run that was broken off, and apply there",
        "if that run's clients are accounted for, move the journal away",
      ])
  }
}

extension Orphan {
  /// A client that may exist because its registration got no answer.
  init(unknown intent: JournalEvent.Intent) {
    self.init(
      server: intent.server, issuer: intent.issuer, clientID: nil, reason: .outcomeUnknown, since: intent.time,
      managed: false)
  }
}
