import MCPAuthCore
import MCPAuthPlan

/// The lock, the journal and the secret store, combined into one state.
struct LoadedState: Sendable {
  /// nil: nothing was applied yet.
  var lineage: String?
  var standing: Standing
  /// The content of the lock file; nil when there is no lock file.
  var lock: Lock?
  /// Whether the journal contains lines, or did when the run began.
  var hasJournal: Bool
  /// Reads and updates that got no answer.
  var unsettled: [JournalEvent.Intent] = []
  /// Servers with an open intent whose record exists but cannot be read: nothing is decided about them, and the journal stays unchanged.
  var undecided: [String: Diagnostic] = [:]
  /// Servers without an entry for which a record exists that cannot be read: it may contain the client that would be registered a second time.
  var unread: [String: Diagnostic] = [:]
  /// The lines that close the intents that were decided, for a journal that is not emptied.
  var decisions: [JournalEvent] = []
  /// Clients that an interrupted run removed from the orphans' list: their records must be removed (`ClientRecords`).
  var gone: [Orphan] = []
  /// The versions of the records of each server, as the store lists them.
  var records: [String: [String]] = [:]

  /// Entries from a journal line or a record whose endpoints are not those of the lock. Another user may have written them. So such an entry is used
  /// for planning, and is written to the lock only after discovery or the inventory has confirmed its endpoints.
  var unconfirmed: [String: UnconfirmedEntry] = [:]

  /// The present lock, without the unconfirmed entries.
  func currentLock(lineage: String) -> Lock {
    var current = Lock(lineage: lineage, servers: standing.entries, orphans: standing.orphans)
    current.secretsCommand = lock?.secretsCommand
    current.moves = lock?.moves ?? 0
    for (name, unconfirmed) in unconfirmed {
      current.servers[name] = lock?.servers[name]
      if let retired = unconfirmed.retired { current.orphans.removeAll { $0 == retired } }
    }
    return current
  }

  /// For commands that change the entry of one server and run no discovery.
  ///
  /// - Throws: `interrupted` if the entry is not confirmed.
  func refuseUnconfirmed(_ server: String) throws(Diagnostic) {
    guard unconfirmed[server] != nil else { return }
    throw Diagnostic(
      .error, .interrupted, "an apply was interrupted, and the entry of '\(server)' was not written yet",
      help: ["apply first: mcpauth apply --only \(server)"])
  }
}

/// An entry that is in a journal line or a secret record, but not in the lock file.
struct UnconfirmedEntry: Sendable, Equatable {
  var entry: LockEntry
  /// The client that the entry's client replaced.
  var retired: Orphan?
  /// Whether the journal contains it. Then the journal stays unchanged until the lock file has the entry.
  var isJournaled: Bool
}

/// Reads the present state before anything else is done (Reliability#Recovery).
struct StateLoader: Sendable {
  let context: ReconcilerContext

  /// - Parameters:
  ///   - allowMassChange: whether the user confirmed a fresh start without the lost lock file.
  ///   - isRunning: whether another run holds the run lock: then its open intents are under way, and their outcome is not unknown.
  ///   - readsAll: whether every record is read, also from a store that is asked only for those that are needed.
  /// - Throws: `lock-invalid`, `lock-too-new`, `lock-missing`, `journal-invalid`, `journal-foreign`, `store-failed`.
  func load(
    allowMassChange: Bool, isRunning: Bool, readsAll: Bool = false
  ) async throws(Diagnostic) -> LoadedState {
    let lockFile = context.state.lockFile
    let (lock, journal, records) = try await read(lockFile)
    if lock == nil, journal.lineage == nil, !allowMassChange {
      try await refuseLostLock(records, lockFile: lockFile)
    }
    let lineage = lock?.lineage ?? journal.lineage
    var replay = try JournalReplay(journal, onto: lock, now: context.now())
    try refuseRenamed(replay, lock)
    var state = LoadedState(
      lineage: lineage, standing: Standing(), lock: lock, hasJournal: !journal.events.isEmpty, records: records)
    // The journal alone does not prove that a client is gone: another user may have written it.
    state.gone = replay.gone.filter { gone in
      lock?.orphans.contains { $0.issuer == gone.issuer && $0.clientID == gone.clientID } == true
        || lock?.servers.values.contains(where: gone.isClient) == true
    }
    completeMoves(&replay)
    if let lineage {
      try await proveManaged(&replay, known: lock?.orphans ?? [], lineage: lineage)
      try await complete(
        &replay, &state, lineage: lineage, isRunning: isRunning, underWay: journal.underWay)
      replay.dropOrphansInUse(but: lock?.orphans ?? [])
      let journaled = replay.recovered
      state.unread = try await adoptRecords(
        &replay, records, lineage: lineage, undecided: Set(state.undecided.keys))
      state.unconfirmed = Self.unconfirmed(replay, lock, journaled: journaled)
    }
    state.standing.entries = replay.entries
    state.standing.orphans = replay.orphans
    state.standing.recovered = replay.recovered.filter { replay.entries[$0] != lock?.servers[$0] }
    state.standing.secretProblems = await problems(
      replay.entries, records, lineage: lineage ?? "", readsAll: readsAll)
    return state
  }

