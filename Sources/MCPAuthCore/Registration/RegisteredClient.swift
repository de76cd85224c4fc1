/// A client as the authorization server has it (RFC 7591 section 3.2.1), after every check of Registration#Answers.
public struct RegisteredClient: Sendable, Equatable {
  /// `client_id`, verbatim.
  public var clientID: String
  /// `client_secret`; kept even where the method needs none.
  public var clientSecret: Secret?
  /// `client_secret_expires_at`; nil: never, or no secret.
  public var clientSecretExpiresAt: Timestamp?
  /// The effective `token_endpoint_auth_method`: `none`, `client_secret_basic` or `client_secret_post`.
  public var tokenEndpointAuthMethod: String
  /// `grant_types`: of those that were asked for, the granted ones.
  public var grantTypes: [String]
  /// `application_type`.
  public var applicationType: ApplicationType
  /// `redirect_uris`: ours, byte for byte.
  public var redirectURIs: [String]
  /// Of the scopes that were sent, the granted ones; all of them when the answer names none.
  public var scopes: [String]
  /// Who named the scopes that were sent; `none` when they were left out in a retry.
  public var scopesFrom: ScopeSelection.Source
  /// `registration_client_uri` (RFC 7592), if it may be used.
  public var registrationClientURI: String?
  /// `registration_access_token` (RFC 7592).
  public var registrationAccessToken: Secret?
  /// What was odd on the way here.
  public var warnings: [Diagnostic]

  /// Whether it can be read, updated and deleted by RFC 7592.
  public var isManaged: Bool { registrationClientURI != nil && registrationAccessToken != nil }

  /// All members, for clients that come out of a store; nothing is checked here.
  public init(
    clientID: String, clientSecret: Secret? = nil, clientSecretExpiresAt: Timestamp? = nil,
    tokenEndpointAuthMethod: String, grantTypes: [String], applicationType: ApplicationType, redirectURIs: [String],
    scopes: [String], scopesFrom: ScopeSelection.Source, registrationClientURI: String? = nil,
    registrationAccessToken: Secret? = nil, warnings: [Diagnostic] = []
  ) {
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.clientSecretExpiresAt = clientSecretExpiresAt
    self.tokenEndpointAuthMethod = tokenEndpointAuthMethod
    self.grantTypes = grantTypes
    self.applicationType = applicationType
    self.redirectURIs = redirectURIs
    self.scopes = scopes
    self.scopesFrom = scopesFrom
    self.registrationClientURI = registrationClientURI
    self.registrationAccessToken = registrationAccessToken
    self.warnings = warnings
  }

  /// Whether this client's secret is a renewal of one that expired, or would have, at `old` (Registration#Renewal, Renewal).
  ///
  /// - Returns: `renewal-ineffective` when the new secret lives no longer than the old one.
  public func renewalProblem(replacing old: Timestamp?) -> Diagnostic? {
    guard let old, let new = clientSecretExpiresAt, new <= old else { return nil }
    return Diagnostic(
      .error, .renewalIneffective,
      "the renewed client secret expires at \(new.rfc3339), no later than the old one (\(old.rfc3339))",
      help: ["replace the client by raising generation, or write renew: never if the provider renews secrets by hand"])
  }
}
