import MCPAuthCore
import MCPAuthPlan

/// Applies one change of a plan, exactly as the plan shows it. A failure of one server is returned as a value and does not stop the others.
struct ChangeApplier: Sendable {
  let context: ReconcilerContext
  let options: PlanOptions
  let keeper: LockWriter
  let gates: IssuerGates
  /// The places of `--parallelism`. Who needs a gate too enters the gate first.
  let requests: AsyncSemaphore
  /// Old names of servers that move (`moved_from`).
  let movedFrom: [String: String]
  /// Servers with a read or an update that got no answer.
  let unsettled: Set<String>
  /// Whether the journal has lines from before the changes. It may be kept, so that changes without a request need lines too.
  let hasJournal: Bool
  /// Servers whose entry was found in a secret record. The lock file and the journal have no entry for them.
  let adopted: Set<String>
  /// Intents of ended runs whose entry this run writes: by the name of the server (`SharedStateStore`).
  var completing: [String: String] = [:]

  /// A change that another run makes, or has made, is no failure.
  func apply(_ change: Change) async -> ChangeResult {
    var result = await tried(change)
    result.leaveToOtherRun()
    return result
  }

  private func tried(_ change: Change) async -> ChangeResult {
    if change.step == .nothing { return ChangeResult(settled: change) }
    if context.isInterrupted() {
      return ChangeResult(change: change, outcome: .skipped, entry: change.entry, error: .interrupted(change.server))
    }
    if let failure = await keeper.failure {
      return ChangeResult(
        change: change, outcome: .skipped, entry: change.entry, error: .notBegun(change.server, failure))
    }
    context.report(.applying(server: change.server))
    do throws(Diagnostic) {
      try await endIntent(before: change)
      try await moveRecord(of: change)
      let noted = try await notingLoss(change)
      let result: ChangeResult =
        switch noted.step {
        case .nothing, .discoverFirst: ChangeResult(change: noted, outcome: .done, entry: noted.entry)
        case .write(let entry): try await write(entry, noted)
        case .register(let registration):
          await ClientRegistration(applier: self, change: noted, planned: registration).run()
        case .updateInPlace(let registration):
          await ClientUpdate(applier: self, change: noted, planned: registration).run()
        case .remove: try await remove(noted)
        }
      return result
    } catch {
      return ChangeResult(change: change, outcome: .failed, entry: change.entry, error: error)
    }
  }

  /// The client of an ended run is replaced or removed, so its intent needs no entry any more.
  private func endIntent(before change: Change) async throws(Diagnostic) {
    guard let intent = completing[change.server] else { return }
    if case .write = change.step { return }
    try await keeper.append([.failed(intent: intent)])
  }

  /// Writes to the lock that the client is lost, if this run found that out (`--verify`). The plan alone changes nothing: only a client that is
  /// about to be replaced gets the mark.
  private func notingLoss(_ planned: Change) async throws(Diagnostic) -> Change {
    guard planned.reasons.contains(.registrationLost), let entry = planned.entry, !entry.isLost else { return planned }
    var change = planned
    change.entry = try await note(lost: entry, of: change.server)
    return change
  }

  private func write(_ planned: LockEntry, _ change: Change) async throws(Diagnostic) -> ChangeResult {
    let entry = try await withRecord(planned, change)
    let retired = try await retire(change.entry, for: entry, of: change.server, reason: .replaced)
    if needsLines(change.server, retired) {
      var lines: [JournalEvent] = []
      if let open = completing[change.server] {
        lines = [.registered(intent: open, server: change.server, entry: entry)]
      } else {
        let intent = JournalEvent.Intent(
          lockOnly: context.randomID(), server: change.server, entry: entry,
          replaces: adopted.contains(change.server) ? nil : change.entry, time: context.now())
        lines = [.intent(intent), .registered(intent: intent.id, server: change.server, entry: entry)]
      }
      // All lines in one append, the entry first: wherever a crash cuts the journal, no client is deleted that its server still uses.
      try await keeper.append(lines + (retired.map { [.orphaned($0)] } ?? []))
    }
    try await keeper.set(entry, for: change.server, orphan: retired)
    return ChangeResult(change: change, outcome: .done, entry: entry)
  }

  /// Writes a new record if discovery or the inventory changed the endpoints: the record says to which endpoints its secrets may be sent.
  private func withRecord(_ planned: LockEntry, _ change: Change) async throws(Diagnostic) -> LockEntry {
    guard let old = change.entry, planned.secretVersion != nil, planned.hasClient(of: old),
      !planned.hasEndpoints(of: old)
    else { return planned }
    var entry = planned
    var record = try await record(of: old, named: change.server)
    record.version = context.randomID()
    record.storedAt = context.now()
    entry.client?.secretVersion = record.version
    record.entry = entry
    try await context.secrets.put(record)
    return entry
  }

