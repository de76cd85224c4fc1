import MCPAuthCore
import MCPAuthPlan

/// Changes a client in place (RFC 7592 section 2.2).
struct ClientUpdate {
  let applier: ChangeApplier
  let change: Change
  let planned: PlannedRegistration

  func run() async -> ChangeResult {
    guard let entry = change.entry else { return failed(.interrupted(change.server)) }
    await applier.gates.enter(planned.metadata.issuer)
    let result = await applier.requests.withSlot {
      applier.context.isInterrupted()
        ? ChangeResult(change: change, outcome: .skipped, entry: entry, error: .interrupted(change.server))
        : await inside(entry)
    }
    await applier.gates.leave(planned.metadata.issuer)
    return result
  }

  private func inside(_ entry: LockEntry) async -> ChangeResult {
    do throws(Diagnostic) {
      var statement: Secret?
      if let reference = planned.softwareStatement { statement = try await applier.context.resolve(reference) }
      let call = ManagedCall(
        applier: applier, server: change.server, entry: entry, trust: planned.trust,
        supported: planned.metadata.tokenEndpointAuthMethodsSupported)
      switch try await call.send(.update(planned.requested), template: planned.template, softwareStatement: statement) {
      case .stored(let updated, let problem, let warnings, let isNewSecret):
        if let problem = problem ?? renewalProblem(from: entry, to: updated) ?? rotationProblem(isNewSecret) {
          return failed(problem, entry: updated, warnings: warnings)
        }
        return ChangeResult(change: change, outcome: .done, entry: updated, warnings: warnings)
      case .failed(let diagnostic):
        return failed(diagnostic)
      case .lost(let diagnostic):
        return failed(diagnostic, entry: try await applier.note(lost: entry, of: change.server))
      case .managementLost(let warning, let accepted):
        let kept = try await applier.note(unmanaged: accepted, of: change.server)
        let refusal = Diagnostic(
          .error, .updateRejected, "the client of '\(change.server)' can no longer be changed in place",
          help: ["apply again: it is then replaced, and users must reconnect"], requests: warning.requests)
        return failed(refusal, entry: kept, warnings: [warning])
      }
    } catch {
      return failed(error)
    }
  }

  private func renewalProblem(from old: LockEntry, to new: LockEntry) -> Diagnostic? {
    guard change.reasons.contains(.secretExpiring) || change.reasons.contains(.secretExpired) else { return nil }
    return Diagnostic.ineffectiveRenewal(from: old.secretExpiresAt, to: new.secretExpiresAt)
  }

  /// `rotate` asked for a new secret, and the server returned the old one.
  private func rotationProblem(_ isNewSecret: Bool) -> Diagnostic? {
    guard change.reasons.contains(.rotateRequested), !isNewSecret else { return nil }
    return Diagnostic(
      .error, .renewalIneffective,
      "the server updated the client of '\(change.server)', and gave it no new secret: the old one stays in use",
      help: ["replace the client by raising generation; users must then reconnect"])
  }

  private func failed(_ error: Diagnostic, entry: LockEntry? = nil, warnings: [Diagnostic] = []) -> ChangeResult {
    ChangeResult(
      change: change, outcome: .failed, entry: entry ?? change.entry, error: error.placed(at: change.location),
      warnings: warnings)
  }
}

extension ChangeApplier {
  /// Marks the client as lost: the token endpoint does not know it any more. The next plan replaces it.
  func note(lost entry: LockEntry, of server: String) async throws(Diagnostic) -> LockEntry {
    var entry = entry
    // An update without an answer may have changed the secret. Then the client still exists, but mcpauth cannot manage it.
    let orphan =
      unsettled.contains(server)
      ? Orphan(retiring: entry, of: server, reason: .replaced, since: context.now()).map { orphan in
        var orphan = orphan
        orphan.managed = false
        return orphan
      } : nil
    entry.client?.isLost = true
    entry.client?.isManaged = false
    // The orphan first: the `registered` line closes the open update, and if a crash lost the orphan's line, nothing would name the client.
    try await keeper.append(
      (orphan.map { [.orphaned($0)] } ?? []) + [.registered(intent: nil, server: server, entry: entry)])
    try await keeper.set(entry, for: server, orphan: orphan)
    return entry
  }

  /// Marks the client as unmanaged: it is alive, but mcpauth cannot manage it any more.
  func note(unmanaged entry: LockEntry, of server: String) async throws(Diagnostic) -> LockEntry {
    var entry = entry
    entry.client?.isManaged = false
    try await keeper.append([.registered(intent: nil, server: server, entry: entry)])
    try await keeper.set(entry, for: server, orphan: nil)
    return entry
  }
}
