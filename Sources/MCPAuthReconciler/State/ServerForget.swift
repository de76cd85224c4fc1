import MCPAuthCore
package import MCPAuthPlan

/// What `mcpauth state forget` did with one server.
package struct ServerForgetResult: Sendable, Equatable {
  package var server: String
  package var entry: LockEntry
  /// The client's line on the orphans' list; nil if no client of mcpauth is left.
  package var orphan: Orphan?
  /// Whether the server is still in the inventory. Then the next apply handles it as a new server.
  package var isInInventory: Bool
}

/// Removes entries from the lock without a request to any server. A client that mcpauth registered goes on the orphans' list, with a copy of its
/// record among the orphans' records. The server's record stays, because the lock file of another branch may name it.
struct ServerForget {
  let session: LockedRun
  let names: [String]
  let isForced: Bool

  private var context: ReconcilerContext { session.context }
  private var keeper: LockWriter { session.keeper }
  private var standing: Standing { session.loaded.standing }

  func run() async throws(Diagnostic) -> Result<[ServerForgetResult], UsageProblem> {
    var entries: [(name: String, entry: LockEntry)] = []
    for name in names where !entries.contains(where: { $0.name == name }) {
      guard let entry = standing.entries[name] else {
        return .failure(.unlocked(name, standing.entries, lockFile: context.state.lockFile))
      }
      entries.append((name, entry))
    }
    for (name, entry) in entries {
      try await refuse(name, entry)
      try session.loaded.refuseUnconfirmed(name)
    }
    _ = try await session.proveStorable()
    var forgotten: [ServerForgetResult] = []
    for (name, entry) in entries { forgotten.append(try await forget(name, entry)) }
    try await session.settle()
    return .success(forgotten)
  }

  private func refuse(_ name: String, _ entry: LockEntry) async throws(Diagnostic) {
    guard !isForced else { return }
    if entry.protect {
      throw Diagnostic(
        .error, .protected,
        "'\(name)' is protected, and was not forgotten: the next apply would give it another client",
        help: ["if this is intended: mcpauth state forget --force \(name)"])
    }
    if var problem = await unreadable(name, entry) {
      problem.help.append(
        "if the record is not needed to delete its client: mcpauth state forget --force \(name) keeps the record in the store"
      )
      throw problem
    }
  }

  private func unreadable(_ name: String, _ entry: LockEntry) async -> Diagnostic? {
    if let problem = standing.secretProblems[name], problem.code == .secretUnreadable { return problem }
    do throws(Diagnostic) {
      try session.loaded.refuseUnreadable(name, entry, in: context.secrets)
    } catch {
      return error
    }
    let problems = await context.secrets.problems(ofNeeded: [(name, entry)], lineage: session.loaded.lineage)
    return problems[name].flatMap { $0.code == .secretUnreadable ? $0 : nil }
  }

  private func forget(_ name: String, _ entry: LockEntry) async throws(Diagnostic) -> ServerForgetResult {
    var orphan = Orphan(retiring: entry, of: name, reason: .removed, since: context.now())
    if orphan != nil, entry.secretVersion != nil {
      // Copied for an unmanaged client too: its secret may still be needed.
      if try await !session.applier().copyToOrphans(entry, of: name) { orphan?.managed = false }
    }
    if orphan != nil || standing.unsettled.contains(name) || session.needsLines {
      try await session.applier().note(removed: entry, of: name, orphan: orphan)
    }
    try await keeper.remove(name, orphan: orphan)
    return ServerForgetResult(
      server: name, entry: entry, orphan: orphan,
      isInInventory: context.inventory.servers.contains { $0.name == name })
  }
}
