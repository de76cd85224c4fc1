import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// One registration. The order of writes is that of Reliability#Order-of-writes: intent, POST, secret record, question to
/// the token endpoint where the method is open, `registered`, lock.
struct ClientRegistration {
  let applier: ChangeApplier
  let change: Change
  let planned: PlannedRegistration

  private var context: ReconcilerContext { applier.context }
  private var keeper: LockWriter { applier.keeper }
  private var issuer: String { planned.metadata.issuer }
  private var registrar: Registrar { context.registrar(planned.trust, holdsSecret: context.holdsSecret) }

  func run() async -> ChangeResult {
    await applier.gates.enter(issuer)
    let result = await inside()
    await applier.gates.leave(issuer)
    return result
  }

  private func inside() async -> ChangeResult {
    if let reason = await reasonNotToBegin() { return skipped(reason) }
    do throws(Diagnostic) {
      let request = try await makeRequest()
      // The server knows the secrets of the client that is replaced: they are registered, so that neither is taken for the new client ID.
      if let entry = change.entry, entry.secretVersion != nil {
        _ = try? await applier.record(of: entry, named: change.server)
      }
      try await retryUnknown()
      return try await register(request)
    } catch {
      return failed(error)
    }
  }

  private func reasonNotToBegin() async -> Diagnostic? {
    if context.isInterrupted() { return .interrupted(change.server) }
    if let failure = await keeper.failure { return .notBegun(change.server, failure) }
    guard await applier.gates.isStopped(issuer) else { return nil }
    return Diagnostic(
      .error, .skipped,
      "'\(change.server)' was not begun: an earlier registration at \(ForeignText.printable(issuer, limit: 256)) had no answer, or was postponed",
      help: ["apply again when that problem is solved"])
  }

  private func makeRequest() async throws(Diagnostic) -> RegistrationRequest {
    var token: Secret?
    var statement: Secret?
    if let reference = planned.initialAccessToken { token = try await context.resolve(reference) }
    if let reference = planned.softwareStatement { statement = try await context.resolve(reference) }
    return try RegistrationRequest(
      endpoint: planned.endpoint, requested: planned.requested, softwareStatement: statement, initialAccessToken: token,
      trust: planned.trust, isFromInventory: planned.isFromInventory)
  }

  private func retryUnknown() async throws(Diagnostic) {
    guard applier.options.retryUnknown else { return }
    let marked = await keeper.markRetried(change.server)
    if !marked.isEmpty { try await keeper.append(marked.map(JournalEvent.orphaned)) }
  }

  private func register(_ request: RegistrationRequest) async throws(Diagnostic) -> ChangeResult {
    var schedule = RateLimitSchedule()
    while true {
      // What is done with the answer takes no place of `--parallelism`: see `begunAtOnce`.
      let made = await applier.requests.withSlot {
        await Result { () async throws(Diagnostic) in try await attempt(request) }
      }
      switch try made.get() {
      case .notBegun(let reason): return skipped(reason)
      // The registration was refused before any request was sent.
      case .answered(let result, intent: nil):
        return failed(result.failure?.diagnostic ?? .interrupted(change.server))
      case .answered(.success(let client), let intent?): return await store(client, intent: intent.id)
      case .answered(.failure(let failure), let intent?):
        // A signal came before the request was sent: this is no failure of the server.
        if failure.outcome == .notSent, context.isInterrupted() { return skipped(.interrupted(change.server)) }
        guard failure.diagnostic.code == .rateLimited, failure.leavesNothing, !context.isInterrupted(),
          let seconds = schedule.next(retryAfter: failure.retryAfter)
        else { return try await refused(failure, intent: intent) }
        context.report(.waiting(server: change.server, milliseconds: seconds * 1000))
        do { try await context.rest(.seconds(seconds)) } catch { return try await refused(failure, intent: intent) }
      }
    }
  }

  private enum Attempt: Sendable {
    case notBegun(Diagnostic)
    /// Without an intent nothing was sent.
    case answered(Result<RegisteredClient, RegistrationFailure>, intent: JournalEvent.Intent?)
  }

