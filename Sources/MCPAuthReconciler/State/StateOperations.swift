package import MCPAuthCore
package import MCPAuthPlan

/// Looks at the lock file and mends it: `status`, `state` and `orphans` (PlanAndApply#Commands). What reads takes no lock and writes nothing; what writes begins
/// as `apply` does.
package struct StateOperations: Sendable {
  let context: ReconcilerContext

  package init(_ context: ReconcilerContext) {
    self.context = context
  }

  /// The lock as it stands, with what a broken-off run had done folded in.
  ///
  /// - Throws: `lock-invalid`, `lock-too-new`, `lock-missing`, `journal-invalid`, `journal-foreign`.
  package func look() async throws(Diagnostic) -> Standing {
    try await StateLoader(context: context).load(
      allowMassChange: false, isRunning: try await context.state.isHeld()
    ).shown(context.inventory, context.secrets)
  }

  /// How each server stands. No request is made.
  ///
  /// - Throws: as `look`.
  package func status() async throws(Diagnostic) -> StatusReport {
    var standing = try await look()
    for (server, problem) in try await missingValues() where standing.secretProblems[server] == nil {
      standing.secretProblems[server] = problem
    }
    return StatusReport(context.inventory, standing, now: context.now())
  }

  /// Servers whose `{stored: KEY}` is not in the store; whether it can be read does not matter for that.
  private func missingValues() async throws(Diagnostic) -> [String: Diagnostic] {
    let uses = context.inventory.storedUses
    guard !uses.isEmpty, let store = context.secrets as? any StoredSecretStore else { return [:] }
    let keys = Set(try await store.storedKeys())
    var problems: [String: Diagnostic] = [:]
    for (key, places) in uses where !keys.contains(key) {
      for place in places { problems[place.server] = .storedMissing(key, store: store.name) }
    }
    return problems
  }

  /// Gives a server's entry, its secret record and its unknown outcomes another name.
  ///
  /// - Returns: wrong usage where the lock has no such server.
  /// - Throws: as `look`; `locked`, `move-refused`, `secret-missing` and the like, `store-failed`.
  package func move(_ old: String, to new: String) async throws(Diagnostic) -> Result<ServerMoveResult, UsageProblem> {
    try await LockedRun.within(context) { session throws(Diagnostic) in
      try await ServerMove(session: session, old: old, new: new).run()
    }
  }

  /// Takes servers out of the lock, all or none, without asking any server.
  ///
  /// - Parameter isForced: also protected ones, and those whose record cannot be read.
  /// - Returns: wrong usage where the lock has no such server.
  /// - Throws: as `look`; `locked`, `protected`, `secret-unreadable`, `store-failed`.
  package func forget(
    _ names: [String], isForced: Bool
  ) async throws(Diagnostic) -> Result<[ServerForgetResult], UsageProblem> {
    try await LockedRun.within(context) { session throws(Diagnostic) in
      try await ServerForget(session: session, names: names, isForced: isForced).run()
    }
  }

  /// Deletes clients of the orphans' list at their servers, where RFC 7592 allows.
  ///
  /// - Returns: what came of each; wrong usage where the selection names no line, or several.
  /// - Throws: as `look`; `locked`, `store-failed`.
  package func deleteOrphans(
    _ selection: OrphanSelection
  ) async throws(Diagnostic) -> Result<[OrphanResult], UsageProblem> {
    try await LockedRun.within(context) { session throws(Diagnostic) in
      try await OrphanSettle(session: session, selection: selection).delete()
    }
  }

  /// Strikes lines from the orphans' list, with the tokens that were kept for them.
  ///
  /// - Returns: as `deleteOrphans`.
  /// - Throws: as `deleteOrphans`.
  package func forgetOrphans(
    _ selection: OrphanSelection
  ) async throws(Diagnostic) -> Result<[OrphanResult], UsageProblem> {
    try await LockedRun.within(context) { session throws(Diagnostic) in
      try await OrphanSettle(session: session, selection: selection).forget()
    }
  }
}

extension UsageProblem {
  /// There is no such server in the lock.
  package static func unlocked(_ name: String, _ entries: [String: LockEntry], lockFile: String) -> UsageProblem {
    let nearest = NearestName.of(name, in: entries.keys.sorted())
    return UsageProblem(
      "there is no server '\(ForeignText.printable(name, limit: 128))' in \(lockFile)",
      help: [nearest.map { "did you mean '\($0)'?" } ?? "see them with mcpauth state list"])
  }
}
