import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// One import, from discovery to the lock.
struct ClientImport {
  let context: ReconcilerContext
  let session: LockedRun
  let order: ImportOrder
  let server: InventoryServer

  func run(_ confirm: @Sendable (Plan) async -> Bool) async throws(Diagnostic) -> RunResult? {
    let planner = Planner(
      inventory: context.inventory, standing: session.loaded.standing, options: PlanOptions(), now: context.now())
    let found = try await look(planner)
    let adopted = AdoptedClient(
      clientID: order.clientID, hasSecret: order.clientSecret != nil,
      tokenEndpointAuthMethod: order.tokenEndpointAuthMethod, secretExpiresAt: order.clientSecretExpiresAt)
    let adoption = try planner.adopt(adopted, for: server, found)
    if let durability = context.durability { throw durability }
    // The old client's record must be readable: otherwise its management token would be lost.
    let old = adoption.change.entry
    try session.loaded.refuseUnreadable(server.name, old?.isManaged == true ? old : nil, in: context.secrets)
    let client = try await client(adoption)
    var change = planner.described(adoption.change)
    if let warning = try await verify(client, adoption) { change.warnings.append(warning) }

    var plan = Plan(inventory: context.inventory.file, changes: [change])
    plan.lineage = session.loaded.lineage
    guard await confirm(plan) else { return nil }
    let warnings = try await session.proveStorable()
    if context.isInterrupted() { throw .interrupted(server.name) }
    let held = await context.untilSignal(grace: true) {
      await Result { () async throws(Diagnostic) in try await take(client, adoption) }
    }
    let entry = try held.get()
    var run = RunResult(
      plan: plan, results: [ChangeResult(change: change, outcome: .done, entry: entry)], warnings: warnings)
    do throws(Diagnostic) { try await session.settle() } catch { run.error = error }
    return run
  }

  // MARK: Before anything is written

  private func look(_ planner: Planner) async throws(Diagnostic) -> DiscoveredServer {
    switch try planner.look(forAdoptionBy: server) {
    case .found(let found): return found
    case .discover(let target):
      let discoverer = Discoverer(transport: context.transport, environment: DiscoveryEnvironment(now: context.now))
      let timeout = context.discoveryTimeout
      let result = await context.untilSignal(grace: false) {
        await discoverer.discover(target, timeout: timeout)
      }
      switch result {
      case .success(let found): return found
      case .failure(let failure):
        let diagnostic = context.isInterrupted() ? .interrupted(server.name) : failure.diagnostic
        throw diagnostic.placed(at: server.location)
      }
    }
  }

  /// The client as it was given. What is already known of its management is kept.
  private func client(_ adoption: Adoption) async throws(Diagnostic) -> RegisteredClient {
    let requested = adoption.registration.requested
    var client = RegisteredClient(
      clientID: order.clientID, clientSecretExpiresAt: order.clientSecretExpiresAt,
      tokenEndpointAuthMethod: requested.tokenEndpointAuthMethod, grantTypes: requested.grantTypes,
      applicationType: requested.applicationType, redirectURIs: requested.redirectURIs, scopes: requested.scopes,
      scopesFrom: requested.scopesFrom)
    if let reference = order.clientSecret {
      client.clientSecret = try await context.resolve(reference)
    }
    if let uri = order.registrationClientURI, let reference = order.registrationAccessToken {
      try checkManagement(uri, adoption)
      client.registrationClientURI = uri
      client.registrationAccessToken = try await context.resolve(reference)
    } else if let old = adoption.change.entry, adoption.change.action == .update, old.isManaged,
      let record = try await knownRecord(of: old)
    {
      client.registrationClientURI = record.registrationClientURI
      client.registrationAccessToken = record.registrationAccessToken
    }
    return client
  }

  /// - Returns: nil if the record is lost: the import replaces it.
  private func knownRecord(of entry: LockEntry) async throws(Diagnostic) -> SecretRecord? {
    do throws(Diagnostic) { return try await session.applier().record(of: entry, named: server.name) } catch {
      guard error.code == .secretMissing else { throw error }
      return nil
    }
  }

