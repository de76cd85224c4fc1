import MCPAuthCore
import MCPAuthPlan

/// A run that holds the run lock: the present state, with the changes of an interrupted run included, and the `LockWriter` that makes its changes.
///
/// Every command that changes the lock works here, so that all of them begin as `apply` does (Reliability#Order-of-writes).
struct LockedRun: Sendable {
  let context: ReconcilerContext
  var loaded: LoadedState
  let keeper: LockWriter
  let gates: IssuerGates

  /// Takes the run lock, replays the journal, does the work, and releases the lock in every case.
  ///
  /// - Parameter allowMassChange: whether the user confirmed a fresh start without the lost lock file.
  /// - Throws: `locked`; `lock-invalid`, `lock-too-new`, `lock-missing`, `journal-invalid`, `journal-foreign`, `store-failed`; what the work throws.
  static func within<Value: Sendable>(
    _ context: ReconcilerContext, allowMassChange: Bool = false,
    _ work: (LockedRun) async throws(Diagnostic) -> Value
  ) async throws(Diagnostic) -> Value {
    try await context.locked { () async throws(Diagnostic) in
      try await work(try await begin(context.interruptible, allowMassChange: allowMassChange))
    }
  }

  private static func begin(
    _ context: ReconcilerContext, allowMassChange: Bool, gates: IssuerGates? = nil
  ) async throws(Diagnostic) -> LockedRun {
    let loaded = try await StateLoader(context: context).load(allowMassChange: allowMassChange, isRunning: false)
    var lineage = loaded.lineage ?? context.randomID()
    let shared = context.state as? any SharedStateStore
    // Another run may have chosen the lineage at the same time.
    if let shared { lineage = try await shared.settleLineage(lineage) }
    let keeper = LockWriter(
      state: context.state, lock: loaded.currentLock(lineage: lineage), written: loaded.lock,
      unconfirmed: loaded.unconfirmed, hasJournal: loaded.hasJournal)
    let session = LockedRun(
      context: context, loaded: loaded, keeper: keeper,
      gates: gates ?? IssuerGates(width: context.inventory.network.perIssuer))
    if shared != nil {
      try await session.completeIntents()
    } else if loaded.hasJournal {
      try await session.foldJournal()
    }
    return session
  }

  /// The same run with the state as it is now: other runs may have changed it.
  func again() async throws(Diagnostic) -> LockedRun {
    try await Self.begin(context, allowMassChange: false, gates: gates)
  }

  /// In a store that several runs share: writes the entries that an ended run has registered and stored, but not entered. An unknown outcome stays
  /// an intent until a person settles it: its run may only be paused.
  private func completeIntents() async throws(Diagnostic) {
    for decision in loaded.decisions {
      guard case .registered(_, let server, let entry) = decision, loaded.unconfirmed[server] == nil else { continue }
      let retired = try await applier().retire(loaded.lock?.servers[server], for: entry, of: server, reason: .replaced)
      do throws(Diagnostic) {
        try await keeper.append([decision] + (retired.map { [.orphaned($0)] } ?? []))
      } catch {
        // Another run does the same at this moment.
        guard error.code == .locked || error.code == .intentSettled else { throw error }
      }
    }
  }

  /// Writes the `registered` lines of an interrupted run to the lock before anything else (Reliability#Order-of-writes).
  private func foldJournal() async throws(Diagnostic) {
    try await context.state.prove()
    // An entry that is not confirmed yet is not in the lock. Its record must stay: a run that was interrupted may have just imported its client.
    let gone = loaded.gone.filter { !loaded.standing.entries.values.contains(where: $0.isClient) }
    try await records.remove(gone, unlessIn: keeper.lock)
    try await keeper.write()
    guard loaded.undecided.isEmpty, await !keeper.hasUnconfirmedLines else {
      // The lock file does not have all changes yet: the journal keeps its lines, and gets the decisions.
      for case .registered(_, let server, let entry) in loaded.decisions {
        // The run that ended may not have copied the token of the client that this one replaces.
        _ = try await applier().retire(loaded.lock?.servers[server], for: entry, of: server, reason: .replaced)
      }
      if !loaded.decisions.isEmpty { try await keeper.append(loaded.decisions) }
      return
    }
    // Every open registration is now an entry or an unknown outcome in the lock.
    try await keeper.emptyJournal(context.state.readJournal(), keeping: loaded.unsettled)
  }

  /// Checks that state and secrets can be written, before the run changes anything (Reliability#Bad-circumstances).
  func proveStorable() async throws(Diagnostic) -> [Diagnostic] {
    try await context.state.prove()
    return try await context.secrets.prove()
  }

  /// Whether every change needs a line: the journal may be kept with its earlier lines, or the lines are all that is written.
  var needsLines: Bool { loaded.hasJournal || context.state is any SharedStateStore }

  /// Makes one change of a server, or deletes an orphan.
  func applier(_ options: PlanOptions = PlanOptions(), movedFrom: [String: String] = [:]) -> ChangeApplier {
    ChangeApplier(
      context: context, options: options, keeper: keeper,
      gates: gates, requests: AsyncSemaphore(context.parallelism), movedFrom: movedFrom,
      unsettled: loaded.standing.unsettled, hasJournal: needsLines,
      adopted: Set(loaded.unconfirmed.filter { !$0.value.isJournaled }.keys), completing: completing)
  }

  /// In a store that several runs share: the intents of ended runs whose entry is written only after discovery has confirmed its endpoints.
  private var completing: [String: String] {
    guard context.state is any SharedStateStore else { return [:] }
    var intents: [String: String] = [:]
    for case .registered(let id?, let server, _) in loaded.decisions where loaded.unconfirmed[server] != nil {
      intents[server] = id
    }
    return intents
  }

  /// Deletes the clients of orphans. The entries of the lock file confirm endpoints, also those of servers that this run removes.
  func sweep(_ applier: ChangeApplier) async -> OrphanSweep {
    let now = await keeper.lock
    let entries = Array(now.servers.values) + Array((loaded.lock?.servers ?? [:]).values)
    return OrphanSweep(applier: applier, endpoints: IssuerEndpoints(context, entries: entries))
  }

  /// Removes the records of deleted clients, then writes the lock file, then empties the journal. If this run is interrupted, the next run finds in
  /// the journal which records to remove. It removes only records of clients that the lock file still names, so the records are removed first.
  ///
  /// - Parameters:
  ///   - gone: clients that were deleted at their servers, or that the user told mcpauth to forget. All their records are removed.
  ///   - refused: records of lost clients whose own secret was refused.
  func settle(
    removing gone: [Orphan] = [], and refused: [ClientRecords.Stored] = []
  ) async throws(Diagnostic) {
    let lock = await keeper.lock
    try await records.remove(gone, unlessIn: lock)
    if loaded.lock != nil || !lock.servers.isEmpty || !lock.orphans.isEmpty { try await keeper.write() }
    // The lock file has the new client of each server whose client was lost.
    try await records.remove(refused)
    try await keeper.emptyJournal(now: context.now())
  }

  private var records: ClientRecords {
    get async { ClientRecords(context: context, lineage: await keeper.lineage) }
  }
}
