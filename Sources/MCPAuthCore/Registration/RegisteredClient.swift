/// A client as the authorization server registered it (RFC 7591 section 3.2.1), after all checks of Registration#Answers.
public struct RegisteredClient: Sendable, Equatable {
  /// `client_id`, unchanged.
  public var clientID: String
  /// `client_secret`. It is kept even if the method needs none.
  public var clientSecret: Secret?
  /// `client_secret_expires_at`. nil: it never expires, or there is no secret.
  public var clientSecretExpiresAt: Timestamp?
  /// The effective `token_endpoint_auth_method`: `none`, `client_secret_basic` or `client_secret_post`.
  public var tokenEndpointAuthMethod: String
  /// Other methods that can be meant, the most likely first, where the answer left the method open (Registration#Method-left-open). The token
  /// endpoint tells which one it accepts: `CredentialCheck`.
  public var otherAuthMethods: [String]
  /// `grant_types`: the granted ones among the requested ones.
  public var grantTypes: [String]
  /// `application_type`.
  public var applicationType: ApplicationType
  /// `redirect_uris`, as in the request, byte for byte.
  public var redirectURIs: [String]
  /// The granted scopes among those that were sent. All of them if the answer names none.
  public var scopes: [String]
  /// Who named the scopes that were sent. `none` if a retry left them out.
  public var scopesFrom: ScopeSelection.Source
  /// `registration_client_uri` (RFC 7592), if mcpauth may use it.
  public var registrationClientURI: String?
  /// `registration_access_token` (RFC 7592).
  public var registrationAccessToken: Secret?
  /// The deviations that were found during the registration.
  public var warnings: [Diagnostic]

  /// Whether RFC 7592 can read, update and delete the client.
  public var isManaged: Bool { registrationClientURI != nil && registrationAccessToken != nil }

  /// Sets all members without checks, for clients from a store.
  public init(
    clientID: String, clientSecret: Secret? = nil, clientSecretExpiresAt: Timestamp? = nil,
    tokenEndpointAuthMethod: String, otherAuthMethods: [String] = [], grantTypes: [String],
    applicationType: ApplicationType, redirectURIs: [String],
    scopes: [String], scopesFrom: ScopeSelection.Source, registrationClientURI: String? = nil,
    registrationAccessToken: Secret? = nil, warnings: [Diagnostic] = []
  ) {
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.clientSecretExpiresAt = clientSecretExpiresAt
    self.tokenEndpointAuthMethod = tokenEndpointAuthMethod
    self.otherAuthMethods = otherAuthMethods
    self.grantTypes = grantTypes
    self.applicationType = applicationType
    self.redirectURIs = redirectURIs
    self.scopes = scopes
    self.scopesFrom = scopesFrom
    self.registrationClientURI = registrationClientURI
    self.registrationAccessToken = registrationAccessToken
    self.warnings = warnings
  }

  /// Checks whether this client's secret renews one that expired or expires at `old` (Registration#Renewal, Renewal).
  ///
  /// - Returns: `renewal-ineffective` if the new secret does not live longer than the old one.
  public func renewalProblem(replacing old: Timestamp?) -> Diagnostic? {
    Diagnostic.ineffectiveRenewal(from: old, to: clientSecretExpiresAt)
  }
}

extension Diagnostic {
  /// `renewal-ineffective` if the new secret does not live longer than the old one; otherwise nil.
  ///
  /// - Parameters:
  ///   - old: when the old secret expires; nil: never.
  ///   - new: when the new secret expires; nil: never.
  package static func ineffectiveRenewal(from old: Timestamp?, to new: Timestamp?) -> Diagnostic? {
    guard let old, let new, new <= old else { return nil }
    return Diagnostic(
      .error, .renewalIneffective,
      "the renewed client secret expires at \(new.rfc3339), no later than the old one (\(old.rfc3339))",
      help: ["replace the client by raising generation, or write renew: never if the provider renews secrets by hand"])
  }
}
