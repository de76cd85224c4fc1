/// How an authorization server registers clients (RFC 7591), where it differs.
public struct RegistrationRules: Sendable {
  /// Which redirect URIs are taken, of those that RFC 7591 allows.
  public enum Redirects: Sendable {
    /// https, http to a loopback address, and custom schemes.
    case any
    /// Loopback only, as for programs on a desk.
    case loopbackOnly
    /// https only.
    case httpsOnly
  }

  /// Whether there is a registration endpoint, and the metadata names it.
  public var isOffered = true
  /// `token_endpoint_auth_methods_supported`, and what is taken; nil: the metadata leaves it out, and all three are taken.
  public var methods: [String]? = ["none", "client_secret_basic", "client_secret_post"]
  /// `grant_types_supported`, and what is taken.
  public var grantTypes = ["authorization_code", "refresh_token"]
  /// `scopes_supported`, and what is taken.
  public var scopes = ["read", "write", "offline_access"]
  /// The token endpoint auth method that every client gets, whatever it asked for.
  public var assignsMethod: String?
  /// Seconds that a client secret lives; 0: for good (`client_secret_expires_at`: 0).
  public var secretSeconds = 0
  /// Whether public clients get a secret as well.
  public var givesSecretToPublicClients = false
  /// Which redirect URIs are taken.
  public var redirects = Redirects.any
  /// 400 `invalid_client_metadata` for a request with `scope`.
  public var refusesScope = false
  /// 400 `invalid_client_metadata` for a request with a member that the server does not know, or that is null or empty.
  public var refusesUnknownMembers = false
  /// Without this bearer token: 401.
  public var initialAccessToken: String?
  /// 400 `unapproved_software_statement` for a request with a software statement.
  public var refusesSoftwareStatements = false
  /// The status of success.
  public var status = 201
  /// Members of the answer that are changed, or, null, taken away; the server itself remembers the right ones.
  public var answerChanges: [String: SandboxJSON] = [:]
  /// Members of the answer that are null in it, rather than left out.
  public var answerNulls: [String] = []
  /// Answers 201 and forgets the client.
  public var forgets = false
  /// Gives a client that has the same redirect URIs back as it is, its old secret with it.
  public var deduplicates = false

  /// Registers as RFC 7591 says.
  public init() {}
}

/// How an authorization server lets registered clients be managed (RFC 7592).
public struct ManagementRules: Sendable {
  /// Every GET and PUT makes a new registration access token; the old one is dead at once.
  public var rotatesToken = false
  /// Every PUT makes a new secret. One whose secret expires makes one anyway.
  public var rotatesSecret = false
  /// `none` changed to a method with a secret by PUT: no secret is issued.
  public var forgetsToIssueSecret = false
  /// What a request with a wrong registration access token is answered with: 401 `invalid_token`, or as some do 400 `access_denied`.
  public var wrongTokenStatus = 401
  /// The error beside that status.
  public var wrongTokenError = "invalid_token"
  /// `registration_client_uri` is given at this origin instead.
  public var elsewhere: String?
  /// The status of a DELETE that worked.
  public var deleteStatus = 204

  /// Manages as RFC 7592 says.
  public init() {}

  /// Rules that differ in some points from those of a server that does all as it should.
  public static func with(_ change: (inout ManagementRules) -> Void) -> ManagementRules {
    var rules = ManagementRules()
    change(&rules)
    return rules
  }
}
