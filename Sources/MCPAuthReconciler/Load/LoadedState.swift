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
  /// Versions of records by server, as the store lists them.
  var records: [String: [String]] = [:]

  /// The lock as it stands now.
  func currentLock(lineage: String) -> Lock {
    Lock(lineage: lineage, servers: standing.entries, orphans: standing.orphans)
  }
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
    completeMoves(&replay)
    if let lineage {
      try await complete(&replay, &state, lineage: lineage, isRunning: isRunning)
      replay.dropOrphansInUse(but: lock?.orphans ?? [])
      try await adoptRecords(&replay, records, lineage: lineage, undecided: Set(state.undecided.keys))
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

  /// A record of this lineage and server that the lock lacks: the lock file was lost after the registration, or an older one came back.
  private func adoptRecords(
    _ replay: inout JournalReplay, _ records: [String: [String]], lineage: String, undecided: Set<String>
  ) async throws(Diagnostic) {
    // Such a server is blocked then (`UnreadableSecrets`).
    guard context.secrets.canRead else { return }
    for server in context.inventory.servers where replay.entries[server.name] == nil {
      // Whose client it is, an intent says that cannot be decided yet.
      if undecided.contains(server.name) { continue }
      var found: [SecretRecord] = []
      for version in records[server.name] ?? [] {
        guard let record = try? await context.secrets.get(server.name, version: version) else { continue }
        if record.lineage == lineage, record.isBound(to: record.entry, server: server.name, version: version),
          Self.fits(record.entry, server)
        {
          found.append(record)
        }
      }
      let newest = found.max { ($0.entry.registeredAt?.seconds ?? 0) < ($1.entry.registeredAt?.seconds ?? 0) }
      guard let newest, !replay.orphans.contains(where: { $0.clientID == newest.clientID }),
        !replay.entries.values.contains(where: { $0.hasClient(of: newest.entry) })
      else { continue }
      replay.entries[server.name] = newest.entry
      replay.recovered.insert(server.name)
    }
  }

  /// Whether a record's client is one that the inventory still asks for: same URL, redirect URIs and pinned issuer.
  private static func fits(_ entry: LockEntry, _ server: InventoryServer) -> Bool {
    guard let settings = server.mode.oauth2, entry.url == server.url else { return false }
    if let issuer = settings.issuer, entry.issuer != issuer { return false }
    return Set(entry.redirectURIs ?? []) == Set(settings.client?.redirectURIs ?? [])
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
        guard let record = try await secrets.get(item.name, version: item.version) else {
          return (item.name, .secretMissing(item.name, version: item.version, store: secrets.name))
        }
        let isOurs =
          record.lineage == lineage && record.isBound(to: item.entry, server: item.name, version: item.version)
        return isOurs ? nil : (item.name, .secretMismatch(item.name, version: item.version))
      } catch {
        return (item.name, error)
      }
    }
    return Dictionary(found.compactMap { $0 }, uniquingKeysWith: { $1 })
  }
}

extension SecretRecord {
  /// Whether the record is this entry's: a file copied to another name must not work (SecretStores#Records).
  func isBound(to entry: LockEntry, server: String, version: String) -> Bool {
    self.server == server && self.version == version && entry.secretVersion == version
      && issuer == entry.issuer && clientID == entry.clientID
  }
}

extension Diagnostic {
  static func secretMissing(_ server: String, version: String, store: String) -> Diagnostic {
    Diagnostic(
      .error, .secretMissing,
      "the secret record of '\(server)' (version \(version)) is not in the \(store) store",
      help: [
        "restore it from where the last apply ran, or from a backup",
        "if it is in the store that the inventory named before: mcpauth secrets move --from STORE",
        "replace the client with mcpauth rotate \(server), or by raising generation; users must then reconnect",
      ])
  }

  static func secretMismatch(_ server: String, version: String) -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch,
      "the secret record of '\(server)' (version \(version)) is not the one that the lock file means: its server, lineage, issuer or client id differ",
      help: [
        "restore the right record, or the lock file that belongs to this one",
        "replace the client with mcpauth rotate \(server), or by raising generation; users must then reconnect",
      ])
  }
}