  private func attempt(_ request: RegistrationRequest) async throws(Diagnostic) -> Attempt {
    // The reason may have come during the wait for a place, or for a rate limit.
    if let reason = await reasonNotToBegin() { return .notBegun(reason) }
    var intent: JournalEvent.Intent?
    let result = try await registrar.register(
      request, metadata: planned.metadata,
      willSend: { (_: Int) async throws(Diagnostic) in
        let next = await makeIntent(context.randomID())
        try await keeper.append([.intent(next)])
        intent = next
      },
      didFail: { (_: Int) async throws(Diagnostic) in
        if let intent { try await keeper.append([.failed(intent: intent.id)]) }
      })
    return .answered(result, intent: intent)
  }

  private func makeIntent(_ id: String) async -> JournalEvent.Intent {
    JournalEvent.Intent(
      id: id, call: .register, server: change.server, issuer: issuer, endpoint: planned.endpoint,
      inputsDigest: Fingerprint.of(.object(planned.template.inputs)),
      replacesDigest: applier.adopted.contains(change.server) ? nil : change.entry.map { Fingerprint.of($0.json) },
      time: await keeper.time(ofIntentFor: change.server, now: context.now()))
  }

  // MARK: The answer

  private func store(_ client: RegisteredClient, intent: String) async -> ChangeResult {
    context.learnSecrets(of: client)
    var entry = planned.template
    entry.client = LockedClient(client, version: intent, registeredAt: context.now())
    if let problem = await renewalProblem(client) {
      return await abandon(AbandonedClient(client), problem, intent: intent, warnings: client.warnings)
    }
    do throws(Diagnostic) {
      if entry.secretVersion != nil {
        try await context.secrets.put(
          SecretRecord(
            of: client, entry: entry, server: change.server, lineage: await keeper.lineage, version: intent,
            storedAt: context.now()))
      }
    } catch {
      if error.code == .intentSettled { return await lateAnswer(client, error, intent: intent) }
      return await unstorable(client, error, intent: intent)
    }
    do throws(Diagnostic) {
      let proved = try await withProvedMethod(client, &entry)
      let retired = try await applier.retire(change.entry, for: entry, of: change.server, reason: .replaced)
      try await keeper.append(
        [.registered(intent: intent, server: change.server, entry: entry)] + (retired.map { [.orphaned($0)] } ?? []))
      try await keeper.set(entry, for: change.server, orphan: retired)
      if let version = entry.secretVersion, version != intent {
        // No lock file names the record with the method that was refused. If it stays, it does no harm.
        try? await context.secrets.remove(change.server, version: intent)
      }
      return ChangeResult(change: change, outcome: .done, entry: entry, warnings: proved.warnings)
    } catch {
      if error.code == .intentSettled {
        return await lateAnswer(client, error, intent: intent, proved: entry.secretVersion)
      }
      return await unfinished(client, error, isKept: entry.secretVersion != nil)
    }
  }

  /// The answer came after another run or a person had settled the intent, so the server may have another client now. This one goes on the orphans'
  /// list with its token (Reliability#Many-runners).
  ///
  /// - Parameter proved: the version of the record with the method that the token endpoint took.
  private func lateAnswer(
    _ client: RegisteredClient, _ error: Diagnostic, intent: String, proved: String? = nil
  ) async -> ChangeResult {
    var orphan = orphan(AbandonedClient(client))
    orphan.reason = .replaced
    do throws(Diagnostic) {
      // Another run may have taken this client from its record.
      let shared = context.state as? any SharedStateStore
      if let present = try await shared?.current(change.server), orphan.isClient(of: present) {
        return ChangeResult(change: change, outcome: .done, entry: present, warnings: client.warnings)
      }
      var entry = planned.template
      entry.client = LockedClient(client, version: intent, registeredAt: context.now())
      if entry.secretVersion != nil {
        try await context.secrets.putOrphan(
          SecretRecord(
            of: client, entry: entry, server: change.server, lineage: await keeper.lineage, version: intent,
            storedAt: context.now()))
      }
      // A later run deletes it, if it is managed: this run has read the state before the intent was settled.
      try await keeper.append([.orphaned(orphan)])
      // Without an entry that names it, a run would take the record for the server's client.
      for version in Set([intent, proved].compactMap(\.self)) {
        try await context.secrets.remove(change.server, version: version)
      }
    } catch {
      return await unfinished(client, error, isKept: false)
    }
    let left = Diagnostic.warning(
      .clientLeftBehind,
      "the client '\(ForeignText.printable(client.clientID, limit: 256))' stays at \(ForeignText.printable(issuer, limit: 256)); it is listed under orphans"
    )
    return failed(error, client.warnings + [left])
  }

