/// Why there is no client, and, as important, whether there may be one at the server all the same (Reliability#Order-of-writes).
public struct RegistrationFailure: Error, Sendable, Equatable {
  /// What the failed request may have left behind.
  public enum Outcome: Sendable, Equatable {
    /// The server refused: nothing was created, it is safe to ask again.
    case refused
    /// Nothing was sent: safe to ask again.
    case notSent
    /// A client may exist, its id is not known: never ask again by yourself.
    case unknown
    /// A client exists that one of our checks refused: delete it, or list it under `orphans`.
    case created(AbandonedClient)
  }

  /// What the failed request may have left behind.
  public var outcome: Outcome
  /// The error, with every request that was made.
  public var diagnostic: Diagnostic
  /// What was reported before it: retries, oddities.
  public var warnings: [Diagnostic]
  /// `rate-limited` only: seconds until the server wants to be asked again, when it says so.
  public var retryAfter: Int?

  /// All members; nothing is checked here.
  public init(outcome: Outcome, diagnostic: Diagnostic, warnings: [Diagnostic] = [], retryAfter: Int? = nil) {
    self.outcome = outcome
    self.diagnostic = diagnostic
    self.warnings = warnings
    self.retryAfter = retryAfter
  }

  /// Whether the server certainly made no client.
  public var leavesNothing: Bool { outcome == .refused || outcome == .notSent }

  /// Whether no other registration should begin at this issuer for now (Discovery#Requests): one outage must not become forty orphans.
  public var stopsIssuer: Bool { outcome == .unknown || diagnostic.code == .rateLimited }
}

/// A client that was created and cannot be used.
public struct AbandonedClient: Sendable, Equatable {
  /// Verbatim.
  public var clientID: String
  /// `registration_client_uri`, if it may be used.
  public var registrationClientURI: String?
  /// `registration_access_token`.
  public var registrationAccessToken: Secret?

  /// All members; nothing is checked here.
  public init(clientID: String, registrationClientURI: String? = nil, registrationAccessToken: Secret? = nil) {
    self.clientID = clientID
    self.registrationClientURI = registrationClientURI
    self.registrationAccessToken = registrationAccessToken
  }

  /// Whether RFC 7592 can delete it.
  public var isManaged: Bool { registrationClientURI != nil && registrationAccessToken != nil }
}
