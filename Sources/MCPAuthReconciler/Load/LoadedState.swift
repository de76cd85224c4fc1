import MCPAuthCore
import MCPAuthPlan

/// Lock, journal and secret store as they were found, put together.
struct LoadedState: Sendable {
  /// nil: nothing was ever applied.
  var lineage: String?
  var standing: Standing
  /// What the lock file held; nil when there was none.
  var lock: Lock?
  /// Whether the journal holds lines.
  var hasJournal: Bool
  /// Reads and updates that never got their answer.
  var unsettled: [JournalEvent.Intent] = []
  /// Servers with an open intent whose record is there and cannot be read: nothing of them is decided. The journal stays as it is meanwhile.
  var undecided: [String: Diagnostic] = [:]
  /// Closes the open intents that were decided, for a journal that stays.
  var decisions: [JournalEvent] = []
  /// Clients that left the orphans' list in a run that was interrupted: their records go (`ClientRecords`).
  var gone: [Orphan] = []
  /// Versions of records by server, as the store lists them.
  var records: [String: [String]] = [:]

  /// Entries that came from a journal line or a record, and whose endpoints are not the lock's. Anybody may have written those, so such an entry is
  /// planned with, and goes into the lock only when discovery or the inventory has given its endpoints again.
  var unconfirmed: [String: UnconfirmedEntry] = [:]

  /// The lock as it stands now, without what is not confirmed.
  func currentLock(lineage: String) -> Lock {
    var current = Lock(lineage: lineage, servers: standing.entries, orphans: standing.orphans)
    for (name, unconfirmed) in unconfirmed {
      current.servers[name] = lock?.servers[name]
      if let retired = unconfirmed.retired { current.orphans.removeAll { $0 == retired } }
    }
    return current
  }

  /// For commands that change the entry of one server, and discover nothing.
  ///
  /// - Throws: `interrupted`, where it is not confirmed.
  func refuseUnconfirmed(_ server: String) throws(Diagnostic) {
    guard unconfirmed[server] != nil else { return }
    throw Diagnostic(
      .error, .interrupted, "an apply was interrupted, and the entry of '\(server)' was not written yet",
      help: ["apply first: mcpauth apply --only \(server)"])
  }
}

/// An entry that a journal line or a secret record has, and the lock file does not.
struct UnconfirmedEntry: Sendable, Equatable {
  /// The client that its client takes the place of.
  var retired: Orphan?
  /// Whether the journal has it: then the journal stays as it is until the lock file has the entry.
  var isJournaled: Bool
}

/// Reads what stands, before anything else is done (Reliability#Recovery).
struct StateLoader: Sendable {
  let context: ReconcilerContext

  /// - Parameters:
  ///   - allowMassChange: whether a lost lock file is meant to be a fresh start.
  ///   - isRunning: whether another run holds the run lock: its open intents are then under way, not unknown.
  /// - Throws: `lock-invalid`, `lock-too-new`, `lock-missing`, `journal-invalid`, `journal-foreign`, `store-failed`.
  func load(allowMassChange: Bool, isRunning: Bool) async throws(Diagnostic) -> LoadedState {
    let lockFile = context.state.lockFile
    let lock: Lock? =
      if let bytes = try await context.state.readLock() { try LockCodec.decode(bytes, file: lockFile) } else { nil }
    let journal = try await context.state.readJournal()
    let records = try await context.secrets.list()
    if lock == nil, journal.lineage == nil, !allowMassChange {
      try await refuseLostLock(records, lockFile: lockFile)
    }
    let lineage = lock?.lineage ?? journal.lineage
    var replay = try JournalReplay(journal, onto: lock, now: context.now())
    var state = LoadedState(
      lineage: lineage, standing: Standing(), lock: lock, hasJournal: !journal.events.isEmpty, records: records)
    state.gone = replay.gone
    completeMoves(&replay)
    if let lineage {
      try await complete(&replay, &state, lineage: lineage, isRunning: isRunning)
      replay.dropOrphansInUse(but: lock?.orphans ?? [])
      let journaled = replay.recovered
      try await adoptRecords(&replay, records, lineage: lineage, undecided: Set(state.undecided.keys))
      state.unconfirmed = Self.unconfirmed(replay, lock, journaled: journaled)
    }
    state.standing.entries = replay.entries
    state.standing.orphans = replay.orphans
    state.standing.recovered = replay.recovered.filter { replay.entries[$0] != lock?.servers[$0] }
    state.standing.secretProblems = await problems(replay.entries, records, lineage: lineage ?? "")
    return state
  }

