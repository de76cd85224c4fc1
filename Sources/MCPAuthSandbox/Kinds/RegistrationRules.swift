/// How an authorization server registers clients (RFC 7591). The defaults follow the specification.
public struct RegistrationRules: Sendable {
  /// Which of the redirect URIs that RFC 7591 allows are accepted.
  public enum Redirects: Sendable {
    /// https, http to a loopback address, and custom schemes.
    case any
    /// Only loopback, as for programs on a user's computer.
    case loopbackOnly
    /// Only https.
    case httpsOnly
  }

  /// Whether there is a registration endpoint and the metadata names it.
  public var isOffered = true
  /// `token_endpoint_auth_methods_supported`, which are also the accepted methods. nil: the metadata does not list them, and all three are
  /// accepted.
  public var methods: [String]? = ["none", "client_secret_basic", "client_secret_post"]
  /// `grant_types_supported`, which are also the accepted grant types.
  public var grantTypes = ["authorization_code", "refresh_token"]
  /// `scopes_supported`, which are also the accepted scopes.
  public var scopes = ["read", "write", "offline_access"]
  /// The token endpoint auth method that every client gets, whatever it requested.
  public var assignsMethod: String?
  /// The lifetime of a client secret in seconds. 0: it never expires (`client_secret_expires_at`: 0).
  public var secretSeconds = 0
  /// Whether public clients also get a secret.
  public var givesSecretToPublicClients = false
  /// Which redirect URIs are accepted.
  public var redirects = Redirects.any
  /// Refuses a request with `scope`: 400 `invalid_client_metadata`.
  public var refusesScope = false
  /// Refuses a request with a member that is unknown, null or empty: 400 `invalid_client_metadata`.
  public var refusesUnknownMembers = false
  /// The required bearer token. A request without it gets 401.
  public var initialAccessToken: String?
  /// Refuses a request with a software statement: 400 `unapproved_software_statement`.
  public var refusesSoftwareStatements = false
  /// The status of a successful registration.
  public var status = 201
  /// Members to change in the answer, or, with null, to remove. The server itself stores the right values.
  public var answerChanges: [String: SandboxJSON] = [:]
  /// Members that are null in the answer instead of missing.
  public var answerNulls: [String] = []
  /// Answers 201, but does not store the client.
  public var forgets = false
  /// Returns the existing client, with its old secret, for a request with the same redirect URIs.
  public var deduplicates = false

  /// The rules of RFC 7591, without deviations.
  public init() {}
}

/// How an authorization server manages registered clients (RFC 7592).
public struct ManagementRules: Sendable {
  /// Every GET and PUT makes a new registration access token. The old one is invalid at once.
  public var rotatesToken = false
  /// Every PUT makes a new secret. A secret that expires is replaced in any case.
  public var rotatesSecret = false
  /// When a PUT changes `none` to a method with a secret, no secret is issued.
  public var forgetsToIssueSecret = false
  /// The status for a wrong registration access token: 401 `invalid_token`, or 400 `access_denied` as some servers answer.
  public var wrongTokenStatus = 401
  /// The error code for that status.
  public var wrongTokenError = "invalid_token"
  /// `registration_client_uri` has this origin instead.
  public var elsewhere: String?
  /// The status of a successful DELETE.
  public var deleteStatus = 204

  /// The rules of RFC 7592, without deviations.
  public init() {}

  /// The rules of a correct server, with the given changes.
  public static func with(_ change: (inout ManagementRules) -> Void) -> ManagementRules {
    var rules = ManagementRules()
    change(&rules)
    return rules
  }
}
