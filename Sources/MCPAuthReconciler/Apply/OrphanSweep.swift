import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// Deletes the clients on the orphans' list that can be deleted (RFC 7592 section 2.3). This is done after the lock is durable: a client is replaced
/// before the old one is deleted (Reliability#Replacing-and-removing).
struct OrphanSweep: Sendable {
  let applier: ChangeApplier

  private var context: ReconcilerContext { applier.context }
  private var keeper: LockWriter { applier.keeper }

  /// The result of deleting one client.
  enum Outcome: Sendable, Equatable {
    /// It was deleted at its server and removed from the list.
    case deleted
    /// It stays on the list, for this reason.
    case stays(String)
    /// A signal came before the deletion was begun.
    case notBegun
  }

  /// Runs at the end of every apply: tries to delete the clients that are marked as managed.
  ///
  /// - Returns: the clients that were deleted, and a warning for each that stays.
  func run() async -> (deleted: [Orphan], warnings: [Diagnostic]) {
    let lock = await keeper.lock
    let orphans = lock.orphans.filter { orphan in
      orphan.managed && orphan.clientID != nil
        && (applier.options.only.isEmpty || applier.options.only.contains(orphan.server))
        && !orphan.isInUse(in: lock)
    }
    var result: (deleted: [Orphan], warnings: [Diagnostic]) = ([], [])
    for (orphan, outcome) in zip(orphans, await delete(orphans)) {
      switch outcome {
      case .deleted: result.deleted.append(orphan)
      case .stays(let why): result.warnings.append(Self.left(orphan, why))
      case .notBegun: break
      }
    }
    return result
  }

  /// Deletes these clients. None of them may be in use.
  ///
  /// - Returns: one result for each client, in the same order.
  func delete(_ orphans: [Orphan]) async -> [Outcome] {
    await orphans.mapConcurrently(limit: context.parallelism) { orphan in
      if context.isInterrupted() { return .notBegun }
      await applier.gates.enter(orphan.issuer)
      let outcome = await delete(orphan)
      await applier.gates.leave(orphan.issuer)
      return outcome
    }
  }

  private func delete(_ orphan: Orphan) async -> Outcome {
    guard orphan.clientID != nil else { return .stays("its client id is not known") }
    // It stays marked as managed: a run that can read the store has the token.
    guard context.secrets.canRead else { return .stays("its management token cannot be read here") }
    do throws(Diagnostic) {
      let records = ClientRecords(context: context, lineage: await keeper.lineage)
      guard let record = try await records.managementRecord(of: orphan) else {
        return await giveUp(orphan, "its management token is not in the store")
      }
      for secret in [record.registrationAccessToken, record.clientSecret] {
        if let secret { context.learn(secret) }
      }
      return try await delete(orphan, record)
    } catch {
      return .stays(error.message)
    }
  }

  private func delete(_ orphan: Orphan, _ record: SecretRecord) async throws(Diagnostic) -> Outcome {
    let trust = try context.trust(of: record.entry, named: orphan.server)
    let registrar = Registrar(
      transport: AllowingTransport(context.transport, allowance: trust.allowance), now: context.now)
    let request = try ManagementRequest(
      deleting: AbandonedClient(
        clientID: record.clientID, registrationClientURI: record.registrationClientURI,
        registrationAccessToken: record.registrationAccessToken),
      registrationEndpoint: record.entry.endpoints?.registrationEndpoint, trust: trust)
    let intent = JournalEvent.Intent(
      id: context.randomID(), call: .delete, server: orphan.server, issuer: orphan.issuer,
      endpoint: record.registrationClientURI ?? "", inputsDigest: Fingerprint.of(.object(record.entry.inputs)),
      replacesDigest: nil, time: context.now())
    let outcome = try await registrar.manage(
      request, supported: nil,
      willSend: { () async throws(Diagnostic) in try await keeper.append([.intent(intent)]) })
    switch outcome {
    case .deleted:
      return try await settled(orphan, intent)
    case .goneOrStale:
      if await isDead(record, trust, registrar) { return try await settled(orphan, intent) }
      try await keeper.append([.failed(intent: intent.id)])
      return await giveUp(orphan, "its management token is refused")
    case .refused(let diagnostic), .unreachable(let diagnostic):
      try await keeper.append([.failed(intent: intent.id)])
      return .stays(diagnostic.message)
    case .outcomeUnknown(let diagnostic):
      return .stays(diagnostic.message)
    case .done:
      preconditionFailure("a deletion is answered as one")
    }
  }

  private func settled(_ orphan: Orphan, _ intent: JournalEvent.Intent) async throws(Diagnostic) -> Outcome {
    try await keeper.append([
      .failed(intent: intent.id),
      .settled(server: orphan.server, issuer: orphan.issuer, clientID: orphan.clientID),
    ])
    await keeper.settle(orphan)
    return .deleted
  }

  private func isDead(_ record: SecretRecord, _ trust: ServerTrust, _ registrar: Registrar) async -> Bool {
    do throws(Diagnostic) {
      let entry = record.entry
      let check = try CredentialCheck(
        of: entry, clientID: record.clientID, secret: record.clientSecret,
        method: record.clientSecret == nil ? TokenEndpointAuthMethod.none : nil, trust: trust,
        nonce: context.randomID())
      if case .dead = await registrar.check(check) { return true }
      return false
    } catch {
      return false
    }
  }

  /// The client stays on the list and is marked as unmanaged: a user must handle it.
  private func giveUp(_ orphan: Orphan, _ why: String) async -> Outcome {
    var unmanaged = orphan
    unmanaged.managed = false
    await keeper.replace(orphan, with: unmanaged)
    return .stays(why)
  }

  private static func left(_ orphan: Orphan, _ why: String) -> Diagnostic {
    .warning(
      .clientLeftBehind,
      "the old client '\(ForeignText.printable(orphan.clientID ?? "", limit: 128))' of '\(orphan.server)' stays at \(ForeignText.printable(orphan.issuer, limit: 256)): \(why)",
      help: ["it is listed under orphans in the lock file, and the next apply tries again where that can be done"])
  }
}
