import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// The verification of one server.
struct ServerVerification: Sendable {
  let context: ReconcilerContext
  let subject: VerifySubject
  let loaded: LoadedState
  let options: VerifyOptions
  let policy: RetryingTransport.RetryPolicy
  let documents: ClientMetadataDocuments
  let discoverer: Discoverer

  /// Why there is nothing to verify; nil if there is something.
  var skip: VerifiedServer.Skip? {
    if let server = subject.server, !server.isEnabled { return .disabled }
    if loaded.standing.underWay.contains(subject.name) { return .underWay }
    // Its entry comes from a record or a journal line. Discovery has not confirmed its endpoints yet.
    if loaded.unconfirmed[subject.recordName] != nil { return .notApplied }
    guard let entry = subject.entry else {
      return subject.server?.mode.oauth2 == nil ? .noClient : .notApplied
    }
    guard entry.clientID != nil, entry.tokenEndpoint != nil, let registration = entry.registration else {
      return .noClient
    }
    guard registration == .manual || registration == .preregistered else { return nil }
    // The secret comes from the inventory: it is sent only for the client that both the inventory and the lock have, and to the endpoint of both.
    guard let server = subject.server else { return entry.needsSecret ? .goneFromInventory : nil }
    guard let settings = server.mode.oauth2, settings.clientID == entry.clientID else { return .notApplied }
    let isManual = registration == .manual || settings.tokenEndpoint != nil
    if isManual, settings.tokenEndpoint != entry.tokenEndpoint { return .notApplied }
    return nil
  }

  func run() async -> VerifiedServer {
    guard let entry = subject.entry, let clientID = entry.clientID else {
      return VerifiedServer(server: subject.name, entry: subject.entry, outcome: .skipped, skip: .noClient)
    }
    let trust: ServerTrust
    do throws(Diagnostic) { trust = try context.trust(of: entry, named: subject.name) } catch {
      return VerifiedServer(server: subject.name, entry: entry, outcome: .blocked, error: placed(error))
    }
    switch await confirmation(entry) {
    case .success: break
    case .failure(let failure) where failure.isTransient:
      return VerifiedServer(
        server: subject.name, entry: entry, outcome: .cannotTell,
        warnings: [VerifyMessage(subject, loaded).undiscovered(failure.diagnostic)])
    case .failure(let failure):
      return VerifiedServer(server: subject.name, entry: entry, outcome: .blocked, error: placed(failure.diagnostic))
    }
    let settings = subject.server?.mode.oauth2
    let uptime: @Sendable () -> Int = DiscoveryEnvironment.milliseconds
    let log = ExchangeLog(start: uptime())
    let clock = ClockWatch(now: context.now)
    let transport = RetryingTransport(
      base: WatchedTransport(base: AllowingTransport(context.transport, allowance: trust.allowance), watch: clock),
      context: context, policy: policy, log: log,
      timeout: options.timeout, uptime: uptime)
    var result: VerifiedServer
    do throws(Diagnostic) {
      let question = Question(
        entry: entry, clientID: clientID, secret: try await secret(entry), trust: trust,
        isFromInventory: settings?.tokenEndpoint != nil && settings?.tokenEndpoint == entry.tokenEndpoint)
      _ = try question.check(nonce: context.randomID())
      var warnings: [Diagnostic] = []
      if entry.registration == .cimd, let warning = try await document(entry, clientID, trust) {
        warnings.append(warning)
      }
      result = await ask(question, Registrar(transport: transport, now: context.now), log, clock)
      result.warnings = warnings + result.warnings
    } catch {
      let isDead = error.code == .clientMetadataInvalid
      result = VerifiedServer(
        server: subject.name, entry: entry, outcome: isDead ? .dead : .blocked, error: placed(error))
    }
    if options.checksRedirectURIs { result.redirects = await redirects(entry, clientID, trust, transport, log) }
    return result
  }

  // MARK: Credentials