  /// Registering everything again is never the answer to a lost lock file.
  private func refuseLostLock(_ records: [String: [String]], lockFile: String) async throws(Diagnostic) {
    try await refuseRenamed(lockFile: lockFile)
    let noted = try await context.state.notedLineage()
    guard noted != nil || !records.isEmpty else { return }
    let trace =
      records.isEmpty
      ? "it was written before (lineage \(noted ?? ""))"
      : "there are secret records of \(records.count) server\(records.count == 1 ? "" : "s")"
    throw Diagnostic(
      .error, .lockMissing, "the lock file '\(lockFile)' is missing, but \(trace)",
      help: [
        "restore it from version control: nothing has to be registered again then",
        "if every client is to be registered anew, apply with --allow-mass-change",
      ])
  }

  /// An inventory that was renamed without its lock file would have every client registered again.
  private func refuseRenamed(lockFile: String) async throws(Diagnostic) {
    let names = Set(context.inventory.servers.map(\.name))
    for unclaimed in try await context.state.unclaimedLocks() {
      guard let lock = try? LockCodec.decode(unclaimed.bytes, file: unclaimed.file) else { continue }
      let shared = lock.servers.keys.count(where: names.contains)
      guard shared > 0 else { continue }
      let stem = String(lockFile.dropLast(".lock.json".count))
      throw Diagnostic(
        .error, .lockMissing,
        "there is no lock file '\(lockFile)', but '\(unclaimed.file)', whose inventory is gone, has \(shared) of these servers: the inventory was renamed",
        help: [
          "rename what is named after it too: mv \(unclaimed.file) \(lockFile); mkdir -p .mcpauth/\(stem); cp -a .mcpauth/\(unclaimed.stem)/. .mcpauth/\(stem)/",
          "if every client is to be registered anew, apply with --allow-mass-change",
        ])
    }
  }

  /// A move that was torn off between its two lines: the server stands under both its names.
  private func completeMoves(_ replay: inout JournalReplay) {
    let present = Set(context.inventory.servers.map(\.name))
    for server in context.inventory.servers {
      guard let old = server.movedFrom, !present.contains(old), let entry = replay.entries[server.name],
        entry.clientID != nil, let left = replay.entries[old], left.clientID == entry.clientID,
        left.issuer == entry.issuer
      else { continue }
      replay.entries[old] = nil
    }
    // `state move` needs no word in the inventory: the same entry, whole, under a name that came from the journal.
    let absent = replay.entries.filter {
      $0.value.clientID != nil && !present.contains($0.key) && !replay.recovered.contains($0.key)
    }
    guard !absent.isEmpty else { return }
    for name in replay.recovered {
      for (old, left) in absent where left == replay.entries[name] { replay.entries[old] = nil }
    }
  }

  /// Intents that no line closes: completed from their record, under way, or unknown.
  private func complete(
    _ replay: inout JournalReplay, _ state: inout LoadedState, lineage: String, isRunning: Bool
  ) async throws(Diagnostic) {
    for intent in replay.open {
      let record: SecretRecord?
      do throws(Diagnostic) {
        record = try await openRecord(of: intent, state.records)
      } catch {
        // A record that is there and cannot be read is no unknown outcome: nothing is decided without it.
        guard [.secretUnreadable, .secretMismatch].contains(error.code) else { throw error }
        if isRunning {
          state.standing.underWay.insert(intent.server)
        } else {
          state.undecided[intent.server] = error
        }
        continue
      }
      if let record, record.lineage == lineage {
        replay.adopt(record.entry, for: intent.server, now: context.now())
        state.decisions.append(.registered(intent: intent.id, server: intent.server, entry: record.entry))
        // What came before this answer is settled by it.
        state.unsettled.removeAll { $0.server == intent.server }
        state.standing.unsettled.remove(intent.server)
      } else if isRunning {
        state.standing.underWay.insert(intent.server)
      } else {
        switch intent.call {
        case .register:
          replay.orphans.add(Orphan(unknown: intent))
          state.decisions.append(.failed(intent: intent.id))
        case .read, .update:
          state.standing.unsettled.insert(intent.server)
          state.unsettled.append(intent)
        case .delete: break  // its client is on the orphans' list, and is deleted again
        }
      }
    }
  }

