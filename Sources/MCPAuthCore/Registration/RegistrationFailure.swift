/// Why there is no client, and whether the server may have made one in spite of the failure (Reliability#Order-of-writes).
public struct RegistrationFailure: Error, Sendable, Equatable {
  /// What the failed request may have created.
  public enum Outcome: Sendable, Equatable {
    /// The server refused. No client was made, so a retry is safe.
    case refused
    /// Nothing was sent, so a retry is safe.
    case notSent
    /// A client may exist, but its id is unknown. mcpauth must never retry automatically.
    case unknown
    /// A client was made, but one of the checks refused it. Delete it, or list it under `orphans`.
    case created(AbandonedClient)
  }

  /// What the failed request may have created.
  public var outcome: Outcome
  /// The error, with all requests that were made.
  public var diagnostic: Diagnostic
  /// The warnings before the error: retries and deviations.
  public var warnings: [Diagnostic]
  /// Only for `rate-limited`: seconds until the server accepts a new request, if the server says so.
  public var retryAfter: Int?

  /// Sets all members without checks.
  public init(outcome: Outcome, diagnostic: Diagnostic, warnings: [Diagnostic] = [], retryAfter: Int? = nil) {
    self.outcome = outcome
    self.diagnostic = diagnostic
    self.warnings = warnings
    self.retryAfter = retryAfter
  }

  /// Whether the server certainly made no client.
  public var leavesNothing: Bool { outcome == .refused || outcome == .notSent }

  /// Whether no other registration may begin at this issuer for now (Discovery#Requests). Otherwise one outage could leave many orphans.
  public var stopsIssuer: Bool { outcome == .unknown || diagnostic.code == .rateLimited }
}

/// A client that was made but cannot be used.
public struct AbandonedClient: Sendable, Equatable {
  /// Unchanged.
  public var clientID: String
  /// `registration_client_uri`, if mcpauth may use it.
  public var registrationClientURI: String?
  /// `registration_access_token`.
  public var registrationAccessToken: Secret?

  /// Sets all members without checks.
  public init(clientID: String, registrationClientURI: String? = nil, registrationAccessToken: Secret? = nil) {
    self.clientID = clientID
    self.registrationClientURI = registrationClientURI
    self.registrationAccessToken = registrationAccessToken
  }

  /// A client that passed the checks of its answer, and is not kept all the same.
  public init(_ client: RegisteredClient) {
    self.init(
      clientID: client.clientID, registrationClientURI: client.registrationClientURI,
      registrationAccessToken: client.registrationAccessToken)
  }

  /// Whether RFC 7592 can delete it.
  public var isManaged: Bool { registrationClientURI != nil && registrationAccessToken != nil }
}
