import MCPAuthCore
import MCPAuthPlan

/// A run that holds the run lock: what stands, with what a broken-off run had done folded in, and the keeper through which it changes.
///
/// Whatever changes the lock works in here, so that all of it begins as `apply` begins (Reliability#Order-of-writes).
struct LockedRun: Sendable {
  let context: ReconcilerContext
  var loaded: LoadedState
  let keeper: LockWriter

  /// Takes the run lock, replays the journal, works, and frees the lock however that ends.
  ///
  /// - Parameter allowMassChange: whether a lost lock file is meant to be a fresh start.
  /// - Throws: `locked`; `lock-invalid`, `lock-too-new`, `lock-missing`, `journal-invalid`, `journal-foreign`, `store-failed`; what the work throws.
  static func within<Value: Sendable>(
    _ context: ReconcilerContext, allowMassChange: Bool = false,
    _ work: (LockedRun) async throws(Diagnostic) -> Value
  ) async throws(Diagnostic) -> Value {
    try await context.acquireRunLock()
    let result: Result<Value, Diagnostic>
    do throws(Diagnostic) {
      result = .success(try await work(try await begin(context.interruptible, allowMassChange: allowMassChange)))
    } catch {
      result = .failure(error)
    }
    await context.state.release()
    return try result.get()
  }

  private static func begin(
    _ context: ReconcilerContext, allowMassChange: Bool
  ) async throws(Diagnostic) -> LockedRun {
    let loaded = try await StateLoader(context: context).load(allowMassChange: allowMassChange, isRunning: false)
    let keeper = LockWriter(
      state: context.state, lock: loaded.currentLock(lineage: loaded.lineage ?? context.randomID()),
      written: loaded.lock, unconfirmed: loaded.unconfirmed)
    let session = LockedRun(context: context, loaded: loaded, keeper: keeper)
    if loaded.hasJournal { try await session.foldJournal() }
    return session
  }

  /// `registered` lines of a run that was broken off go into the lock before anything else (Reliability#Order-of-writes).
  private func foldJournal() async throws(Diagnostic) {
    try await context.state.prove()
    try await keeper.write()
    try await records.remove(loaded.gone, unlessIn: keeper.lock)
    guard loaded.undecided.isEmpty, await !keeper.hasUnconfirmedLines else {
      // The lock file does not have all of it yet: the journal stays as it is, with what was decided.
      if !loaded.decisions.isEmpty { try await keeper.append(loaded.decisions) }
      return
    }
    // Every open registration has become an entry or an unknown outcome of the lock's.
    try await keeper.emptyJournal(context.state.readJournal(), keeping: loaded.unsettled)
  }

  /// A run that cannot store must find out before it changes anything (Reliability#Bad-circumstances).
  func proveStorable() async throws(Diagnostic) -> [Diagnostic] {
    try await context.state.prove()
    return try await context.secrets.prove()
  }

  /// What one change of a server, or the deletion of an orphan, is done with.
  func applier(_ options: PlanOptions = PlanOptions(), movedFrom: [String: String] = [:]) -> ChangeApplier {
    ChangeApplier(
      context: context, options: options, keeper: keeper,
      gates: IssuerGates(width: context.inventory.network.perIssuer), movedFrom: movedFrom,
      unsettled: loaded.standing.unsettled)
  }

  /// The lock file first, then the records of clients that are gone, then the journal: it tells the next run which records to remove if this one is
  /// interrupted.
  ///
  /// - Parameter gone: clients that were deleted at their servers, or that a person gave up.
  func settle(removing gone: [Orphan] = []) async throws(Diagnostic) {
    let lock = await keeper.lock
    if loaded.lock != nil || !lock.servers.isEmpty || !lock.orphans.isEmpty { try await keeper.write() }
    try await records.remove(gone, unlessIn: lock)
    try await keeper.emptyJournal(now: context.now())
  }

  private var records: ClientRecords {
    get async { ClientRecords(context: context, lineage: await keeper.lineage) }
  }
}