  /// The record that an open intent's answer was kept in; nil where none was.
  private func openRecord(
    of intent: JournalEvent.Intent, _ records: [String: [String]]
  ) async throws(Diagnostic) -> SecretRecord? {
    guard intent.call != .delete else { return nil }
    if context.secrets.canRead { return try await context.secrets.get(intent.server, version: intent.id) }
    guard records[intent.server]?.contains(intent.id) == true else { return nil }
    throw .secretUnreadable(intent.server, version: intent.id, store: context.secrets.name)
  }

  /// A record of this lineage and server that the lock lacks: the lock file was lost after the registration, or one of another branch or an earlier
  /// time took its place.
  private func adoptRecords(
    _ replay: inout JournalReplay, _ records: [String: [String]], lineage: String, undecided: Set<String>
  ) async throws(Diagnostic) {
    // Such a server is blocked then (`UnreadableSecrets`).
    guard context.secrets.canRead else { return }
    for server in context.inventory.servers where replay.entries[server.name] == nil && server.isEnabled {
      // Which client it has cannot be decided yet, or it has one under its old name.
      if undecided.contains(server.name) || server.movedFrom.flatMap({ replay.entries[$0] }) != nil { continue }
      var found: [SecretRecord] = []
      for version in records[server.name] ?? [] {
        guard let record = try? await context.secrets.get(server.name, version: version),
          record.isBound(to: record.entry, named: server.name, lineage: lineage), Self.fits(record.entry, server),
          !Self.isTaken(record, replay)
        else { continue }
        found.append(record)
      }
      let newest = found.max { ($0.entry.registeredAt?.seconds ?? 0) < ($1.entry.registeredAt?.seconds ?? 0) }
      guard let newest else { continue }
      replay.entries[server.name] = newest.entry
      replay.recovered.insert(server.name)
    }
  }

  private static func unconfirmed(
    _ replay: JournalReplay, _ lock: Lock?, journaled: Set<String>
  ) -> [String: UnconfirmedEntry] {
    var unconfirmed: [String: UnconfirmedEntry] = [:]
    for name in replay.recovered {
      guard let entry = replay.entries[name], entry != lock?.servers[name] else { continue }
      // Its own endpoints, or, of a server that got another name, those of its client.
      let known = lock?.servers.contains { other, old in
        (other == name || old.hasClient(of: entry)) && old.hasEndpoints(of: entry) && old.url == entry.url
      }
      if known == true || entry.endpoints == nil { continue }
      let retired = lock?.servers[name].flatMap { old in
        replay.orphans.first { $0.server == name && $0.isClient(of: old) && lock?.orphans.contains($0) != true }
      }
      unconfirmed[name] = UnconfirmedEntry(retired: retired, isJournaled: journaled.contains(name))
    }
    return unconfirmed
  }

  /// Whether a record's client is one that the inventory still asks for: URL, resource, redirect URIs and pinned issuer.
  private static func fits(_ entry: LockEntry, _ server: InventoryServer) -> Bool {
    guard let settings = server.mode.oauth2, entry.url == server.url, !entry.isLost else { return false }
    if let issuer = settings.issuer, entry.issuer != issuer { return false }
    if let resource = settings.resource, entry.endpoints?.resource != resource { return false }
    return Set(entry.redirectURIs ?? []) == Set(settings.client?.redirectURIs ?? [])
  }

  /// Another server has the client, or it is on the orphans' list: then it is to be deleted, or was.
  private static func isTaken(_ record: SecretRecord, _ replay: JournalReplay) -> Bool {
    (replay.orphans + replay.gone).contains { $0.issuer == record.issuer && $0.clientID == record.clientID }
      || replay.entries.values.contains { $0.hasClient(of: record.entry) }
  }

  /// Every record that the lock names must be there, and be the lock's (SecretStores#Records).
  private func problems(
    _ entries: [String: LockEntry], _ records: [String: [String]], lineage: String
  ) async -> [String: Diagnostic] {
    let secrets = context.secrets
    let named = entries.compactMap { name, entry in entry.secretVersion.map { (name: name, version: $0, entry: entry) }
    }
    let found = await named.mapConcurrently(limit: 8) { item -> (String, Diagnostic)? in
      guard records[item.name]?.contains(item.version) == true else {
        return (item.name, .secretMissing(item.name, version: item.version, store: secrets.name))
      }
      // That it is there is all that can be told without an identity.
      guard secrets.canRead else { return nil }
      do throws(Diagnostic) {
        _ = try await secrets.record(of: item.entry, named: item.name, lineage: lineage)
        return nil
      } catch {
        return (item.name, error)
      }
    }
    return Dictionary(found.compactMap { $0 }, uniquingKeysWith: { $1 })
  }
}