  /// Applies the rules for the answer to a registration (Registration#Strategies): https or loopback, and the origin of the registration endpoint.
  private func checkManagement(_ uri: String, _ adoption: Adoption) throws(Diagnostic) {
    let plaintext = adoption.registration.trust.plaintext
    let shown = ForeignText.printable(uri.prefix { $0 != "?" }.description, limit: 256)
    do throws(CheckedURL.Problem) {
      let url = try CheckedURL(uri, plaintext: plaintext)
      let origin = try CheckedURL(adoption.registration.endpoint, plaintext: plaintext).origin
      guard url.origin == origin else {
        throw .invalid("its origin is not that of the registration endpoint, \(origin)")
      }
    } catch {
      throw Diagnostic(.error, error.code, "the registration_client_uri '\(shown)' cannot be used: \(error.reason)")
    }
  }

  /// - Returns: a warning if the token endpoint does not tell whether the credentials are valid.
  /// - Throws: `registration-lost` for credentials that are refused.
  private func verify(_ client: RegisteredClient, _ adoption: Adoption) async throws(Diagnostic) -> Diagnostic? {
    guard order.verifies else { return nil }
    let registration = adoption.registration
    let check = try CredentialCheck(
      of: adoption.entry, clientID: client.clientID, secret: client.clientSecret,
      method: client.tokenEndpointAuthMethod, trust: registration.trust, nonce: context.randomID())
    let registrar = context.registrar(registration.trust)
    let verdict = await context.untilSignal(grace: false) { await registrar.check(check) }
    if context.isInterrupted() { throw .interrupted(server.name) }
    switch verdict {
    case .known: return nil
    case .dead(let error):
      throw Diagnostic(
        .error, .registrationLost,
        "\(ForeignText.printable(adoption.entry.issuer ?? "", limit: 256)) refuses the client '\(shownID)' (\(ForeignText.printable(error, limit: 64))): nothing was imported",
        at: server.location,
        help: [
          "check its id, its secret, and its authentication method", "to import it without this check: --no-verify",
        ])
    case .cannotTell(let why):
      return .warning(
        .unusualAnswer, "it is not certain whether the client '\(shownID)' exists: \(why)", at: server.location)
    }
  }

  // MARK: What is written

  private func take(_ given: RegisteredClient, _ adoption: Adoption) async throws(Diagnostic) -> LockEntry {
    var client = given
    var version = context.randomID()
    let isRead = order.registrationAccessToken != nil
    if isRead { (client, version) = try await readBack(given, adoption) }
    var entry = adoption.entry
    entry.client = LockedClient(client, version: version, registeredAt: context.now())
    if entry.secretVersion != nil {
      try await context.secrets.put(
        SecretRecord(
          of: client, entry: entry, server: server.name, lineage: await session.keeper.lineage, version: version,
          storedAt: context.now()))
    }
    let retired = try await session.applier().retire(
      adoption.change.entry, for: entry, of: server.name, reason: .replaced)
    let lines = await settledOrphans(by: entry)
    // The read has an intent already.
    let intent = JournalEvent.Intent(
      lockOnly: version, server: server.name, entry: entry, replaces: replaced(adoption), time: context.now())
    var events: [JournalEvent] = isRead ? [] : [.intent(intent)]
    events.append(.registered(intent: version, server: server.name, entry: entry))
    if let retired { events.append(.orphaned(retired)) }
    events += lines.settled.map { JournalEvent.settled(server: $0.server, issuer: $0.issuer, clientID: $0.clientID) }
    events += lines.retried.map { JournalEvent.orphaned($0) }
    try await session.keeper.append(events)
    for orphan in lines.settled { await session.keeper.settle(orphan) }
    for orphan in lines.retried { try await session.keeper.add(orphan) }
    try await session.keeper.set(entry, for: server.name, orphan: retired)
    return entry
  }

  /// The entry that the lock file or the journal has for the server. An entry that was found in a secret record is in neither.
  private func replaced(_ adoption: Adoption) -> LockEntry? {
    session.applier().adopted.contains(server.name) ? nil : adoption.change.entry
  }

