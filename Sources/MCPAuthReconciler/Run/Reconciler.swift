package import MCPAuthCore
package import MCPAuthPlan

/// Load, observe, plan, apply.
package struct Reconciler: Sendable {
  let context: ReconcilerContext

  package init(_ context: ReconcilerContext) {
    self.context = context.interruptible
  }

  /// What an apply would do. Registers nothing, writes nothing, takes no lock.
  ///
  /// - Throws: `lock-invalid`, `lock-too-new`, `lock-missing`, `journal-invalid`, `journal-foreign`.
  package func plan(_ options: PlanOptions) async throws(Diagnostic) -> Plan {
    let loaded = try await StateLoader(context: context).load(
      allowMassChange: false, isRunning: try await context.state.isHeld())
    var plan = await plan(options, loaded)
    plan.warnings += refusalsToCome(plan, loaded).map { refusal in
      var warning = refusal
      warning.severity = .warning
      warning.message = "apply will refuse this: " + refusal.message
      return warning
    }
    return plan
  }

  /// What an apply of the plan would be refused for as a whole: said on the pull request, not after the merge.
  private func refusalsToCome(_ plan: Plan, _ loaded: LoadedState) -> [Diagnostic] {
    var refusals: [Diagnostic] = []
    if let refusal = MassChangeGuard.refusal(plan, registered: loaded.standing.registeredClients) {
      refusals.append(refusal)
    }
    if let durability = context.durability,
      plan.changes.contains(where: { $0.step.needsRequest })
    {
      refusals.append(durability)
    }
    return refusals
  }

  private func plan(_ options: PlanOptions, _ loaded: LoadedState) async -> Plan {
    let planner = Planner(
      inventory: context.inventory, standing: loaded.standing, options: options, now: context.now())
    let observer = Observer(context)
    var plan = planner.plan(await observer.changes(planner))
    if let warning = observer.clock.warning { plan.warnings.append(warning) }
    plan.changes = UnreadableSecrets(
      loaded: loaded, canRead: context.secrets.canRead, store: context.secrets.name, refreshes: options.refresh
    ).blocking(plan.changes)
    if let store = context.secrets as? any RecipientSecretStore, let change = await store.recipientChange() {
      plan.storeChanges.append(change)
    }
    plan.lineage = loaded.lineage
    for change in plan.changes { context.report(.decided(change)) }
    return plan
  }

  /// Plans under the run lock, asks, and makes it so.
  ///
  /// - Parameters:
  ///   - allowMassChange: whether the guard of PlanAndApply#Commands is lifted.
  ///   - confirm: shown the plan; false ends the run with nothing done. Not asked where there is nothing to do.
  /// - Returns: nil when it was not confirmed.
  /// - Throws: as `plan`; `locked`.
  package func apply(
    _ options: PlanOptions, allowMassChange: Bool, confirm: @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult? {
    try await LockedRun.within(context, allowMassChange: allowMassChange) { session throws(Diagnostic) in
      try await apply(options, session, allowMassChange: allowMassChange, confirm: confirm)
    }
  }

  /// Does exactly what a saved plan says: it is planned again, and must come to the same. Nobody is asked.
  ///
  /// - Parameter show: shown the plan before it is applied, where it has changes.
  /// - Throws: as `apply`; `stale-plan`, naming what is no longer as it was.
  package func apply(
    _ saved: SavedPlan, allowMassChange: Bool, show: @Sendable (Plan) async -> Void
  ) async throws(Diagnostic) -> RunResult? {
    try await LockedRun.within(context, allowMassChange: allowMassChange) { session throws(Diagnostic) in
      let planner = Planner(
        inventory: context.inventory, standing: session.loaded.standing, options: saved.applyOptions,
        now: context.now())
      try saved.refuseStale(lineage: session.loaded.lineage, planner)
      // No name at all would mean every server.
      guard !saved.servers.isEmpty else { return RunResult(plan: Plan(inventory: context.inventory.file), results: []) }
      return try await apply(
        saved.applyOptions, session, allowMassChange: allowMassChange,
        check: { plan throws(Diagnostic) in try saved.refuseOther(plan) },
        confirm: { plan in
          await show(plan)
          return true
        })
    }
  }

  private func apply(
    _ options: PlanOptions, _ session: LockedRun, allowMassChange: Bool,
    check: (Plan) throws(Diagnostic) -> Void = { _ in }, confirm: @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult? {
    let loaded = session.loaded
    let plan = await plan(options, loaded)
    // What was not looked at any more is no reason to ask anybody, nor to call a saved plan stale.
    if context.isInterrupted() { return .interrupted(plan) }
    try check(plan)
    if !allowMassChange, let refusal = MassChangeGuard.refusal(plan, registered: loaded.standing.registeredClients) {
      return .refused(plan, refusal)
    }
    let applier = session.applier(options, movedFrom: movedNames(loaded))
    var warnings: [Diagnostic] = []
    if plan.hasChanges {
      guard await confirm(plan) else { return nil }
      do throws(Diagnostic) {
        try refuseUndurable(plan)
        warnings = try await session.proveStorable()
      } catch {
        return .refused(plan, error)
      }
    }

    let results = await context.untilSignal(grace: true) { await apply(plan, applier) }
    var run = RunResult(
      plan: plan, results: results, warnings: warnings, wasInterrupted: wasInterrupted(results))
    do throws(Diagnostic) {
      try await finish(session, OrphanSweep(applier: applier), &run)
    } catch {
      run.error = error
    }
    if run.error == nil, let failure = await session.keeper.failure { run.error = failure }
    return run
  }

  private func movedNames(_ loaded: LoadedState) -> [String: String] {
    let planner = Planner(
      inventory: context.inventory, standing: loaded.standing, options: PlanOptions(), now: context.now())
    let moved = context.inventory.servers.compactMap { server in
      planner.movedEntry(of: server).map { (server.name, $0.from) }
    }
    return Dictionary(moved, uniquingKeysWith: { first, _ in first })
  }

  /// Clients are not registered where their secrets would not outlive the runner (SecretStores#Records).
  private func refuseUndurable(_ plan: Plan) throws(Diagnostic) {
    guard let durability = context.durability,
      plan.changes.contains(where: { $0.step.needsRequest })
    else { return }
    throw durability
  }

  private func apply(_ plan: Plan, _ applier: ChangeApplier) async -> [ChangeResult] {
    let order = plan.changes.interleavedByIssuer()
    let changes = plan.changes.count { $0.step != .nothing }
    if changes > 0 { context.report(.beginning(changes: changes)) }
    let applied = await order.mapConcurrently(limit: context.parallelism) { index in
      let change = plan.changes[index]
      let result = await RunScope.$server.withValue(change.server) { await applier.apply(change) }
      context.report(.applied(result))
      return (index, result)
    }
    var results = [ChangeResult?](repeating: nil, count: plan.changes.count)
    for (index, result) in applied { results[index] = result }
    return results.compactMap { $0 }
  }

  /// Lock, journal, old records; then what can be deleted is, and the lock says so.
  private func finish(
    _ session: LockedRun, _ sweep: OrphanSweep, _ run: inout RunResult
  ) async throws(Diagnostic) {
    try await session.settle()
    let lock = await session.keeper.lock
    run.warnings += try await RecordCleanup(context: context).run(
      lock: lock, known: versions(session.loaded, run), before: session.loaded.standing.entries)
    run.warnings += await context.untilSignal(grace: true) { await sweep.run() }
    try await session.settleSweep(since: lock)
  }

  /// The versions that may be old now: those that were there, and those that the lock had, also under a name that is new.
  private func versions(_ loaded: LoadedState, _ run: RunResult) -> [String: Set<String>] {
    var versions = loaded.records.mapValues(Set.init)
    for result in run.results {
      guard let version = result.change.entry?.secretVersion else { continue }
      versions[result.change.server, default: []].insert(version)
    }
    return versions
  }

  private func wasInterrupted(_ results: [ChangeResult]) -> Bool {
    context.isInterrupted() && results.contains { $0.outcome == .skipped }
  }
}

extension RunResult {
  /// A signal came while the servers were looked at: nothing was done.
  fileprivate static func interrupted(_ plan: Plan) -> RunResult {
    var run = refused(plan, nil)
    for index in run.results.indices where run.results[index].outcome == .skipped {
      run.results[index].error = .interrupted(run.results[index].change.server)
    }
    run.wasInterrupted = run.results.contains { $0.outcome != .done }
    return run
  }

  /// Nothing was done: the plan, and why not.
  fileprivate static func refused(_ plan: Plan, _ error: Diagnostic?) -> RunResult {
    RunResult(
      plan: plan,
      results: plan.changes.map { change in
        let isSettled = change.step == .nothing && change.action != .blocked
        return ChangeResult(
          change: change, outcome: isSettled ? .done : change.action == .blocked ? .failed : .skipped,
          entry: change.entry,
          error: change.error)
      }, error: error)
  }
}

extension [Change] {
  /// Indices in the order in which they are begun: each issuer's first, then each one's second. One at a time per issuer, a long queue
  /// at one issuer would otherwise take all places.
  fileprivate func interleavedByIssuer() -> [Int] {
    var rounds: [String: Int] = [:]
    let keyed = indices.map { index -> (round: Int, index: Int) in
      guard self[index].step.needsRequest else { return (0, index) }
      let issuer = self[index].issuer ?? ""
      defer { rounds[issuer, default: 0] += 1 }
      return (rounds[issuer, default: 0], index)
    }
    return keyed.sorted { $0 < $1 }.map(\.index)
  }
}
