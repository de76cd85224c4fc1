import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// A read or an update of a managed client (RFC 7592). The intent is written first. The answer may rotate the token and the secret, so it is stored
/// before anything else is done (Registration#Management).
struct ManagedCall {
  let applier: ChangeApplier
  let server: String
  let entry: LockEntry
  let trust: ServerTrust
  let supported: [String]?

  enum Outcome {
    /// The answer is stored: the entry that is now in the lock, a problem of the client if there is one, and whether its secret is a new one.
    case stored(LockEntry, problem: Diagnostic?, warnings: [Diagnostic], isNewSecret: Bool)
    /// Nothing changed at the server.
    case failed(Diagnostic)
    /// The token endpoint does not know the client any more.
    case lost(Diagnostic)
    /// The client works, but cannot be managed any more.
    case managementLost(Diagnostic)
  }

  private var context: ReconcilerContext { applier.context }
  private var registrar: Registrar {
    Registrar(transport: AllowingTransport(context.transport, allowance: trust.allowance), now: context.now)
  }

  /// - Parameters:
  ///   - template: the entry into which the answer is written.
  func send(
    _ call: ManagementRequest.Call, template: LockEntry, softwareStatement: Secret?
  ) async throws(Diagnostic) -> Outcome {
    let record = try await applier.record(of: entry, named: server)
    let request = try ManagementRequest(
      call, of: RegisteredClient(entry.client, record), registrationEndpoint: entry.endpoints?.registrationEndpoint,
      softwareStatement: softwareStatement, trust: trust)
    let intent = JournalEvent.Intent(
      id: context.randomID(), call: call == .read ? .read : .update, server: server, issuer: record.issuer,
      endpoint: record.registrationClientURI ?? "", inputsDigest: Fingerprint.of(.object(template.inputs)),
      replacesDigest: Fingerprint.of(entry.json), time: context.now())
    let outcome = try await registrar.manage(
      request, supported: supported,
      willSend: { () async throws(Diagnostic) in try await applier.keeper.append([.intent(intent)]) })
    switch outcome {
    case .done(let client, let problem):
      return try await store(client, problem, record, intent, template)
    case .deleted:
      preconditionFailure("a read or an update deletes nothing")
    case .refused(let diagnostic), .unreachable(let diagnostic):
      try await applier.keeper.append([.failed(intent: intent.id)])
      return .failed(diagnostic)
    case .outcomeUnknown(let diagnostic):
      return .failed(diagnostic)  // the intent stays open: the next run resolves it
    case .goneOrStale(let requestRecord):
      try await applier.keeper.append([.failed(intent: intent.id)])
      return await judge(record, requestRecord)
    }
  }

  private func store(
    _ client: RegisteredClient, _ problem: Diagnostic?, _ record: SecretRecord, _ intent: JournalEvent.Intent,
    _ template: LockEntry
  ) async throws(Diagnostic) -> Outcome {
    for secret in [client.clientSecret, client.registrationAccessToken] {
      if let secret { context.learn(secret) }
    }
    var updated = template
    updated.client = LockedClient(client, version: intent.id, registeredAt: entry.registeredAt ?? context.now())
    let isSameSecrets =
      client.clientSecret == record.clientSecret && client.registrationAccessToken == record.registrationAccessToken
      && client.registrationClientURI == record.registrationClientURI
    if isSameSecrets { updated.client?.secretVersion = entry.secretVersion }
    if updated == entry {
      try await applier.keeper.append([.failed(intent: intent.id)])
      return .stored(entry, problem: problem, warnings: client.warnings, isNewSecret: false)
    }
    if isSameSecrets {
      // The record also contains the entry. A lost lock is restored from it, so the record is written again with this entry.
      updated.client?.secretVersion = intent.id
    }
    // The lifetime of a new secret begins now.
    if client.clientSecret != record.clientSecret { updated.client?.registeredAt = context.now() }
    try await context.secrets.put(
      SecretRecord(
        of: client, entry: updated, server: server, lineage: await applier.keeper.lineage, version: intent.id))
    try await applier.keeper.append([.registered(intent: intent.id, server: server, entry: updated)])
    try await applier.keeper.set(updated, for: server, orphan: nil)
    return .stored(
      updated, problem: problem, warnings: client.warnings, isNewSecret: client.clientSecret != record.clientSecret)
  }

  /// Asks the token endpoint whether the client is gone or only the token is stale (Registration#Management).
  private func judge(_ record: SecretRecord, _ request: RequestRecord) async -> Outcome {
    do throws(Diagnostic) {
      let check = try CredentialCheck(
        of: entry, clientID: record.clientID, secret: record.clientSecret, trust: trust, nonce: context.randomID())
      switch await registrar.check(check) {
      case .dead:
        return .lost(ManagementOutcome.lost(isDead: true, clientID: record.clientID, record: request))
      case .known:
        return .managementLost(ManagementOutcome.lost(isDead: false, clientID: record.clientID, record: request))
      case .needsComparison, .cannotTell:
        return .failed(
          Diagnostic(
            .error, .unreachable,
            "the management endpoint refuses the client's token, and the token endpoint does not tell whether the client is alive",
            help: ["try again later; the client is kept as it is"], requests: [request]))
      }
    } catch {
      return .failed(error)
    }
  }
}

extension RegisteredClient {
  /// A client from its lock entry and its record.
  init(_ client: LockedClient?, _ record: SecretRecord) {
    let client = client ?? LockedClient(.dcr, id: record.clientID)
    self.init(
      clientID: record.clientID, clientSecret: record.clientSecret, clientSecretExpiresAt: client.secretExpiresAt,
      tokenEndpointAuthMethod: client.authMethod.text, grantTypes: client.grantTypes ?? [],
      applicationType: client.applicationType ?? .web, redirectURIs: client.redirectURIs ?? [],
      scopes: client.scopes, scopesFrom: client.scopesFrom,
      registrationClientURI: record.registrationClientURI, registrationAccessToken: record.registrationAccessToken)
  }
}
