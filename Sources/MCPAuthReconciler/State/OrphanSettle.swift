package import MCPAuthCore
package import MCPAuthPlan

/// What came of one line of the orphans' list.
package struct OrphanResult: Sendable, Equatable {
  package enum Outcome: String, Sendable, CaseIterable {
    /// The client is gone from its server, and from the list.
    case deleted
    /// The line was struck; whatever is at the server stays there.
    case forgotten
    /// All is as it was.
    case kept
  }

  package var orphan: Orphan
  package var outcome: Outcome
  /// `kept`: why. `forgotten`: what that leaves.
  package var note: Diagnostic?
}

/// `orphans delete` and `orphans forget`.
struct OrphanSettle {
  let session: LockedRun
  let selection: OrphanSelection

  private var context: ReconcilerContext { session.context }
  private var keeper: LockWriter { session.keeper }

  func delete() async throws(Diagnostic) -> Result<[OrphanResult], UsageProblem> {
    let lines: [Orphan]
    do throws(UsageProblem) { lines = try await selected() } catch { return .failure(error) }
    _ = try await session.proveStorable()
    let before = await keeper.lock
    let deletable = lines.filter { refusal($0, before) == nil }
    for orphan in deletable { try await findRecord(of: orphan, in: before) }
    let sweep = OrphanSweep(applier: session.applier())
    let outcomes = await context.untilSignal(grace: true) { await sweep.delete(deletable) }
    try await session.settleSweep(since: before)
    // Where nothing was deleted, the intents of trying it go.
    try await session.settle()
    var results: [OrphanResult] = []
    for orphan in lines {
      guard let index = deletable.firstIndex(of: orphan) else {
        results.append(OrphanResult(orphan: orphan, outcome: .kept, note: refusal(orphan, before)))
        continue
      }
      switch outcomes[index] {
      case .deleted:
        try await removeServerRecords(of: orphan, in: before)
        results.append(OrphanResult(orphan: orphan, outcome: .deleted))
      case .stays(let why):
        results.append(OrphanResult(orphan: orphan, outcome: .kept, note: kept(orphan, why, help: [Self.byHand])))
      case .notBegun:
        results.append(
          OrphanResult(
            orphan: orphan, outcome: .kept,
            note: Diagnostic(.error, .interrupted, "\(words(orphan)) was not asked for: a signal ended the run")))
      }
    }
    if let failure = await keeper.failure { throw failure }
    return .success(results)
  }

  func forget() async throws(Diagnostic) -> Result<[OrphanResult], UsageProblem> {
    let lines: [Orphan]
    do throws(UsageProblem) { lines = try await selected() } catch { return .failure(error) }
    _ = try await session.proveStorable()
    let before = await keeper.lock
    for orphan in lines { await keeper.settle(orphan) }
    // The lock first: a token without its line does less harm than a line that cannot be deleted any more.
    try await session.settleSweep(since: before)
    for orphan in lines { try await removeServerRecords(of: orphan, in: before) }
    return .success(
      lines.map { orphan in
        OrphanResult(orphan: orphan, outcome: .forgotten, note: orphan.isInUse(in: before) ? nil : left(orphan))
      })
  }

  private func selected() async throws(UsageProblem) -> [Orphan] {
    try selection.lines(of: await keeper.lock.orphans.sorted { $0.sortKey < $1.sortKey })
  }

  /// Why a client cannot even be tried.
  private func refusal(_ orphan: Orphan, _ lock: Lock) -> Diagnostic? {
    guard orphan.clientID != nil else {
      return kept(
        orphan, "a registration ended without an answer, and nobody knows the client's id",
        help: [
          "look for it at \(shown(orphan.issuer)) by its time, and delete it there",
          "then strike the line: mcpauth orphans forget \(orphan.server) --reason outcome-unknown",
        ])
    }
    if let user = lock.servers.first(where: { orphan.isClient(of: $0.value) }) {
      return kept(
        orphan, "'\(user.key)' uses it",
        help: ["strike the line only: mcpauth orphans forget \(PastedText.shell(orphan.clientID ?? ""))"])
    }
    return nil
  }

  /// A run that was broken off, or a merge, had no time to put the client's record where the orphans' are.
  private func findRecord(of orphan: Orphan, in lock: Lock) async throws(Diagnostic) {
    guard context.secrets.canRead, let clientID = orphan.clientID,
      try await context.secrets.getOrphan(issuer: orphan.issuer, clientID: clientID) == nil
    else { return }
    let records = await serverRecords(of: orphan, in: lock)
    // The newest has the token that is valid now.
    let newest = records.max { ($0.entry.registeredAt?.seconds ?? 0) < ($1.entry.registeredAt?.seconds ?? 0) }
    if let newest { try await context.secrets.putOrphan(newest) }
  }

  private func serverRecords(of orphan: Orphan, in lock: Lock) async -> [SecretRecord] {
    var records: [SecretRecord] = []
    for version in session.loaded.records[orphan.server] ?? [] {
      guard version != lock.servers[orphan.server]?.secretVersion,
        let record = try? await context.secrets.get(orphan.server, version: version),
        record.lineage == lock.lineage, record.issuer == orphan.issuer, record.clientID == orphan.clientID
      else { continue }
      records.append(record)
    }
    return records
  }

  /// What is left of the client under its server's name, once it is on the list no more: nobody would know whose it is.
  private func removeServerRecords(of orphan: Orphan, in lock: Lock) async throws(Diagnostic) {
    guard !orphan.isInUse(in: lock) else { return }
    for record in await serverRecords(of: orphan, in: lock) {
      try await context.secrets.remove(record.server, version: record.version)
    }
  }

  // MARK: Words

  private static let byHand =
    "delete it at its server by hand, then strike the line with mcpauth orphans forget"

  private func kept(_ orphan: Orphan, _ why: String, help: [String]) -> Diagnostic {
    Diagnostic(.error, .clientLeftBehind, "\(words(orphan)) was not deleted: \(why)", help: help)
  }

  private func left(_ orphan: Orphan) -> Diagnostic {
    .warning(
      .clientLeftBehind,
      orphan.clientID == nil
        ? "a client may still be at \(shown(orphan.issuer)); nothing says so any more"
        : "\(words(orphan)) stays there; nothing says so any more")
  }

  private func words(_ orphan: Orphan) -> String {
    let client = orphan.clientID.map { "the client '\(shown($0))'" } ?? "the client"
    return "\(client) of '\(shown(orphan.server))' at \(shown(orphan.issuer))"
  }

  private func shown(_ text: String) -> String { ForeignText.printable(text, limit: 256) }
}
