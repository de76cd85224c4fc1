import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// Deletes the clients on the orphans' list that can be deleted (RFC 7592 section 2.3). This is done after the lock is durable: a client is replaced
/// before the old one is deleted (Reliability#Replacing-and-removing).
struct OrphanSweep: Sendable {
  let applier: ChangeApplier
  let endpoints: IssuerEndpoints

  /// The most tokens of one client that are tried.
  private static let tokens = 8

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
    let used = await keeper.usedEntries
    let orphans = await keeper.lock.orphans.filter { orphan in
      orphan.managed && orphan.clientID != nil
        && (applier.options.only.isEmpty || applier.options.only.contains(orphan.server))
        && !orphan.isInUse(in: used)
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
    guard !orphans.isEmpty else { return [] }
    let records = ClientRecords(context: context, lineage: await keeper.lineage)
    let listing = await Result { () async throws(Diagnostic) in try await records.listing() }
    return await orphans.mapConcurrently(limit: context.parallelism) { orphan in
      if context.isInterrupted() { return .notBegun }
      await applier.gates.enter(orphan.issuer)
      let outcome = await delete(orphan, records, listing)
      await applier.gates.leave(orphan.issuer)
      return outcome
    }
  }

  private func delete(
    _ orphan: Orphan, _ records: ClientRecords, _ listing: Result<ClientRecords.Listing, Diagnostic>
  ) async -> Outcome {
    guard orphan.clientID != nil else { return .stays("its client id is not known") }
    // It stays marked as managed: a run that can read the store has the token.
    guard context.secrets.canRead else { return .stays("its management token cannot be read here") }
    do throws(Diagnostic) {
      let found = try await records.all(of: orphan, in: listing.get())
      return try await delete(orphan, found)
    } catch {
      // Another run deletes it at this moment.
      if error.code == .locked { return .notBegun }
      return .stays(error.message)
    }
  }

  /// Tries the tokens of the client's records, newest first: another branch may have changed the client since its record was copied.
  private func delete(_ orphan: Orphan, _ found: ClientRecords.Found) async throws(Diagnostic) -> Outcome {
    let managed = found.newestFirst.map(\.record).filter {
      $0.registrationAccessToken != nil && $0.registrationClientURI != nil
    }
    guard let newest = managed.first else {
      if let problem = found.problem { return .stays(problem.message) }
      if !found.stored.isEmpty { return .stays("the client was registered without RFC 7592 management") }
      return try await giveUp(orphan, "its management token is not in the store")
    }
    let trust = try context.trust(of: newest.entry, named: orphan.server)
    var tried: [Secret?] = []
    var confirmed: IssuerEndpoints.Endpoints?
    var unconfirmed: Diagnostic?
    for record in managed where tried.count < Self.tokens && !tried.contains(record.registrationAccessToken) {
      if context.isInterrupted() { return .notBegun }
      let known: IssuerEndpoints.Endpoints
      do throws(Diagnostic) { known = try await endpoints.confirmed(for: record, trust: trust) } catch {
        unconfirmed = unconfirmed ?? error
        continue
      }
      confirmed = known
      tried.append(record.registrationAccessToken)
      if let outcome = try await delete(orphan, record, known, trust) { return outcome }
    }
    guard let known = confirmed else { return .stays(unconfirmed?.message ?? "its endpoints are not confirmed") }
    if let unconfirmed {
      return .stays("its management token is refused, and another record cannot be used: \(unconfirmed.message)")
    }
    return try await judge(orphan, found, known, trust)
  }

  /// - Returns: nil if the token is refused.
  private func delete(
    _ orphan: Orphan, _ record: SecretRecord, _ endpoints: IssuerEndpoints.Endpoints, _ trust: ServerTrust
  ) async throws(Diagnostic) -> Outcome? {
    let request = try ManagementRequest(
      deleting: AbandonedClient(
        clientID: record.clientID, registrationClientURI: record.registrationClientURI,
        registrationAccessToken: record.registrationAccessToken),
      registrationEndpoint: endpoints.registration, trust: trust)
    let intent = JournalEvent.Intent(
      id: context.randomID(), call: .delete, server: orphan.server, issuer: orphan.issuer,
      endpoint: record.registrationClientURI ?? "", inputsDigest: Fingerprint.of(.object(record.entry.inputs)),
      replacesDigest: nil, time: context.now(), clientID: orphan.clientID)
    let outcome = try await context.registrar(trust).manage(
      request, supported: nil,
      willSend: { () async throws(Diagnostic) in try await keeper.append([.intent(intent)]) })
    switch outcome {
    case .deleted:
      return try await settled(orphan, [.failed(intent: intent.id)])
    case .goneOrStale:
      try await keeper.append([.failed(intent: intent.id)])
      return nil
    case .refused(let diagnostic), .unreachable(let diagnostic):
      try await keeper.append([.failed(intent: intent.id)])
      return .stays(diagnostic.message)
    case .outcomeUnknown(let diagnostic):
      return .stays(diagnostic.message)
    case .done:
      preconditionFailure("a deletion is answered as one")
    }
  }

  /// Every token is refused: the client is gone if the token endpoint refuses every secret that is stored.
  private func judge(
    _ orphan: Orphan, _ found: ClientRecords.Found, _ endpoints: IssuerEndpoints.Endpoints, _ trust: ServerTrust
  ) async throws(Diagnostic) -> Outcome {
    let usable = found.newestFirst.filter { $0.record.entry.tokenEndpoint == endpoints.token }
    switch await StoredSecretCheck(context: context, trust: trust).verdict(on: usable) {
    case .refused:
      if let problem = found.problem {
        return .stays("its token and secret are refused, and another record cannot be used: \(problem.message)")
      }
      let checked = usable.map(\.record.clientSecret)
      guard found.stored.allSatisfy({ checked.contains($0.record.clientSecret) }) else {
        return .stays("its token is refused, and a record with another secret has other endpoints")
      }
      return try await settled(orphan, [])
    case .accepted, .unknown:
      return try await giveUp(orphan, "its management token is refused")
    }
  }

  private func settled(_ orphan: Orphan, _ closing: [JournalEvent]) async throws(Diagnostic) -> Outcome {
    try await keeper.append(
      closing + [.settled(server: orphan.server, issuer: orphan.issuer, clientID: orphan.clientID)])
    await keeper.settle(orphan)
    return .deleted
  }

  /// The client stays on the list and is marked as unmanaged: a user must handle it.
  private func giveUp(_ orphan: Orphan, _ why: String) async throws(Diagnostic) -> Outcome {
    var unmanaged = orphan
    unmanaged.managed = false
    try await keeper.replace(orphan, with: unmanaged)
    return .stays(why)
  }

  private static func left(_ orphan: Orphan, _ why: String) -> Diagnostic {
    .warning(
      .clientLeftBehind,
      "the old client '\(ForeignText.printable(orphan.clientID ?? "", limit: 128))' of '\(orphan.server)' stays at \(ForeignText.printable(orphan.issuer, limit: 256)): \(why)",
      help: ["it is listed under orphans in the lock file, and the next apply tries again if that is possible"])
  }
}