  /// Reads lock, journal and the names of the records, in this order: a record is written before the line or the entry that names it, so what is named
  /// is found, also while another run writes.
  private func read(
    _ lockFile: String
  ) async throws(Diagnostic) -> (lock: Lock?, journal: Journal, records: [String: [String]]) {
    let state = context.state
    if let shared = state as? any SharedStateStore {
      let lock = try await shared.readPresentLock()
      return (lock, try await state.readJournal(), try await context.secrets.list())
    }
    let bytes = try await state.readLock()
    let journal = await Result { () async throws(Diagnostic) in try await state.readJournal() }
    // A program or a server is not asked before the lock file is known to be right.
    guard let bytes, !context.secrets.readsOnlyNeeded else {
      var lock: Lock?
      if let bytes { lock = try await decoded(bytes, lockFile) }
      return (lock, try journal.get(), try await context.secrets.list())
    }
    // To decode a large lock file takes as long as to list its records.
    async let records = Result { [context] () async throws(Diagnostic) in try await context.secrets.list() }
    let lock = try await decoded(bytes, lockFile)
    return (lock, try journal.get(), try await records.get())
  }

  private func decoded(_ bytes: [UInt8], _ lockFile: String) async throws(Diagnostic) -> Lock {
    if let lock = await context.lockReadAhead?.take(bytes) { return lock }
    return try LockCodec.decode(bytes, file: lockFile)
  }

