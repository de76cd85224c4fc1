public import MCPAuthCore

/// Registers clients, and manages and checks them afterwards (RFC 7591, RFC 7592), over a `Transport`.
///
/// It keeps nothing and repeats nothing but the two retries that `RegistrationExchange` knows to be safe. What has to be durable before a
/// request goes out is the caller's: each call that changes something at a server takes a closure that is run first.
public struct Registrar: Sendable {
  private let transport: any Transport
  private let now: @Sendable () -> Timestamp

  /// - Parameters:
  ///   - transport: to the authorization servers.
  ///   - now: the clock.
  public init(transport: any Transport, now: @escaping @Sendable () -> Timestamp) {
    self.transport = transport
    self.now = now
  }

  /// Registers a client. One at a time per issuer: real servers lose or break parallel ones (RealServers#67, RealServers#68).
  ///
  /// - Parameters:
  ///   - request: what is asked for, and where.
  ///   - metadata: of the authorization server.
  ///   - willSend: run before each POST with the attempt, counted from 1: write the intent (Reliability#Order-of-writes). What it throws ends the registration, with
  ///     nothing sent for that attempt.
  ///   - didFail: run after each attempt by which certainly nothing was created. Not run after an unknown outcome, or when a client was created.
  /// - Returns: the client; store its secrets before anything else. Or the failure: delete what it says was created (`deleting:`).
  /// - Throws: only what the closures throw.
  public func register<Failure: Error>(
    _ request: RegistrationRequest, metadata: AuthorizationServerMetadata,
    willSend: (_ attempt: Int) async throws(Failure) -> Void,
    didFail: (_ attempt: Int) async throws(Failure) -> Void
  ) async throws(Failure) -> Result<RegisteredClient, RegistrationFailure> {
    var exchange = RegistrationExchange(request, metadata: metadata)
    var sent = 0
    while true {
      switch exchange.next() {
      case .send(let httpRequest, let attempt):
        if sent > 0 { try await didFail(sent) }
        try await willSend(attempt)
        sent = attempt
        exchange.receive(await transport.result(of: httpRequest), now: now())
      case .finished(let result):
        if case .failure(let failure) = result, failure.leavesNothing { try await didFail(sent) }
        return result
      }
    }
  }

  /// Registers a client where nobody keeps a journal.
  public func register(
    _ request: RegistrationRequest, metadata: AuthorizationServerMetadata
  ) async -> Result<RegisteredClient, RegistrationFailure> {
    await register(
      request, metadata: metadata, willSend: { _ async throws(Never) in }, didFail: { _ async throws(Never) in })
  }

  /// Reads, updates or deletes a client (RFC 7592), once.
  ///
  /// - Parameters:
  ///   - request: which client, and what is asked.
  ///   - supported: `token_endpoint_auth_methods_supported`.
  ///   - willSend: run before the request: write the intent, for the answer may rotate token and secret (RealServers#72).
  /// - Returns: for `done`, store the client before anything else.
  /// - Throws: only what the closure throws.
  public func manage<Failure: Error>(
    _ request: ManagementRequest, supported: [String]?, willSend: () async throws(Failure) -> Void
  ) async throws(Failure) -> ManagementOutcome {
    try await willSend()
    return request.interpret(await transport.result(of: request.httpRequest()), supported: supported, now: now())
  }

  /// Asks the token endpoint whether the client is still known, and, where the answer is ambiguous, about a made-up one.
  ///
  /// - Returns: never `needsComparison`.
  public func check(_ check: CredentialCheck) async -> CredentialCheck.Verdict {
    let verdict = check.interpret(await transport.result(of: check.request()))
    guard verdict == .needsComparison else { return verdict }
    return check.compare(await transport.result(of: check.comparison()))
  }

  /// Requests our Client ID Metadata Document, and says whether it is usable.
  ///
  /// - Parameters:
  ///   - document: where it is.
  ///   - redirectURIs: those that must be in it.
  public func check(
    _ document: ClientIDMetadataDocument, redirectURIs: [String]
  ) async -> ClientIDMetadataDocument.Verdict {
    document.interpret(await transport.result(of: document.request()), redirectURIs: redirectURIs)
  }
}

extension Transport {
  /// The answer or the failure, as a value.
  package func result(of request: HTTPRequest) async -> Result<HTTPResponse, HTTPFailure> {
    do throws(HTTPFailure) {
      return .success(try await send(request))
    } catch {
      return .failure(error)
    }
  }
}
