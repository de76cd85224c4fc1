import MCPAuthCore
package import MCPAuthPlan

/// Applies a journal to its lock (Reliability#Journal). It is a pure function. The result is the same whether the lock file was written before or
/// after the journal lines, because a run can end between the two.
struct JournalReplay: Equatable {
  var entries: [String: LockEntry]
  var orphans: [Orphan]
  /// Servers whose entry is not the one in the lock.
  var recovered: Set<String> = []
  /// Intents of requests without a closing line, oldest first.
  var open: [JournalEvent.Intent] = []
  /// Clients that were removed from the orphans' list: their records are removed with them, unless an entry uses the client.
  var gone: [Orphan] = []

  private var intents = OpenIntents()

  /// - Parameter now: the time for an orphan whose own line is missing because a crash cut the journal.
  /// - Throws: `journal-foreign`, as `JournalOrigin` says.
  init(_ journal: Journal, onto lock: Lock?, now: Timestamp) throws(Diagnostic) {
    entries = lock?.servers ?? [:]
    orphans = lock?.orphans ?? []
    if !journal.events.isEmpty { try JournalOrigin(journal, lock).check() }
    for event in journal.events { fold(event, now: now) }
    dropOrphansInUse(but: lock?.orphans ?? [])
    open = intents.requests
    recovered = recovered.filter { entries[$0] != lock?.servers[$0] && entries[$0] != nil }
  }

  private mutating func fold(_ event: JournalEvent, now: Timestamp) {
    defer { intents.fold(event) }
    switch event {
    case .intent, .failed: break
    case .unknown(let id):
      if let intent = intents[id] { orphans.add(Orphan(unknown: intent)) }
    case .registered(_, let server, let entry):
      adopt(entry, for: server, now: now)
    case .removed(let server):
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

  /// Sets the server's entry, and puts its old client on the orphans' list.
  mutating func adopt(_ entry: LockEntry, for server: String, now: Timestamp) {
    if let old = entries[server], !entry.hasClient(of: old) {
      orphans.retire(old, of: server, reason: .replaced, since: entry.registeredAt ?? now)
    }
    entries[server] = entry
    recovered.insert(server)
  }
}

extension Orphan {
  /// A client that may exist because its registration got no answer.
  package init(unknown intent: JournalEvent.Intent) {
    self.init(
      server: intent.server, issuer: intent.issuer, clientID: nil, reason: .outcomeUnknown, since: intent.time,
      managed: false)
  }
}
