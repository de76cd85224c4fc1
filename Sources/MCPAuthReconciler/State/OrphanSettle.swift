package import MCPAuthCore
package import MCPAuthPlan

/// The result for one line of the orphans' list.
package struct OrphanResult: Sendable, Equatable {
  package enum Outcome: String, Sendable, CaseIterable {
    /// The client was deleted at its server, and removed from the list.
    case deleted
    /// The line was removed. A client at the server stays there.
    case forgotten
    /// Nothing was changed.
    case kept
  }

  package var orphan: Orphan
  package var outcome: Outcome
  /// For `kept`: the reason. For `forgotten`: what stays at the server.
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
    let before = await keeper.usedEntries
    let deletable = lines.filter { refusal($0, before) == nil }
    let sweep = await session.sweep(session.applier())
    let outcomes = await context.untilSignal(grace: true) { await sweep.delete(deletable) }
    try await session.settle(removing: zip(deletable, outcomes).filter { $0.1 == .deleted }.map(\.0))
    var results: [OrphanResult] = []
    for orphan in lines {
      guard let index = deletable.firstIndex(of: orphan) else {
        results.append(OrphanResult(orphan: orphan, outcome: .kept, note: refusal(orphan, before)))
        continue
      }
      switch outcomes[index] {
      case .deleted:
        results.append(OrphanResult(orphan: orphan, outcome: .deleted))
      case .stays(let why):
        results.append(OrphanResult(orphan: orphan, outcome: .kept, note: kept(orphan, why, help: [Self.byHand])))
      case .notBegun:
        results.append(
          OrphanResult(
            orphan: orphan, outcome: .kept,
            note: Diagnostic(.error, .interrupted, "no request was sent for \(words(orphan)): a signal ended the run")))
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
    // If the journal is kept, it may still have the lines that put these clients on the list.
    if session.needsLines {
      for orphan in lines { try await keeper.append(forgetting(orphan)) }
    }
    for orphan in lines { await keeper.settle(orphan) }
    try await session.settle(removing: lines)
    return .success(
      lines.map { orphan in
        OrphanResult(orphan: orphan, outcome: .forgotten, note: orphan.isInUse(in: before) ? nil : left(orphan))
      })
  }

  private func forgetting(_ orphan: Orphan) -> [JournalEvent] {
    let intent = JournalEvent.Intent(
      id: context.randomID(), call: .lock, server: orphan.server, issuer: orphan.issuer, endpoint: "",
      inputsDigest: "", replacesDigest: nil, time: context.now(), clientID: orphan.clientID)
    return [.intent(intent), .settled(server: orphan.server, issuer: orphan.issuer, clientID: orphan.clientID)]
  }

  private func selected() async throws(UsageProblem) -> [Orphan] {
    try selection.lines(of: await keeper.lock.orphans.sorted { $0.sortKey < $1.sortKey })
  }

  /// Why the deletion of a client cannot be tried.
  private func refusal(_ orphan: Orphan, _ used: [(server: String, entry: LockEntry)]) -> Diagnostic? {
    guard orphan.clientID != nil else {
      return kept(
        orphan, "a registration ended without an answer, and the client's id is not known",
        help: [
          "look for it at \(shown(orphan.issuer)) by its time, and delete it there",
          "then remove the line: mcpauth orphans forget \(orphan.server) --reason outcome-unknown",
        ])
    }
    if let user = used.first(where: { orphan.isClient(of: $0.entry) }) {
      return kept(
        orphan, "'\(user.server)' uses it",
        help: ["remove only the line: mcpauth orphans forget \(PastedText.shell(orphan.clientID ?? ""))"])
    }
    return nil
  }

  // MARK: Messages

  private static let byHand =
    "delete it at its server by hand, then remove the line with mcpauth orphans forget"

  private func kept(_ orphan: Orphan, _ why: String, help: [String]) -> Diagnostic {
    Diagnostic(.error, .clientLeftBehind, "\(words(orphan)) was not deleted: \(why)", help: help)
  }

  private func left(_ orphan: Orphan) -> Diagnostic {
    .warning(
      .clientLeftBehind,
      orphan.clientID == nil
        ? "a client may still be at \(shown(orphan.issuer)); mcpauth no longer has a record of it"
        : "\(words(orphan)) stays there; mcpauth no longer has a record of it")
  }

  private func words(_ orphan: Orphan) -> String {
    let client = orphan.clientID.map { "the client '\(shown($0))'" } ?? "the client"
    return "\(client) of '\(shown(orphan.server))' at \(shown(orphan.issuer))"
  }

  private func shown(_ text: String) -> String { ForeignText.printable(text, limit: 256) }
}