  /// Refuses to register everything again because the lock file is lost.
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
        "if every client must be registered again, apply with --allow-mass-change",
      ])
  }

  /// Refuses an inventory that was renamed without its lock file: every client would be registered again.
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
          "if every client must be registered again, apply with --allow-mass-change",
        ])
    }
  }

  /// A server is renamed in the inventory first. If the inventory still has the name that the journal gives up, another branch was checked out, or
  /// another user wrote the lines: the server would be registered again, and the client under the new name would be removed.
  private func refuseRenamed(_ replay: JournalReplay, _ lock: Lock?) throws(Diagnostic) {
    for server in context.inventory.servers where replay.entries[server.name] == nil {
      guard let old = lock?.servers[server.name], old.clientID != nil else { continue }
      let isRenamed = replay.recovered.contains { name in
        guard lock?.servers[name] == nil, let entry = replay.entries[name] else { return false }
        return entry.hasClient(of: old) && entry.url == old.url
      }
      guard isRenamed else { continue }
      throw JournalOrigin.foreign("it gives '\(server.name)' another name, and the inventory still has that server")
    }
  }

  /// Before a run writes the line that puts a managed client on the orphans' list, it copies the client's record to the orphans' records. A line
  /// without that copy may be from another user. It must not have the client deleted, so the client is listed as not managed.
  private func proveManaged(
    _ replay: inout JournalReplay, known: [Orphan], lineage: String
  ) async throws(Diagnostic) {
    for (index, orphan) in replay.orphans.enumerated() where orphan.managed && !known.contains(orphan) {
      replay.orphans[index].managed = try await hasCopy(of: orphan, lineage: lineage)
    }
  }

  private func hasCopy(of orphan: Orphan, lineage: String) async throws(Diagnostic) -> Bool {
    guard let clientID = orphan.clientID else { return false }
    do throws(Diagnostic) {
      let copy = try await context.secrets.getOrphan(issuer: orphan.issuer, clientID: clientID)
      return copy?.isOf(orphan, lineage: lineage) == true
    } catch {
      guard [.secretUnreadable, .secretMismatch].contains(error.code) else { throw error }
      // Without an identity only the existence of the copy can be checked.
      return error.code == .secretUnreadable
    }
  }

  /// Completes a move whose second line is missing because of a crash: the server is under both names.
  private func completeMoves(_ replay: inout JournalReplay) {
    let present = Set(context.inventory.servers.map(\.name))
    for server in context.inventory.servers {
      guard let old = server.movedFrom, !present.contains(old), let entry = replay.entries[server.name],
        entry.clientID != nil, let left = replay.entries[old], left.clientID == entry.clientID,
        left.issuer == entry.issuer
      else { continue }
      replay.entries[old] = nil
    }
    // `state move` needs no `moved_from` in the inventory: such a move shows as the same entry under a second name, which came from the journal.
    let absent = replay.entries.filter {
      $0.value.clientID != nil && !present.contains($0.key) && !replay.recovered.contains($0.key)
    }
    guard !absent.isEmpty else { return }
    for name in replay.recovered {
      for (old, left) in absent where left == replay.entries[name] { replay.entries[old] = nil }
    }
  }

  /// Resolves intents without a closing line: they are completed from their record, under way, or unknown.
  private func complete(
    _ replay: inout JournalReplay, _ state: inout LoadedState, lineage: String, isRunning: Bool, underWay: Set<String>
  ) async throws(Diagnostic) {
    for intent in replay.open {
      if underWay.contains(intent.id) {
        state.standing.underWay.insert(intent.server)
        continue
      }
      let record: SecretRecord?
      do throws(Diagnostic) {
        record = try await openRecord(of: intent, state.records)
        if let record, record.lineage == lineage, !Self.isResult(record, of: intent, replay) {
          throw .secretMismatch(intent.server, version: intent.id)
        }
      } catch {
        // A record that exists and cannot be read is not an unknown outcome: nothing is decided without it.
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
        // This answer resolves the earlier requests of the server.
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
        case .lock: break  // nothing was sent
        case .delete: break  // its client is on the orphans' list, and a later run tries the deletion again
        }
      }
    }
  }

  private static func isResult(
    _ record: SecretRecord, of intent: JournalEvent.Intent, _ replay: JournalReplay
  ) -> Bool {
    let present = replay.entries[intent.server]
    return JournalOrigin.isResult(
      record.entry, of: intent, known: present.map { [$0] } ?? [], isWritten: present?.secretVersion == intent.id)
  }

  /// The record with the answer to an open intent; nil if there is none.
  private func openRecord(
    of intent: JournalEvent.Intent, _ records: [String: [String]]
  ) async throws(Diagnostic) -> SecretRecord? {
    guard intent.call != .delete else { return nil }
    if context.secrets.canRead { return try await context.secrets.get(intent.server, version: intent.id) }
    guard records[intent.server]?.contains(intent.id) == true else { return nil }
    throw .secretUnreadable(intent.server, version: intent.id, store: context.secrets.name)
  }

  /// Adopts a record of this lineage whose server has no entry in the lock: the lock file was lost after the registration, or it was replaced by that
  /// of another branch or an earlier time.
  ///
  /// - Returns: the servers with a record that cannot be read, and none that can be adopted.
  private func adoptRecords(
    _ replay: inout JournalReplay, _ records: [String: [String]], lineage: String, undecided: Set<String>
  ) async throws(Diagnostic) -> [String: Diagnostic] {
    var unread: [String: Diagnostic] = [:]
    // Without readable records such a server is blocked (`UnreadableSecrets`).
    guard context.secrets.canRead else { return unread }
    for server in context.inventory.servers where replay.entries[server.name] == nil && server.isEnabled {
      // The client of the server is not decided yet, or its client is under its old name.
      if undecided.contains(server.name) || server.movedFrom.flatMap({ replay.entries[$0] }) != nil { continue }
      var found: [SecretRecord] = []
      var problem: Diagnostic?
      for version in records[server.name] ?? [] {
        let read: SecretRecord?
        do throws(Diagnostic) {
          read = try await context.secrets.get(server.name, version: version)
        } catch {
          // The store gives no answer. The record may be of a client that would be registered a second time.
          if error.code == .storeFailed { throw error }
          // A service that is not available now is such a case too.
          if error.code == .secretUnreadable { problem = error }
          continue
        }
        guard let record = read, record.isBound(to: record.entry, named: server.name, lineage: lineage),
          Self.fits(record.entry, server), !Self.isTaken(record, replay)
        else { continue }
        found.append(record)
      }
      guard let newest = found.max(by: { $0.sortTime < $1.sortTime }) else {
        if let problem, server.mode.oauth2 != nil { unread[server.name] = problem }
        continue
      }
      replay.entries[server.name] = newest.entry
      replay.recovered.insert(server.name)
    }
    return unread
  }

  private static func unconfirmed(
    _ replay: JournalReplay, _ lock: Lock?, journaled: Set<String>
  ) -> [String: UnconfirmedEntry] {
    var unconfirmed: [String: UnconfirmedEntry] = [:]
    for name in replay.recovered {
      guard let entry = replay.entries[name], entry != lock?.servers[name] else { continue }
      // The lock has these endpoints for the same server, or for the same client under another name.
      let known = lock?.servers.contains { other, old in
        (other == name || old.hasClient(of: entry)) && old.hasEndpoints(of: entry) && old.url == entry.url
      }
      if known == true || entry.endpoints == nil { continue }
      let retired = lock?.servers[name].flatMap { old in
        replay.orphans.first { $0.server == name && $0.isClient(of: old) && lock?.orphans.contains($0) != true }
      }
      unconfirmed[name] = UnconfirmedEntry(
        entry: entry, retired: retired, isJournaled: journaled.contains(name))
    }
    return unconfirmed
  }

  /// Whether the inventory still asks for the record's client: same URL, resource, redirect URIs and pinned issuer.
  private static func fits(_ entry: LockEntry, _ server: InventoryServer) -> Bool {
    guard let settings = server.mode.oauth2, entry.url == server.url, !entry.isLost else { return false }
    if let issuer = settings.issuer, entry.issuer != issuer { return false }
    if let resource = settings.resource, entry.endpoints?.resource != resource { return false }
    return Set(entry.redirectURIs ?? []) == Set(settings.client?.redirectURIs ?? [])
  }

  /// Whether another server has the client, or the client is or was on the orphans' list.
  private static func isTaken(_ record: SecretRecord, _ replay: JournalReplay) -> Bool {
    (replay.orphans + replay.gone).contains { $0.issuer == record.issuer && $0.clientID == record.clientID }
      || replay.entries.values.contains { $0.hasClient(of: record.entry) }
  }

  /// Checks that every record that the lock names exists and belongs to its entry (SecretStores#Records).
  private func problems(
    _ entries: [String: LockEntry], _ records: [String: [String]], lineage: String, readsAll: Bool
  ) async -> [String: Diagnostic] {
    let secrets = context.secrets
    var found: [String: Diagnostic] = [:]
    var present: [(server: String, version: String, entry: LockEntry)] = []
    for (name, entry) in entries {
      guard let version = entry.secretVersion else { continue }
      if records[name]?.contains(version) == true {
        present.append((name, version, entry))
      } else {
        found[name] = .secretMissing(name, version: version, store: secrets.name)
      }
    }
    // Without an identity only the existence of a record can be checked. `NeededRecords` reads those that a change needs.
    guard secrets.canRead, readsAll || !secrets.readsOnlyNeeded else { return found }
    return found.merging(await secrets.problems(of: present, lineage: lineage)) { $1 }
  }
}