  /// The lines of the orphans' list that the import resolves: the client's own line, and the unknown outcomes of the server, because the user has now
  /// named its client. At another issuer a client may still exist: such a line stays, but no longer blocks the server.
  private func settledOrphans(by entry: LockEntry) async -> (settled: [Orphan], retried: [Orphan]) {
    let orphans = await session.keeper.lock.orphans
    let settled = orphans.filter { orphan in
      guard orphan.issuer == entry.issuer else { return false }
      return orphan.clientID == entry.clientID
        || (orphan.server == server.name && orphan.clientID == nil && orphan.reason == .outcomeUnknown)
    }
    let retried = orphans.filter {
      $0.server == server.name && $0.reason == .outcomeUnknown && !$0.retried && $0.issuer != entry.issuer
    }.map { orphan in
      var orphan = orphan
      orphan.retried = true
      return orphan
    }
    return (settled, retried)
  }

  /// RFC 7592 section 2.1. The answer may rotate the token and the secret. New credentials are always stored, even if the client is refused.
  ///
  /// - Returns: the client as it is now, and the intent's id, which becomes the version of the record.
  private func readBack(
    _ given: RegisteredClient, _ adoption: Adoption
  ) async throws(Diagnostic) -> (RegisteredClient, String) {
    let registration = adoption.registration
    let request = try ManagementRequest(
      .read, of: given, registrationEndpoint: registration.endpoint, trust: registration.trust,
      isFromInventory: registration.isFromInventory)
    let intent = JournalEvent.Intent(
      id: context.randomID(), call: .read, server: server.name, issuer: adoption.entry.issuer ?? "",
      endpoint: given.registrationClientURI ?? "", inputsDigest: Fingerprint.of(.object(adoption.entry.inputs)),
      replacesDigest: replaced(adoption).map { Fingerprint.of($0.json) }, time: context.now(),
      clientID: given.clientID)
    let keeper = session.keeper
    let outcome = try await context.registrar(registration.trust).manage(
      request, supported: registration.metadata.tokenEndpointAuthMethodsSupported,
      willSend: { () async throws(Diagnostic) in try await keeper.append([.intent(intent)]) })
    if case .done(let client, problem: nil) = outcome {
      context.learnSecrets(of: client)
      return (client, intent.id)
    }
    let error = try await refusal(outcome, given, adoption)
    try await keeper.append([.failed(intent: intent.id)])
    throw error.placed(at: server.location)
  }

  private func refusal(
    _ outcome: ManagementOutcome, _ given: RegisteredClient, _ adoption: Adoption
  ) async throws(Diagnostic) -> Diagnostic {
    switch outcome {
    case .done(let client, let problem):
      var error =
        problem ?? Diagnostic(.error, .registrationInsufficient, "the client '\(shownID)' cannot be used as it is")
      if client.registrationAccessToken != given.registrationAccessToken || client.clientSecret != given.clientSecret {
        error.notes.append(try await keep(client, adoption))
      }
      return error
    case .deleted: preconditionFailure("a read deletes nothing")
    case .refused(let diagnostic), .unreachable(let diagnostic): return diagnostic
    case .outcomeUnknown(var diagnostic):
      diagnostic.notes.append("this request may have changed the token: yours may no longer work")
      return diagnostic
    case .goneOrStale(let record):
      return Diagnostic(
        .error, .managementLost,
        "the registration access token is not accepted for the client '\(shownID)': \(record.url) answers \(record.status.map(String.init) ?? "nothing")",
        help: ["import the client without it: changes will then replace it"], requests: [record])
    }
  }

  /// Stores credentials that came with a refused answer, in a record that no later run adopts by itself.
  private func keep(_ client: RegisteredClient, _ adoption: Adoption) async throws(Diagnostic) -> String {
    let version = context.randomID()
    var entry = adoption.entry
    entry.client = LockedClient(client, version: version, registeredAt: context.now())
    // Without these values no run adopts the record for a server that has no entry, and none takes it for the newest record.
    entry.client?.redirectURIs = nil
    entry.client?.registeredAt = nil
    try await context.secrets.put(
      SecretRecord(
        of: client, entry: entry, server: server.name, lineage: await session.keeper.lineage, version: version,
        storedAt: nil))
    return
      "the server issued new credentials when the client was read: they are kept in the secret record '\(server.name).\(version)'"
  }

  private var shownID: String { ForeignText.printable(order.clientID, limit: 128) }
}