  /// Asks the token endpoint for the method, if the answer left it open. A record is never replaced, so another method gets a record of its own. If
  /// the run ends before the `registered` line, the next one takes the first record, with the method of the table (Registration#Answers).
  private func withProvedMethod(
    _ client: RegisteredClient, _ entry: inout LockEntry
  ) async throws(Diagnostic) -> RegisteredClient {
    let proof = AuthMethodProof(context: context, trust: planned.trust, server: change.server)
    let proved = await proof.settled(client, entry)
    guard proved.tokenEndpointAuthMethod != client.tokenEndpointAuthMethod else { return proved }
    var settled = entry
    settled.client?.authMethod = AuthMethod(proved.tokenEndpointAuthMethod)
    let version = context.randomID()
    settled.client?.secretVersion = version
    try await context.secrets.put(
      SecretRecord(
        of: proved, entry: settled, server: change.server, lineage: await keeper.lineage, version: version,
        storedAt: context.now()))
    entry = settled
    return proved
  }

  /// The problem of a renewal that gave no new secret or no later expiry (Registration#Renewal).
  private func renewalProblem(_ client: RegisteredClient) async -> Diagnostic? {
    if change.reasons.contains(.rotateRequested), let problem = await rotationProblem(client) { return problem }
    let isRenewal = change.reasons.contains(.secretExpiring) || change.reasons.contains(.secretExpired)
    guard isRenewal, let entry = change.entry, entry.registration == .dcr else { return nil }
    return client.renewalProblem(replacing: entry.secretExpiresAt)
  }

  /// Some servers answer a registration with an existing client, and its secret, if the redirect URIs are the same.
  private func rotationProblem(_ client: RegisteredClient) async -> Diagnostic? {
    guard let entry = change.entry, entry.issuer == issuer, entry.clientID == client.clientID,
      let record = try? await applier.record(of: entry, named: change.server),
      record.clientSecret == client.clientSecret
    else { return nil }
    return Diagnostic(
      .error, .renewalIneffective,
      "the server answered the registration with the client that '\(change.server)' has already, and its old secret",
      help: ["delete the client at its provider, or have its secret changed there, and adopt it with mcpauth import"])
  }

  /// The client could not be stored, for example because the disk is full. A client that cannot be stored must not stay at the server
  /// (Reliability#Order-of-writes).
  private func unstorable(_ client: RegisteredClient, _ error: Diagnostic, intent: String) async -> ChangeResult {
    await keeper.fail(error)
    var error = error
    let id = ForeignText.printable(client.clientID, limit: 256)
    if error.code == .storeOutcomeUnknown {
      // The next run would take a deleted client from such a record. Its intent stays open: the run completes it from the record, or reports it.
      error.notes.append(
        "the client '\(id)' at \(ForeignText.printable(issuer, limit: 256)) was registered: the next apply continues with it if its record is stored, and reports its outcome as unknown if not"
      )
      return failed(error)
    }
    let abandoned = AbandonedClient(client)
    if abandoned.isManaged, await !orphan(abandoned).isInUse(in: keeper.usedEntries), await isDeleted(abandoned) {
      // A part of the record may have been written. The next run must not take it for an existing client.
      try? await context.secrets.remove(change.server, version: intent)
      try? await keeper.append([.failed(intent: intent)])
      error.notes.append(
        "the client '\(id)' at \(ForeignText.printable(issuer, limit: 256)) could not be stored, and was deleted again")
    } else {
      error.notes.append(
        "the client '\(id)' at \(ForeignText.printable(issuer, limit: 256)) could not be stored: delete it there")
    }
    return failed(error)
  }

  /// The client and its record exist, but the journal has no line for them: the next run completes the entry from the record.
  private func unfinished(_ client: RegisteredClient, _ error: Diagnostic, isKept: Bool) async -> ChangeResult {
    await keeper.fail(error)
    var error = error
    let id = ForeignText.printable(client.clientID, limit: 256)
    let issuer = ForeignText.printable(issuer, limit: 256)
    error.notes.append(
      isKept
        ? "the client '\(id)' at \(issuer) was registered, and its credentials are stored: the next apply continues with it"
        : "the client '\(id)' at \(issuer) was registered, but could not be recorded: delete it there, or adopt it with mcpauth import"
    )
    return failed(error)
  }

