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

  private var intents: [String: JournalEvent.Intent] = [:]
  private var order: [String] = []

  /// - Parameter now: the time for an orphan whose own line is missing because a crash cut the journal.
  /// - Throws: `journal-foreign`, as `JournalOrigin` says.
  init(_ journal: Journal, onto lock: Lock?, now: Timestamp) throws(Diagnostic) {
    entries = lock?.servers ?? [:]
    orphans = lock?.orphans ?? []
    if !journal.events.isEmpty { try JournalOrigin(journal, lock).check() }
    for event in journal.events { fold(event, now: now) }
    dropOrphansInUse(but: lock?.orphans ?? [])
    open = order.compactMap { intents[$0] }.filter { $0.call != .lock }
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
}

extension Orphan {
  /// A client that may exist because its registration got no answer.
  package init(unknown intent: JournalEvent.Intent) {
    self.init(
      server: intent.server, issuer: intent.issuer, clientID: nil, reason: .outcomeUnknown, since: intent.time,
      managed: false)
  }
}
