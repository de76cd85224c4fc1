package import MCPAuthCore
package import MCPAuthPlan

/// Loads the state, discovers the servers, plans and applies.
package struct Reconciler: Sendable {
  private(set) var context: ReconcilerContext

  package init(_ context: ReconcilerContext) {
    self.context = context.interruptible
  }

  /// Plans what an apply would do. Registers nothing, writes nothing, takes no lock.
  ///
  /// - Throws: `lock-invalid`, `lock-too-new`, `lock-missing`, `journal-invalid`, `journal-foreign`.
  package func plan(_ options: PlanOptions) async throws(Diagnostic) -> Plan {
    guard let unrun = try await UnrunSecretStore.inPlace(of: context) else { return try await planned(options) }
    var other = self
    other.context.secrets = unrun
    var plan = try await other.planned(options)
    plan.warnings.append(unrun.warning)
    return plan
  }

  private func planned(_ options: PlanOptions) async throws(Diagnostic) -> Plan {
    let loaded = try await StateLoader(context: context).load(
      allowMassChange: false, isRunning: try await context.state.isHeld())
    var plan = await plan(options, loaded, allowMassChange: false)
    plan.warnings += refusalsToCome(plan, loaded).map { refusal in
      var warning = refusal.asWarning
      warning.message = "apply will refuse this: " + refusal.message
      return warning
    }
    return plan
  }

  /// The reasons why an apply would refuse the whole plan: they are reported on the pull request, not only after the merge.
  private func refusalsToCome(_ plan: Plan, _ loaded: LoadedState) -> [Diagnostic] {
    let refusal = MassChangeGuard.refusal(plan, registered: loaded.standing.registeredClients())
    return [refusal, undurable(plan)].compactMap(\.self)
  }

  /// - Parameter live: the share of this run, which may become smaller during discovery.
  private func plan(
    _ options: PlanOptions, _ loaded: LoadedState, _ findings: [String: ClientReadBack.Finding] = [:],
    live: LiveShare? = nil, allowMassChange: Bool
  ) async -> Plan {
    var planner = Planner(
      inventory: context.inventory, standing: loaded.standing, options: options, now: context.now())
    let observer = Observer(context)
    var changes = await observer.changes(planner, live)
    if let live {
      var options = options
      options.share = await live.settled()
      planner = Planner(inventory: context.inventory, standing: loaded.standing, options: options, now: context.now())
      changes = changes.filter { [planner] in planner.isWanted($0.server) }
    }
    changes = await withRecords(changes, planner, observer, lineage: loaded.lineage)
    if options.verify {
      changes = await verified(changes, planner, loaded, observer, allowMassChange: allowMassChange)
    }
    var plan = planner.plan(changes)
    if let warning = observer.clock.warning { plan.warnings.append(warning) }
    if !findings.isEmpty { plan.changes = plan.changes.map { findings[$0.server]?.added(to: $0) ?? $0 } }
    plan.changes = UnreadableSecrets(
      loaded: loaded, canRead: context.secrets.canRead, store: context.secrets.name, refreshes: options.refresh
    ).blocking(plan.changes)
    if let store = context.secrets as? any RecipientSecretStore, let change = await store.recipientChange() {
      plan.storeChanges.append(change)
      if change.old == nil { plan.warnings.append(.recipientsUnknown) }
    }
    plan.lineage = loaded.lineage
    for change in plan.changes { context.report(.decided(change)) }
    return plan
  }

  /// Plans again for the servers whose change needs a record that cannot be used.
  private func withRecords(
    _ changes: [Change], _ planner: Planner, _ observer: Observer, lineage: String?
  ) async -> [Change] {
    let problems = await NeededRecords(
      store: context.secrets, planner: planner, lineage: lineage
    ).problems(of: changes)
    guard !problems.isEmpty else { return changes }
    var standing = planner.standing
    standing.secretProblems.merge(problems) { $1 }
    let names = planner.inventory.servers.filter { problems[planner.movedEntry(of: $0)?.from ?? $0.name] != nil }
    var options = planner.options
    options.only = Set(names.map(\.name))
    let again = Planner(inventory: planner.inventory, standing: standing, options: options, now: planner.now)
    var replaced: [String: Change] = [:]
    for change in await observer.changes(again) where options.only.contains(change.server) {
      replaced[change.server] = change
    }
    return changes.map { change in
      guard var other = replaced[change.server] else { return change }
      if other.action == .blocked, other.error?.code == .secretUnreadable {
        // A reviewer sees what a run that can read the record would change.
        other.fields = change.fields
        other.error?.notes += UnreadableSecrets.purpose(of: change).map { [$0] } ?? []
      }
      return other
    }
  }

  /// Asks the token endpoints about the clients that the plan keeps, and plans again for the servers whose client is lost.
  private func verified(
    _ changes: [Change], _ planner: Planner, _ loaded: LoadedState, _ observer: Observer, allowMassChange: Bool
  ) async -> [Change] {
    let health = await ClientHealthCheck(
      context: context, loaded: loaded, planner: planner, allowsMassChange: allowMassChange
    ).check(changes)
    var replaced: [String: Change] = [:]
    if !health.lost.isEmpty {
      var standing = loaded.standing
      standing.lost = health.lost
      var options = planner.options
      options.only = health.lost
      let again = Planner(inventory: planner.inventory, standing: standing, options: options, now: planner.now)
      let found = await withRecords(await observer.changes(again), again, observer, lineage: loaded.lineage)
      for change in found { replaced[change.server] = change }
    }
    return changes.map { health.added(to: replaced[$0.server] ?? $0) }
  }

  /// Plans under the run lock, asks for confirmation, and applies the plan.
  ///
  /// - Parameters:
  ///   - allowMassChange: whether the guard of PlanAndApply#Commands is lifted.
  ///   - isAsked: whether a user is asked about each plan. Otherwise what is left of the shares of other runs is done in several plans.
  ///   - confirm: receives the plan. If it returns false, nothing is changed. It is not called if there is nothing to do.
  /// - Returns: nil when it was not confirmed.
  /// - Throws: as `plan`; `locked`.
  package func apply(
    _ options: PlanOptions, allowMassChange: Bool, isAsked: Bool = false, confirm: @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult? {
    try await LockedRun.within(context, allowMassChange: allowMassChange) { session throws(Diagnostic) in
      let live: LiveShare? =
        if let shared = context.state as? any SharedStateStore, options.only.isEmpty, options.share.isWhole {
          try await LiveShare(shared)
        } else { nil }
      let result = try await apply(
        options, session, live: live, allowMassChange: allowMassChange, confirm: confirm)
      guard let run = result, let live, await !live.share.isWhole else { return result }
      return await OtherShares(
        reconciler: self, options: options, live: live, allowMassChange: allowMassChange, isPiecewise: !isAsked
      ).result(after: run, started: session, confirm: confirm)
    }
  }

  /// Applies a saved plan: plans again, and requires the same result. Does not ask for confirmation.
  ///
  /// - Parameter show: receives the plan before it is applied, if it has changes.
  /// - Throws: as `apply`; `stale-plan`, naming what has changed since.
  package func apply(
    _ saved: SavedPlan, allowMassChange: Bool, show: @Sendable (Plan) async -> Void
  ) async throws(Diagnostic) -> RunResult? {
    try await LockedRun.within(context, allowMassChange: allowMassChange) { session throws(Diagnostic) in
      let planner = Planner(
        inventory: context.inventory, standing: session.loaded.standing, options: saved.applyOptions,
        now: context.now())
      try saved.refuseStale(lineage: session.loaded.lineage, planner)
      // An empty selection would mean every server.
      guard !saved.servers.isEmpty else { return RunResult(plan: Plan(inventory: context.inventory.file), results: []) }
      return try await apply(
        saved.applyOptions, session, isSaved: true, allowMassChange: allowMassChange,
        check: { plan throws(Diagnostic) in try saved.refuseOther(plan) },
        confirm: { plan in
          await show(plan)
          return true
        })
    }
  }

  /// - Parameters:
  ///   - live: the share of this run among those that are under way.
  ///   - isRest: these servers are of the shares of other runs. The caller calls `finish`.
  ///   - isProven: this run has proved already that it can store.
  func apply(
    _ options: PlanOptions, _ started: LockedRun, live: LiveShare? = nil, isSaved: Bool = false, allowMassChange: Bool,
    isRest: Bool = false, isProven: Bool = false, check: (Plan) throws(Diagnostic) -> Void = { _ in },
    confirm: @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult? {
    var session = started
    // The guard of mass changes must see all servers, also those of other shares.
    let isJudgedWhole =
      !allowMassChange && (live != nil || !options.share.isWhole) && mayBreakMany(options, session.loaded)
    var options = options
    let share = isJudgedWhole ? options.share : .whole
    if isJudgedWhole { options.share = .whole }
    let findings = try await readBack(all: options.refresh && !isSaved, options, &session)
    let loaded = session.loaded
    var plan = await plan(
      options, loaded, findings, live: isJudgedWhole ? nil : live, allowMassChange: allowMassChange)
    // After a signal the plan is incomplete: it is neither confirmed nor compared with a saved plan.
    if context.isInterrupted() { return .interrupted(plan) }
    try check(plan)
    let registered = await loaded.standing.registeredClients(in: isJudgedWhole ? .whole : live?.share ?? options.share)
    if !allowMassChange, let refusal = MassChangeGuard.refusal(plan, registered: registered) {
      return .refused(plan, refusal)
    }
    if isJudgedWhole {
      options.share = await live?.settled() ?? share
      let planner = Planner(
        inventory: context.inventory, standing: loaded.standing, options: options, now: context.now())
      plan.changes.removeAll { !planner.isWanted($0.server) }
    }
    let applier = session.applier(options, movedFrom: movedNames(loaded))
    var warnings: [Diagnostic] = []
    if plan.hasChanges {
      guard await confirm(plan) else {
        // The answers of the clients that were read back are kept.
        try await session.settle()
        return nil
      }
      if let refusal = undurable(plan) { return .refused(plan, refusal) }
      if !isProven {
        do throws(Diagnostic) { warnings = try await session.proveStorable() } catch { return .refused(plan, error) }
      }
    }

    let results = await context.untilSignal(grace: true) { [plan] in await apply(plan, applier) }
    var run = RunResult(
      plan: plan, results: results, warnings: warnings, wasInterrupted: wasInterrupted(results))
    run.others = results.filter { $0.outcome == .elsewhere }.map(\.change.server)
    if let live { run.share = await live.share }
    do throws(Diagnostic) {
      if isRest { try await session.settle() } else { try await finish(session, applier, &run) }
    } catch {
      run.error = error
    }
    if run.error == nil, let failure = await session.keeper.failure { run.error = failure }
    return run
  }

  /// Reads managed clients back, and puts the result into the present state (`ClientReadBack`).
  ///
  /// - Parameter all: false: only clients with an earlier call that got no answer.
  private func readBack(
    all: Bool, _ options: PlanOptions, _ session: inout LockedRun
  ) async throws(Diagnostic) -> [String: ClientReadBack.Finding] {
    let standing = session.loaded.standing
    let planner = Planner(inventory: context.inventory, standing: standing, options: options, now: context.now())
    let chosen = context.inventory.servers.compactMap { server -> (name: String, entry: LockEntry)? in
      guard server.isEnabled, planner.isWanted(server.name), server.mode.oauth2 != nil,
        all || standing.unsettled.contains(server.name), let entry = standing.entries[server.name],
        entry.isManaged, !entry.isLost, session.loaded.unconfirmed[server.name] == nil,
        session.loaded.undecided[server.name] == nil, standing.secretProblems[server.name] == nil,
        standing.unknownOutcome(of: server.name) == nil, context.secrets.canRead
      else { return nil }
      return (server.name, entry)
    }
    let problems = await context.secrets.problems(ofNeeded: chosen, lineage: session.loaded.lineage)
    session.loaded.standing.secretProblems.merge(problems) { $1 }
    let subjects = chosen.filter { problems[$0.name] == nil }
    guard !subjects.isEmpty, !context.isInterrupted() else { return [:] }
    _ = try await session.proveStorable()
    let reader = ClientReadBack(applier: session.applier(options), unsettled: session.loaded.unsettled)
    let found = await context.untilSignal(grace: true) { [context] in
      await subjects.mapConcurrently(limit: context.parallelism) { subject -> ClientReadBack.Finding? in
        if context.isInterrupted() { return nil }
        return await RunScope.$server.withValue(subject.name) { await reader.read(subject.name, subject.entry) }
      }
    }
    let findings = found.compactMap { $0 }
    // The journal has lines of these servers now, so later changes of this run need lines too.
    session.loaded.hasJournal = true
    for finding in findings {
      session.loaded.standing.entries[finding.server] = finding.entry
      guard !finding.isOpen else { continue }
      session.loaded.standing.unsettled.remove(finding.server)
      session.loaded.unsettled.removeAll { $0.server == finding.server }
    }
    return Dictionary(findings.map { ($0.server, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether this apply might replace or remove so many clients that it would be refused. No server is discovered for this, so the answer is yes for
  /// some applies that are not refused.
  private func mayBreakMany(_ options: PlanOptions, _ loaded: LoadedState) -> Bool {
    var all = PlanOptions()
    all.offline = true
    all.retryUnknown = options.retryUnknown
    all.rotate = options.rotate
    let planner = Planner(
      inventory: context.inventory, standing: loaded.standing, options: all, now: context.now())
    return MassChangeGuard.mayRefuse(planner)
  }

  func movedNames(_ loaded: LoadedState) -> [String: String] {
    let planner = Planner(
      inventory: context.inventory, standing: loaded.standing, options: PlanOptions(), now: context.now())
    let moved = context.inventory.servers.compactMap { server in
      planner.movedEntry(of: server).map { (server.name, $0.from) }
    }
    return Dictionary(moved, uniquingKeysWith: { first, _ in first })
  }

  /// The refusal to register clients whose secrets would be lost with the CI runner (SecretStores#Records).
  private func undurable(_ plan: Plan) -> Diagnostic? {
    plan.changes.contains { $0.step.needsRequest } ? context.durability : nil
  }

  private func apply(_ plan: Plan, _ applier: ChangeApplier) async -> [ChangeResult] {
    let order = plan.changes.interleavedByIssuer()
    let changes = plan.changes.count { $0.step != .nothing }
    if changes > 0 { context.report(.beginning(changes: changes)) }
    let applied = await order.mapConcurrently(limit: context.begunAtOnce) { index in
      let change = plan.changes[index]
      let result = await RunScope.$server.withValue(change.server) { await applier.apply(change) }
      context.report(.applied(result))
      return (index, result)
    }
    var results = [ChangeResult?](repeating: nil, count: plan.changes.count)
    for (index, result) in applied { results[index] = result }
    return results.compactMap { $0 }
  }

  /// Writes lock and journal. Then deletes the clients that can be deleted, and writes the lock again.
  func finish(
    _ session: LockedRun, _ applier: ChangeApplier, _ run: inout RunResult
  ) async throws(Diagnostic) {
    await session.keeper.note(secretsCommand: context.inventory.secrets.recordedCommand)
    try await session.settle()
    let sweep = await session.sweep(applier)
    let swept = await context.untilSignal(grace: true) { await sweep.run() }
    run.warnings += swept.warnings
    let before = run.results.compactMap(\.change.entry)
    run.deletedOrphans = swept.deleted.count { orphan in !before.contains { orphan.isClient(of: $0) } }
    let lost = run.results.compactMap(ReplacedLostClient.init)
    let lock = await session.keeper.lock
    let refused = await context.untilSignal(grace: true) { [context] in
      await lost.mapConcurrently(limit: context.parallelism) { client in
        await client.refusedRecords(context, lineage: lock.lineage, lock: lock)
      }
    }
    try await session.settle(removing: swept.deleted, and: refused.flatMap { $0 })
  }

  private func wasInterrupted(_ results: [ChangeResult]) -> Bool {
    context.isInterrupted() && results.contains { $0.outcome == .skipped }
  }
}

extension Diagnostic {
  /// Another user may have removed the note to hide that a recipient was added.
  fileprivate static let recipientsUnknown = Diagnostic.warning(
    .recipientsUnknown,
    "the age store has records, and the note 'recipients' beside them is missing: it is not known to whom they were encrypted",
    help: [
      "restore the note from version control", "or encrypt everything to the present recipients: mcpauth secrets rekey",
    ])
}

extension RunResult {
  /// A signal came during discovery: nothing was done.
  fileprivate static func interrupted(_ plan: Plan) -> RunResult {
    var run = refused(plan)
    for index in run.results.indices where run.results[index].outcome == .skipped {
      run.results[index].error = .interrupted(run.results[index].change.server)
    }
    run.wasInterrupted = run.results.contains { $0.outcome != .done }
    return run
  }
}

extension [Change] {
  /// Indices in the order in which the changes are begun: the first change of each issuer, then the second of each. An issuer has one registration at
  /// a time, so a long queue at one issuer would otherwise take all places.
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
