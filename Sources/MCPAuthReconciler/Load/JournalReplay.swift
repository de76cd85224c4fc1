import MCPAuthCore
import MCPAuthPlan

/// Folds a journal into the lock it belongs to (reliability 1): a pure function, and the same whether the lock was written before or
/// after the lines that are folded in, for a run can end between the two.
struct JournalReplay: Equatable {
  var entries: [String: LockEntry]
  var orphans: [Orphan]
  /// Servers whose entry is not the lock's.
  var recovered: Set<String> = []
  /// Intents that no line closes, oldest first.
  var open: [JournalEvent.Intent] = []

  private var intents: [String: JournalEvent.Intent] = [:]
  private var order: [String] = []

  /// - Parameter now: since when a client is an orphan whose own line was torn off.
  /// - Throws: `journal-foreign` for lines that replace an entry which is not the lock's.
  init(_ journal: Journal, onto lock: Lock?, now: Timestamp) throws(Diagnostic) {
    entries = lock?.servers ?? [:]
    orphans = lock?.orphans ?? []
    try Self.refuseForeign(journal, lock)
    for event in journal.events { fold(event, now: now) }
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
      // A read or an update that never got its answer is settled by what came later.
      for (other, intent) in intents where intent.server == server && intent.call != .register { intents[other] = nil }
      adopt(entry, for: server, now: now)
    case .removed(let server):
      guard let old = entries.removeValue(forKey: server) else { return }
      // It may have moved to another name: then it is nobody's orphan.
      let isKept = entries.values.contains { $0.clientID == old.clientID && $0.issuer == old.issuer }
      if !isKept { orphans.retire(old, of: server, reason: .removed, since: now) }
    case .orphaned(let orphan):
      orphans.add(orphan)
    case .settled(let server, let issuer, let clientID):
      orphans.removeAll { $0.server == server && $0.issuer == issuer && $0.clientID == clientID }
    }
  }

  /// Takes an entry for the server's, and leaves its old client on the orphans' list.
  mutating func adopt(_ entry: LockEntry, for server: String, now: Timestamp) {
    if let old = entries[server], old.clientID != entry.clientID || old.issuer != entry.issuer {
      orphans.retire(old, of: server, reason: .replaced, since: entry.registeredAt ?? now)
    }
    entries[server] = entry
    recovered.insert(server)
  }

  /// Another branch was checked out, or an old journal came back: such lines are shown and refused, never folded in.
  private static func refuseForeign(_ journal: Journal, _ lock: Lock?) throws(Diagnostic) {
    guard !journal.events.isEmpty else { return }
    if let lock, let lineage = journal.lineage, lineage != lock.lineage {
      throw foreign("it belongs to another lock file (lineage \(lineage), not \(lock.lineage))")
    }
    var made: [String: Set<String>] = [:]
    var failed: Set<String> = []
    for event in journal.events {
      switch event {
      case .registered(_, let server, let entry): made[server, default: []].insert(Fingerprint.of(entry.json))
      case .failed(let id): failed.insert(id)
      case .intent, .unknown, .removed, .orphaned, .settled: break
      }
    }
    var judged: Set<String> = []
    for case .intent(let intent) in journal.events where !failed.contains(intent.id) && intent.call != .delete {
      guard judged.insert(intent.server).inserted else { continue }
      let standing = lock?.servers[intent.server].map { Fingerprint.of($0.json) }
      if standing == intent.replacesDigest { continue }
      if let standing, made[intent.server]?.contains(standing) == true { continue }
      // Gone from the lock after it was made here: removed by a later line of this journal.
      if standing == nil, made[intent.server] != nil, journal.events.contains(.removed(server: intent.server)) {
        continue
      }
      throw foreign(
        "a line of \(intent.time.rfc3339) about '\(intent.server)' at \(ForeignText.printable(intent.issuer, limit: 256)) changes an entry that this lock file does not have"
      )
    }
  }

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
  /// A client that may have been left behind by a request whose answer never came.
  init(unknown intent: JournalEvent.Intent) {
    self.init(
      server: intent.server, issuer: intent.issuer, clientID: nil, reason: .outcomeUnknown, since: intent.time,
      managed: false)
  }
}

extension [Orphan] {
  /// Adds a line, or puts it in place of the one about the same client.
  mutating func add(_ orphan: Orphan) {
    let index = firstIndex {
      $0.server == orphan.server && $0.issuer == orphan.issuer && $0.clientID == orphan.clientID
        && (orphan.clientID != nil || $0.since == orphan.since)
    }
    if let index { self[index] = orphan } else { append(orphan) }
  }

  /// Lists the client of an entry that is no longer anybody's; only clients that were registered here.
  mutating func retire(_ entry: LockEntry, of server: String, reason: Orphan.Reason, since: Timestamp) {
    guard let orphan = Orphan(retiring: entry, of: server, reason: reason, since: since) else { return }
    // What was noted of it at the time stands.
    if contains(where: { $0.server == server && $0.issuer == orphan.issuer && $0.clientID == orphan.clientID }) {
      return
    }
    append(orphan)
  }
}

extension Orphan {
  /// - Returns: nil for entries without a client of ours.
  init?(retiring entry: LockEntry, of server: String, reason: Reason, since: Timestamp) {
    guard entry.registration == .dcr, let clientID = entry.clientID, let issuer = entry.issuer else { return nil }
    self.init(
      server: server, issuer: issuer, clientID: clientID, reason: reason, since: since, managed: entry.managed)
  }
}