  /// Discovers the server if the client secret comes from the inventory and the token endpoint does not. The lock file must have the endpoint that
  /// discovery finds: no secret record would show that another person edited it.
  private func confirmation(_ entry: LockEntry) async -> Result<Void, DiscoveryFailure> {
    guard entry.needsSecret, entry.registration == .preregistered, let server = subject.server else {
      return .success(())
    }
    let destination = LockedDestination(server, entry)
    guard let target = destination.target else { return .success(()) }
    switch await discoverer.discover(target, timeout: options.timeout) {
    case .failure(let failure): return .failure(failure)
    case .success(let found):
      do throws(Diagnostic) {
        return .success(try destination.check(found))
      } catch {
        return .failure(DiscoveryFailure(diagnostic: error))
      }
    }
  }

  /// - Returns: nil for a public client: its stored secret, if any, is not sent.
  /// - Throws: `secret-missing`, `secret-unreadable`, `secret-mismatch`.
  private func secret(_ entry: LockEntry) async throws(Diagnostic) -> Secret? {
    guard entry.needsSecret else { return nil }
    switch entry.registration {
    case .manual, .preregistered:
      guard let reference = subject.server?.mode.oauth2?.clientSecret else { return nil }
      return try await context.resolve(reference)
    case .dcr, .cimd, nil: return try await recorded(entry)
    }
  }

  private func recorded(_ entry: LockEntry) async throws(Diagnostic) -> Secret? {
    let name = subject.recordName
    if let undecided = loaded.undecided[name] { throw undecided }
    if let problem = loaded.standing.secretProblems[name] { throw problem }
    guard entry.secretVersion != nil else { return nil }
    return try await context.secrets.record(of: entry, named: name, lineage: loaded.lineage).clientSecret
  }

  /// Checks the metadata document of a client whose id is its URL. The authorization server stores nothing, but reads this document, so it is checked
  /// first.
  ///
  /// - Returns: a warning if the document could not be fetched.
  /// - Throws: `client-metadata-invalid`: no server accepts it.
  private func document(
    _ entry: LockEntry, _ clientID: String, _ trust: ServerTrust
  ) async throws(Diagnostic) -> Diagnostic? {
    let document = try ClientIDMetadataDocument(clientID: clientID, trust: trust)
    switch await documents.check((document, entry.redirectURIs ?? []), allowance: trust.allowance) {
    case .valid: return nil
    case .unverified(let warning): return placed(warning)
    case .invalid(let error): throw error
    }
  }

  /// What the token endpoint is asked about a client.
  private struct Question {
    var entry: LockEntry
    var clientID: String
    var secret: Secret?
    var trust: ServerTrust
    var isFromInventory: Bool

    /// - Parameter other: the method and the secret, if they are not the entry's.
    func check(_ other: (method: String, secret: Secret)? = nil, nonce: String) throws(Diagnostic) -> CredentialCheck {
      try CredentialCheck(
        of: entry, clientID: clientID, secret: other?.secret ?? secret, method: other?.method, trust: trust,
        isFromInventory: isFromInventory, nonce: nonce)
    }
  }

  private func ask(
    _ question: Question, _ registrar: Registrar, _ log: ExchangeLog, _ clock: ClockWatch
  ) async -> VerifiedServer {
    let entry = question.entry
    let verdict = await verdict(question, nil, registrar)
    guard case .dead(let error) = verdict else { return conclude(verdict, log, entry) }
    let records = log.records
    let words = VerifyMessage(subject, loaded)
    var result = VerifiedServer(server: subject.name, entry: entry, outcome: .dead)
    result.refusal = VerifiedServer.Refusal(
      error: error, status: records.last?.status, isClockWrong: clock.warning != nil)
    if entry.needsSecret, let expiry = entry.secretExpiresAt, expiry <= context.now() {
      return result.with(.expired, error: words.expired(error, at: expiry, entry, records))
    }
    // A wrong method is no dead client.
    for other in await otherMethods(question) {
      guard case .known = await self.verdict(question, other, registrar) else { continue }
      result.refusal = nil
      result.acceptedMethod = other.method
      return result.with(.known, warning: words.otherMethod(other.method, entry, log.records))
    }
    return result.with(.dead, error: words.dead(error, entry, log.records))
  }