  private func remove(_ change: Change) async throws(Diagnostic) -> ChangeResult {
    var retired: Orphan?
    if let entry = change.entry {
      retired = try await retire(entry, for: nil, of: change.server, reason: .removed)
      if needsLines(change.server, retired) {
        try await note(removed: entry, of: change.server, orphan: retired)
      }
    }
    try await keeper.remove(change.server, orphan: retired)
    return ChangeResult(change: change, outcome: .done, entry: nil)
  }

  /// Whether a change without a request needs lines in the journal.
  private func needsLines(_ server: String, _ retired: Orphan?) -> Bool {
    retired != nil || unsettled.contains(server) || context.state is any SharedStateStore
      || (hasJournal && !adopted.contains(server))
  }

  /// Writes the journal lines of a server's removal.
  func note(removed entry: LockEntry, of server: String, orphan: Orphan?) async throws(Diagnostic) {
    let intent = JournalEvent.Intent(
      lockOnly: context.randomID(), server: server, entry: entry, replaces: entry, time: context.now())
    try await keeper.append(
      [.intent(intent), .removed(server: server)] + (orphan.map { [.orphaned($0)] } ?? []))
  }

  /// Copies the old client's management token into a record of its own before the client is removed from the lock (PlanAndApply#Lock-file).
  ///
  /// - Returns: the old client's line for the orphans' list; nil if there is no old client, or if the new entry has the same client.
  func retire(
    _ old: LockEntry?, for new: LockEntry?, of server: String, reason: Orphan.Reason
  ) async throws(Diagnostic) -> Orphan? {
    guard let old, var orphan = Orphan(retiring: old, of: server, reason: reason, since: context.now()) else {
      return nil
    }
    if let new, new.hasClient(of: old) { return nil }
    guard orphan.managed else { return orphan }
    orphan.managed = try await copyToOrphans(old, of: server)
    return orphan
  }

  /// Copies the record of an entry to the orphans' records.
  ///
  /// - Returns: false if the store has no record that belongs to the entry: then nothing has the management token. A record that cannot be read now is
  ///   not copied, and a later run may read it.
  func copyToOrphans(_ entry: LockEntry, of server: String) async throws(Diagnostic) -> Bool {
    let copy: SecretRecord
    do throws(Diagnostic) { copy = try await record(of: entry, named: server) } catch {
      return ![.secretMissing, .secretMismatch].contains(error.code)
    }
    try await context.secrets.putOrphan(copy)
    return true
  }

  /// - Throws: `secret-missing`, `secret-unreadable`, `secret-mismatch`.
  func record(of entry: LockEntry, named server: String) async throws(Diagnostic) -> SecretRecord {
    try await context.secrets.record(of: entry, named: server, lineage: await keeper.lineage)
  }

  /// `moved_from`: writes the record under the new name, then the lock. The record under the old name stays, because a lock file on another branch
  /// may name it.
  ///
  /// - Throws: as `record`, if the new entry would name a record that is not under the new name; `store-failed`.
  private func moveRecord(of change: Change) async throws(Diagnostic) {
    guard let old = movedFrom[change.server], let entry = change.entry else { return }
    if entry.secretVersion != nil { try await copyRecord(of: entry, named: old, for: change) }
    try await keeper.append([
      .registered(intent: nil, server: change.server, entry: entry), .removed(server: old),
    ])
    try await keeper.move(old, to: change.server)
  }

  private func copyRecord(of entry: LockEntry, named old: String, for change: Change) async throws(Diagnostic) {
    var copy: SecretRecord
    do throws(Diagnostic) { copy = try await record(of: entry, named: old) } catch {
      let isDamaged = [.secretMissing, .secretMismatch, .secretUnreadable].contains(error.code)
      guard isDamaged, !change.step.keepsRecord else { throw error }
      return
    }
    copy.server = change.server
    if try await context.secrets.get(change.server, version: copy.version) == nil {
      try await context.secrets.put(copy)
    }
  }
}

extension Step {
  /// Whether the entry after the change may name the record of the entry before it.
  fileprivate var keepsRecord: Bool {
    switch self {
    case .register: false
    case .write(let entry): entry.secretVersion != nil
    case .nothing, .discoverFirst, .updateInPlace, .remove: true
    }
  }
}

extension Diagnostic {
  /// Something could not be stored, so no other change was begun.
  static func notBegun(_ server: String, _ failure: Diagnostic) -> Diagnostic {
    Diagnostic(
      .error, failure.code, "'\(server)' was not begun: \(failure.message)", help: failure.help)
  }
}