  /// The line of the orphans' list for a new client that is not used. Some servers give every caller the same client: before the client is deleted,
  /// it must be known that no entry of this server or of another one has it.
  private func orphan(_ client: AbandonedClient) -> Orphan {
    Orphan(
      server: change.server, issuer: issuer, clientID: client.clientID, reason: .checkFailed, since: context.now(),
      managed: client.isManaged)
  }

  private func refused(_ failure: RegistrationFailure, intent: JournalEvent.Intent) async throws(Diagnostic)
    -> ChangeResult
  {
    if failure.stopsIssuer { await applier.gates.stop(issuer) }
    switch failure.outcome {
    case .refused, .notSent:
      return failed(failure.diagnostic, failure.warnings)
    case .unknown:
      // This line may be missing: the next run concludes the same from the intent alone.
      try? await keeper.append([.unknown(intent: intent.id)])
      try await keeper.add(Orphan(unknown: intent))
      return failed(failure.diagnostic, failure.warnings)
    case .created(let client):
      return await abandon(client, failure.diagnostic, intent: intent.id, warnings: failure.warnings)
    }
  }

  /// Handles a client that was created and then refused by one of mcpauth's checks: it is deleted if that is possible, otherwise it is put on the
  /// orphans' list (Registration#Strategies).
  private func abandon(
    _ client: AbandonedClient, _ why: Diagnostic, intent: String, warnings: [Diagnostic]
  ) async -> ChangeResult {
    if let token = client.registrationAccessToken { context.learn(token) }
    do throws(Diagnostic) {
      let orphan = orphan(client)
      // The server gives every caller the same client, and an entry has it already: no client was left behind.
      if await orphan.isInUse(in: keeper.usedEntries) {
        try await keeper.append([.failed(intent: intent)])
        return failed(why, warnings)
      }
      if client.isManaged, await isDeleted(client) {
        try await keeper.append([.failed(intent: intent)])
        return failed(why, warnings)
      }
      if client.isManaged {
        var entry = planned.template
        entry.client?.id = client.clientID
        try await context.secrets.putOrphan(
          SecretRecord(
            version: intent, server: change.server, lineage: await keeper.lineage, issuer: issuer,
            clientID: client.clientID, entry: entry, clientSecret: nil,
            registrationAccessToken: client.registrationAccessToken,
            registrationClientURI: client.registrationClientURI, storedAt: context.now()))
      }
      try await keeper.append([.orphaned(orphan), .failed(intent: intent)])
      try await keeper.add(orphan)
      let left = Diagnostic.warning(
        .clientLeftBehind,
        "the client '\(ForeignText.printable(client.clientID, limit: 256))' stays at \(ForeignText.printable(issuer, limit: 256)); it is listed under orphans"
      )
      return failed(why, warnings + [left])
    } catch {
      await keeper.fail(error)
      return failed(error, warnings)
    }
  }

  private func isDeleted(_ client: AbandonedClient) async -> Bool {
    do throws(Diagnostic) {
      let request = try ManagementRequest(
        deleting: client, registrationEndpoint: planned.endpoint, trust: planned.trust,
        isFromInventory: planned.isFromInventory)
      let outcome = await registrar.manage(
        request, supported: nil, willSend: { () async throws(Never) in })
      return outcome == .deleted
    } catch {
      return false
    }
  }

  // MARK: Results

  private func failed(_ error: Diagnostic, _ warnings: [Diagnostic] = []) -> ChangeResult {
    ChangeResult(
      change: change, outcome: .failed, entry: change.entry, error: error.placed(at: change.location),
      warnings: warnings)
  }

  private func skipped(_ why: Diagnostic) -> ChangeResult {
    ChangeResult(change: change, outcome: .skipped, entry: change.entry, error: why)
  }
}

extension SecretRecord {
  init(
    of client: RegisteredClient, entry: LockEntry, server: String, lineage: String, version: String,
    storedAt: Timestamp?
  ) {
    self.init(
      version: version, server: server, lineage: lineage, issuer: entry.issuer ?? "", clientID: client.clientID,
      entry: entry, clientSecret: client.clientSecret, registrationAccessToken: client.registrationAccessToken,
      registrationClientURI: client.registrationClientURI, storedAt: storedAt)
  }
}

extension Result {
  fileprivate var failure: Failure? {
    if case .failure(let failure) = self { failure } else { nil }
  }
}