  private func verdict(
    _ question: Question, _ other: (method: String, secret: Secret)?, _ registrar: Registrar
  ) async -> CredentialCheck.Verdict {
    await registrar.verdict { () throws(Diagnostic) in try question.check(other, nonce: context.randomID()) }
  }

  /// The methods that can be meant instead of the locked one, for a client with a secret (Registration#Verification).
  private func otherMethods(_ question: Question) async -> [(method: String, secret: Secret)] {
    let entry = question.entry
    guard entry.registration != .cimd else { return [] }
    var secret = question.secret
    // The server gave a secret to a public client.
    if secret == nil, entry.registration == .dcr, entry.secretVersion != nil { secret = try? await recorded(entry) }
    guard let secret, !secret.isEmpty else { return [] }
    return [AuthMethod.basic, .post].filter { $0 != entry.client?.authMethod }.map { ($0.text, secret) }
  }

  // MARK: Result

  private func conclude(
    _ verdict: CredentialCheck.Verdict, _ log: ExchangeLog, _ entry: LockEntry
  ) -> VerifiedServer {
    let result = VerifiedServer(server: subject.name, entry: entry, outcome: .known)
    switch verdict {
    case .known: return result
    case .dead(let error):
      return result.with(.dead, error: VerifyMessage(subject, loaded).dead(error, entry, log.records))
    case .cannotTell(let why):
      guard log.code == .addressBlocked else { return result.with(.cannotTell, warning: cannotTell(why, log)) }
      return result.with(.blocked, error: VerifyMessage(subject, loaded).blocked(why, entry, log.records))
    }
  }

  private func cannotTell(_ why: String, _ log: ExchangeLog) -> Diagnostic {
    VerifyMessage(subject, loaded).cannotTell(why, log.code, log.records)
  }

  private func placed(_ diagnostic: Diagnostic) -> Diagnostic { diagnostic.placed(at: subject.server?.location) }

  // MARK: Redirect URIs

  private func redirects(
    _ entry: LockEntry, _ clientID: String, _ trust: ServerTrust, _ transport: RetryingTransport, _ log: ExchangeLog
  ) async -> [VerifiedRedirect] {
    var results: [VerifiedRedirect] = []
    guard let endpoints = entry.endpoints, let client = entry.client else { return [] }
    let endpoint = endpoints.authorizationEndpoint
    let written = subject.server?.mode.oauth2?.authorizationEndpoint
    for uri in client.redirectURIs ?? [] {
      do throws(Diagnostic) {
        let check = try RedirectURICheck(
          authorizationEndpoint: endpoint, clientID: clientID, redirectURI: uri, scopes: client.scopes,
          resource: endpoints.resource, nonce: context.randomID(), trust: trust, isFromInventory: written == endpoint)
        let words = VerifyMessage(subject, loaded)
        let verdict = check.interpret(await transport.result(of: check.request()))
        let record = log.records.suffix(1)
        switch verdict {
        case .accepted: results.append(VerifiedRedirect(uri: uri, outcome: .accepted))
        case .refused(let why):
          results.append(
            VerifiedRedirect(uri: uri, outcome: .refused, problem: words.refused(uri, why, Array(record))))
        case .cannotTell(let why):
          results.append(
            VerifiedRedirect(
              uri: uri, outcome: .cannotTell, problem: words.cannotTell(uri, why, log.code, Array(record))))
        }
      } catch {
        results.append(VerifiedRedirect(uri: uri, outcome: .refused, problem: placed(error)))
      }
    }
    return results
  }
}

extension VerifiedServer {
  fileprivate func with(_ outcome: Outcome, error: Diagnostic? = nil, warning: Diagnostic? = nil) -> VerifiedServer {
    var result = self
    result.outcome = outcome
    result.error = error
    if let warning { result.warnings.append(warning) }
    return result
  }
}
