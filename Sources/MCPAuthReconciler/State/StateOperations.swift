package import MCPAuthCore
package import MCPAuthPlan

/// Reads and changes the lock file for `status`, `state` and `orphans` (PlanAndApply#Commands). Operations that only read take no lock and write
/// nothing. Operations that write begin as `apply` does.
package struct StateOperations: Sendable {
  let context: ReconcilerContext

  package init(_ context: ReconcilerContext) {
    self.context = context
  }

  /// The present lock, with the changes of an interrupted run included.
  ///
  /// - Throws: `lock-invalid`, `lock-too-new`, `lock-missing`, `journal-invalid`, `journal-foreign`.
  package func look() async throws(Diagnostic) -> Standing {
    try await StateLoader(context: context).load(
      allowMassChange: false, isRunning: try await context.state.isHeld()
    ).shown(context.inventory, context.secrets)
  }

  /// The status of each server. No request is made.
  ///
  /// - Throws: as `look`.
  package func status() async throws(Diagnostic) -> StatusReport {
    var standing = try await look()
    for (server, problem) in try await missingValues() where standing.secretProblems[server] == nil {
      standing.secretProblems[server] = problem
    }
    var report = StatusReport(context.inventory, standing, now: context.now())
    report.mark(withoutValue: await usesWithoutValue())
    return report
  }

  /// Uses of `{env: NAME}` and `{file: PATH}` whose value cannot be read here. The values are read and not kept.
  private func usesWithoutValue() async -> [SecretUse] {
    var missing: [SecretUse] = []
    for use in context.inventory.servers.filter(\.isEnabled).flatMap(\.secretUses) {
      if case .stored = use.reference { continue }
      do throws(Diagnostic) { _ = try await context.resolve(use.reference) } catch { missing.append(use) }
    }
    return missing
  }

  /// Servers whose `{stored: KEY}` has no value in the store. This does not depend on whether the store can be read.
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

  /// Renames a server's entry, its secret record and its unknown outcomes.
  ///
  /// - Returns: wrong usage if the lock has no such server.
  /// - Throws: as `look`; `locked`, `move-refused`, `secret-missing` and the like, `store-failed`.
  package func move(_ old: String, to new: String) async throws(Diagnostic) -> Result<ServerMoveResult, UsageProblem> {
    try await LockedRun.within(context) { session throws(Diagnostic) in
      try await ServerMove(session: session, old: old, new: new).run()
    }
  }

  /// Removes servers from the lock, all or none, without a request to any server.
  ///
  /// - Parameter isForced: includes protected servers, and those whose record cannot be read.
  /// - Returns: wrong usage if the lock has no such server.
  /// - Throws: as `look`; `locked`, `protected`, `secret-unreadable`, `store-failed`.
  package func forget(
    _ names: [String], isForced: Bool
  ) async throws(Diagnostic) -> Result<[ServerForgetResult], UsageProblem> {
    try await LockedRun.within(context) { session throws(Diagnostic) in
      try await ServerForget(session: session, names: names, isForced: isForced).run()
    }
  }

  /// Deletes clients of the orphans' list at their servers, if they support RFC 7592.
  ///
  /// - Returns: one result per client; wrong usage if the selection matches no line, or several.
  /// - Throws: as `look`; `locked`, `store-failed`.
  package func deleteOrphans(
    _ selection: OrphanSelection
  ) async throws(Diagnostic) -> Result<[OrphanResult], UsageProblem> {
    try await LockedRun.within(context) { session throws(Diagnostic) in
      try await OrphanSettle(session: session, selection: selection).delete()
    }
  }

  /// Removes lines from the orphans' list, with the tokens that are stored for them.
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
  /// The error for a server that is not in the lock.
  package static func unlocked(_ name: String, _ entries: [String: LockEntry], lockFile: String) -> UsageProblem {
    let nearest = NearestName.suggestion(for: name, in: entries.keys.sorted())
    return UsageProblem(
      "there is no server '\(ForeignText.printable(name, limit: 128))' in \(lockFile)",
      help: [nearest.map { "did you mean '\($0)'?" } ?? "see them with mcpauth state list"])
  }
}
