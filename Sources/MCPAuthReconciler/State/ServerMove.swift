import MCPAuthCore
package import MCPAuthPlan

/// What `mcpauth state move` did.
package struct ServerMoveResult: Sendable, Equatable {
  package var old: String
  package var new: String
  package var entry: LockEntry
  /// Whether the inventory has the new name. If not, the next apply would remove the server.
  package var isInInventory: Bool
  /// Whether the redirect URIs of the inventory differ from those of the client: `{server}` in them is replaced by the new name.
  package var changesRedirectURIs = false
}

/// Renames a server's entry: writes the record under the new name, then the journal, then the lock (Reliability#Order-of-writes). If the process is
/// killed between two of these, the client is under one of the names, with its record. The record under the old name stays, because a lock file on
/// another branch may name it.
struct ServerMove {
  let session: LockedRun
  let old: String
  let new: String

  private var context: ReconcilerContext { session.context }
  private var keeper: LockWriter { session.keeper }
  private var standing: Standing { session.loaded.standing }

  func run() async throws(Diagnostic) -> Result<ServerMoveResult, UsageProblem> {
    guard let entry = standing.entries[old] else {
      return .failure(.unlocked(old, standing.entries, lockFile: context.state.lockFile))
    }
    try await refuse(entry)
    try session.loaded.refuseUnconfirmed(old)
    _ = try await session.proveStorable()
    try await copyRecord(of: entry)
    let marks = standing.orphans.filter { $0.server == old && $0.reason == .outcomeUnknown }
    let movedMarks = marks.map { mark in
      var mark = mark
      mark.server = new
      return mark
    }
    // The lines that block the server come first: wherever a crash cuts the journal, they block the new name too.
    try await keeper.append(
      movedMarks.map(JournalEvent.orphaned)
        + [.registered(intent: nil, server: new, entry: entry), .removed(server: old)]
        + marks.map { .settled(server: $0.server, issuer: $0.issuer, clientID: $0.clientID) })
    try await keeper.move(old, to: new)
    for mark in marks { await keeper.settle(mark) }
    for mark in movedMarks { try await keeper.add(mark) }
    try await session.settle()
    let server = context.inventory.servers.first { $0.name == new }
    let redirectURIs = server?.mode.oauth2?.client?.redirectURIs
    return .success(
      ServerMoveResult(
        old: old, new: new, entry: entry, isInInventory: server != nil,
        changesRedirectURIs: redirectURIs != nil && entry.redirectURIs != nil && redirectURIs != entry.redirectURIs))
  }

  private func refuse(_ entry: LockEntry) async throws(Diagnostic) {
    guard standing.entries[new] == nil else {
      throw refusal(
        "there is a server '\(new)' in \(context.state.lockFile) already",
        help: ["remove it first, if it is not needed: mcpauth state forget \(new)"])
    }
    if context.inventory.servers.contains(where: { $0.name == old }) {
      throw refusal(
        "'\(old)' is still in \(ForeignText.printable(context.inventory.file, limit: 256)): the next apply would register it again",
        help: [
          "rename it there first, and then move it",
          "or write moved_from: \(old) at '\(new)', and apply",
        ])
    }
    if standing.unsettled.contains(old) {
      throw refusal(
        "a request about the client of '\(old)' ended without an answer, and its token may have changed",
        help: ["apply it under its old name first: mcpauth apply --only \(old)"])
    }
    // Otherwise there would be no record under the new name.
    if let problem = standing.secretProblems[old] { throw problem }
    try session.loaded.refuseUnreadable(old, entry, in: context.secrets)
    let problems = await context.secrets.problems(ofNeeded: [(old, entry)], lineage: session.loaded.lineage)
    if let problem = problems[old] { throw problem }
  }

  private func refusal(_ why: String, help: [String]) -> Diagnostic {
    Diagnostic(.error, .moveRefused, "'\(old)' was not moved: \(why)", help: help)
  }

  private func copyRecord(of entry: LockEntry) async throws(Diagnostic) {
    guard entry.secretVersion != nil else { return }
    var record = try await session.applier().record(of: entry, named: old)
    record.server = new
    // The record exists already if the server had this name before, or if an earlier move was interrupted.
    if try await context.secrets.get(new, version: record.version) == record { return }
    try await context.secrets.put(record)
  }
}
