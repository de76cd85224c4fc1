public import MCPAuthCore

/// Registers clients, and manages and checks them afterwards (RFC 7591, RFC 7592), over a `Transport`.
///
/// It stores nothing. It repeats nothing except the two retries that `RegistrationExchange` knows to be safe. The caller must store what has to be
/// durable before a request is sent: each call that changes something at a server takes a closure that runs first.
public struct Registrar: Sendable {
  private let transport: any Transport
  private let now: @Sendable () -> Timestamp
  private let holdsSecret: @Sendable (_ text: String) -> Bool

  /// - Parameters:
  ///   - transport: sends the requests to the authorization servers.
  ///   - now: the clock.
  ///   - holdsSecret: whether a text contains a secret that the caller knows. No such text is taken for the ID of a registered client, because
  ///     client IDs are stored and shown.
  public init(
    transport: any Transport, now: @escaping @Sendable () -> Timestamp,
    holdsSecret: @escaping @Sendable (_ text: String) -> Bool = { _ in false }
  ) {
    self.transport = transport
    self.now = now
    self.holdsSecret = holdsSecret
  }

  /// Registers a client. Register one client at a time per issuer: real servers lose or damage parallel registrations (RealServers#67,
  /// RealServers#68).
  ///
  /// - Parameters:
  ///   - request: what is requested, and from which server.
  ///   - metadata: the metadata of the authorization server.
  ///   - willSend: runs before each POST with the number of the attempt, counted from 1: write the intent (Reliability#Order-of-writes). An error
  ///     that it throws ends the registration, and nothing is sent for that attempt.
  ///   - didFail: runs after each attempt that certainly created nothing. It does not run after an unknown outcome, or when a client was created.
  /// - Returns: the client: store its secrets before anything else. Or the failure: delete the client that it says was created (`deleting:`).
  /// - Throws: only errors of the closures.
  public func register<Failure: Error>(
    _ request: RegistrationRequest, metadata: AuthorizationServerMetadata,
    willSend: (_ attempt: Int) async throws(Failure) -> Void,
    didFail: (_ attempt: Int) async throws(Failure) -> Void
  ) async throws(Failure) -> Result<RegisteredClient, RegistrationFailure> {
    var exchange = RegistrationExchange(request, metadata: metadata, holdsSecret: holdsSecret)
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

  /// Registers a client for a caller that keeps no journal.
  public func register(
    _ request: RegistrationRequest, metadata: AuthorizationServerMetadata
  ) async -> Result<RegisteredClient, RegistrationFailure> {
    await register(
      request, metadata: metadata, willSend: { _ async throws(Never) in }, didFail: { _ async throws(Never) in })
  }

  /// Reads, updates or deletes a client (RFC 7592), once.
  ///
  /// - Parameters:
  ///   - request: the client and the operation.
  ///   - supported: `token_endpoint_auth_methods_supported`.
  ///   - willSend: runs before the request: write the intent, because the answer may rotate token and secret (RealServers#72).
  /// - Returns: in the case `done`, store the client before anything else.
  /// - Throws: only errors of the closure.
  public func manage<Failure: Error>(
    _ request: ManagementRequest, supported: [String]?, willSend: () async throws(Failure) -> Void
  ) async throws(Failure) -> ManagementOutcome {
    try await willSend()
    return request.interpret(await transport.result(of: request.httpRequest()), supported: supported, now: now())
  }

  /// Asks the token endpoint whether it still knows the client. Where the answer is ambiguous, it also asks about a client that does not exist.
  public func check(_ check: CredentialCheck) async -> CredentialCheck.Verdict {
    if let verdict = check.interpret(await transport.result(of: check.request())) { return verdict }
    return check.compare(await transport.result(of: check.comparison()))
  }

  /// Fetches the client's own Client ID Metadata Document, and returns whether it is usable.
  ///
  /// - Parameters:
  ///   - document: the URL of the document.
  ///   - redirectURIs: the redirect URIs that the document must contain.
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
