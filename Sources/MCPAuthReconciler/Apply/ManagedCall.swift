import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// A read or an update of a managed client (RFC 7592). The intent is written first. The answer may rotate the token and the secret, so it is stored
/// before anything else is done (Registration#Management). If the token of the lock's record is refused, newer records of the client are tried.
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
    /// The token endpoint does not know the client any more: it refuses every secret that is stored.
    case lost(Diagnostic)
    /// The client works, but cannot be managed any more. The entry names the record whose secret is accepted.
    case managementLost(Diagnostic, LockEntry)
  }

  private var context: ReconcilerContext { applier.context }

  /// The most tokens of other records that are tried.
  private static let otherTokens = 8

  /// - Parameters:
  ///   - template: the entry into which the answer is written.
  func send(
    _ call: ManagementRequest.Call, template: LockEntry, softwareStatement: Secret?
  ) async throws(Diagnostic) -> Outcome {
    let own = try await applier.record(of: entry, named: server)
    var attempt = Attempt(record: own, known: entry, template: template, isNamed: true)
    var tried: [Secret?] = []
    var found: ClientRecords.Found?
    while true {
      tried.append(attempt.record.registrationAccessToken)
      let (intent, outcome) = try await manage(call, attempt, softwareStatement)
      switch outcome {
      case .done(let client, let problem):
        return try await store(client, problem, attempt, intent)
      case .deleted:
        preconditionFailure("a read or an update deletes nothing")
      case .refused(let diagnostic), .unreachable(let diagnostic):
        try await applier.keeper.append([.failed(intent: intent.id)])
        return .failed(diagnostic)
      case .outcomeUnknown(let diagnostic):
        return .failed(diagnostic)  // the intent stays open: the next run resolves it
      case .goneOrStale(let request):
        try await applier.keeper.append([.failed(intent: intent.id)])
        let records: ClientRecords.Found
        if let found { records = found } else { records = try await self.records(own) }
        found = records
        guard tried.count <= Self.otherTokens, let next = nextRecord(in: records, newerThan: own, tried) else {
          return try await judge(own, records, request)
        }
        attempt = self.attempt(with: next, call, template)
      }
    }
  }

  /// What one request is made with.
  private struct Attempt {
    var record: SecretRecord
    /// The client as it was when the record was written.
    var known: LockEntry
    /// The entry into which the answer is written.
    var template: LockEntry
    /// Whether the store has the record under this server and its version, so that the entry can name it.
    var isNamed: Bool
  }

  private func manage(
    _ call: ManagementRequest.Call, _ attempt: Attempt, _ softwareStatement: Secret?
  ) async throws(Diagnostic) -> (JournalEvent.Intent, ManagementOutcome) {
    let request = try ManagementRequest(
      call, of: RegisteredClient(attempt.known.client, attempt.record),
      registrationEndpoint: entry.endpoints?.registrationEndpoint, softwareStatement: softwareStatement, trust: trust)
    let intent = JournalEvent.Intent(
      id: context.randomID(), call: call == .read ? .read : .update, server: server, issuer: attempt.record.issuer,
      endpoint: attempt.record.registrationClientURI ?? "",
      inputsDigest: Fingerprint.of(.object(attempt.template.inputs)),
      replacesDigest: applier.adopted.contains(server) ? nil : Fingerprint.of(entry.json), time: context.now(),
      clientID: attempt.record.clientID)
    let outcome = try await context.registrar(trust).manage(
      request, supported: supported,
      willSend: { () async throws(Diagnostic) in try await applier.keeper.append([.intent(intent)]) })
    return (intent, outcome)
  }

  // MARK: Other records of the client

  /// The records of the client: another branch may have changed it, and then its newer record has the credentials that are valid now.
  private func records(_ own: SecretRecord) async throws(Diagnostic) -> ClientRecords.Found {
    guard let client = Orphan(clientOf: entry, server: server) else {
      return ClientRecords.Found(stored: [.init(place: .server(server, version: own.version), record: own)])
    }
    return try await ClientRecords(context: context, lineage: await applier.keeper.lineage).all(of: client)
  }

  /// The newest record with a token that was not tried. Its endpoints must be those of the entry: its secrets are sent nowhere else.
  private func nextRecord(
    in found: ClientRecords.Found, newerThan own: SecretRecord, _ tried: [Secret?]
  ) -> ClientRecords.Stored? {
    found.newestFirst.first { stored in
      let record = stored.record
      return !tried.contains(record.registrationAccessToken) && !record.isOlder(than: own)
        && record.entry.hasEndpoints(of: entry) && isManageable(record)
    }
  }

  /// Whether the record has a token, and its `registration_client_uri` has the origin of the registration endpoint.
  private func isManageable(_ record: SecretRecord) -> Bool {
    let request = try? ManagementRequest(
      .read, of: RegisteredClient(entry.client, record),
      registrationEndpoint: entry.endpoints?.registrationEndpoint, trust: trust)
    return request != nil
  }

  private func attempt(
    with stored: ClientRecords.Stored, _ call: ManagementRequest.Call, _ template: LockEntry
  ) -> Attempt {
    let known = entry(as: stored.record)
    return Attempt(
      record: stored.record, known: known, template: call == .read ? known : template, isNamed: isNamed(stored))
  }

  private func isNamed(_ stored: ClientRecords.Stored) -> Bool {
    stored.place == .server(server, version: stored.record.version)
  }

  /// The entry with the client as another record has it.
  private func entry(as record: SecretRecord) -> LockEntry {
    var known = entry
    if let client = record.entry.client, client.registration == .dcr, client.id == entry.clientID,
      client.redirectURIs != nil
    {
      known.client = client
      known.inputs = record.entry.inputs
    }
    known.client?.secretVersion = record.version
    return known
  }

  // MARK: The answer

  private func store(
    _ client: RegisteredClient, _ problem: Diagnostic?, _ attempt: Attempt, _ intent: JournalEvent.Intent
  ) async throws(Diagnostic) -> Outcome {
    context.learnSecrets(of: client)
    let record = attempt.record
    var updated = attempt.template
    updated.client = LockedClient(
      client, version: intent.id, registeredAt: attempt.known.registeredAt ?? context.now())
    let isNewSecret = client.clientSecret != record.clientSecret
    let isSameSecrets =
      !isNewSecret && client.registrationAccessToken == record.registrationAccessToken
      && client.registrationClientURI == record.registrationClientURI
    if isSameSecrets {
      updated.client?.secretVersion = record.version
      if updated == entry {
        try await applier.keeper.append([.failed(intent: intent.id)])
        return .stored(entry, problem: problem, warnings: client.warnings, isNewSecret: false)
      }
      if attempt.isNamed, updated == record.entry {
        try await hold(updated, intent)
        return .stored(updated, problem: problem, warnings: client.warnings, isNewSecret: false)
      }
      // The record also contains the entry. A lost lock is restored from it, so the record is written again with this entry.
      updated.client?.secretVersion = intent.id
    }
    // The lifetime of a new secret begins now.
    if isNewSecret { updated.client?.registeredAt = context.now() }
    try await context.secrets.put(
      SecretRecord(
        of: client, entry: updated, server: server, lineage: await applier.keeper.lineage, version: intent.id,
        storedAt: context.now()))
    try await hold(updated, intent)
    return .stored(updated, problem: problem, warnings: client.warnings, isNewSecret: isNewSecret)
  }

  private func hold(_ updated: LockEntry, _ intent: JournalEvent.Intent) async throws(Diagnostic) {
    try await applier.keeper.append([.registered(intent: intent.id, server: server, entry: updated)])
    try await applier.keeper.set(updated, for: server, orphan: nil)
  }

  // MARK: No token is accepted

  /// Asks the token endpoint whether the client is gone or only its tokens are stale (Registration#Loss-of-a-client).
  private func judge(
    _ own: SecretRecord, _ found: ClientRecords.Found, _ request: RequestRecord
  ) async throws(Diagnostic) -> Outcome {
    let check = StoredSecretCheck(context: context, trust: trust)
    let usable = found.newestFirst.filter { $0.record.entry.hasEndpoints(of: entry) }
    switch await check.verdict(on: usable) {
    case .accepted(let stored):
      // Another record with the same secret says nothing about the client that the entry does not say.
      let isOwn = stored.record.clientSecret == own.clientSecret
      let kept = isOwn ? entry : try await take(stored)
      return .managementLost(ManagementOutcome.lost(isDead: false, clientID: own.clientID, record: request), kept)
    case .refused:
      if let partial = partialKnowledge(found, usable, own) { return .failed(partial) }
      return .lost(ManagementOutcome.lost(isDead: true, clientID: own.clientID, record: request))
    case .unknown:
      return .failed(
        Diagnostic(
          .error, .unreachable,
          "the management endpoint refuses the client's token, and the token endpoint does not show whether the client still exists",
          help: ["try again later; the client is kept as it is"], requests: [request]))
    }
  }

  /// Why the client may be alive although every secret that could be checked is refused.
  private func partialKnowledge(
    _ found: ClientRecords.Found, _ usable: [ClientRecords.Stored], _ own: SecretRecord
  ) -> Diagnostic? {
    if var problem = found.problem {
      problem.message =
        "the server refuses the client's token and secret, and another record, which may have newer ones, cannot be used: \(problem.message)"
      problem.help.append("or replace the client by raising generation")
      return problem
    }
    let checked = usable.map(\.record.clientSecret)
    let other = found.stored.first { stored in
      !stored.record.entry.hasEndpoints(of: entry) && !stored.record.isOlder(than: own)
        && !checked.contains(stored.record.clientSecret)
    }
    guard let other else { return nil }
    return Diagnostic(
      .error, .secretMismatch,
      "the server refuses the client's token and secret, and a newer record of the client (version \(other.record.version)) has other endpoints than the lock file",
      help: [
        "apply with the lock file that names this record, for example on another branch",
        "or replace the client by raising generation",
      ])
  }

  /// The entry with the client of another record, which this server can name.
  private func take(_ stored: ClientRecords.Stored) async throws(Diagnostic) -> LockEntry {
    if stored.record.version == entry.secretVersion { return entry }
    var taken = entry(as: stored.record)
    if isNamed(stored) { return taken }
    var copy = stored.record
    copy.server = server
    copy.version = context.randomID()
    taken.client?.secretVersion = copy.version
    copy.entry = taken
    try await context.secrets.put(copy)
    return taken
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
