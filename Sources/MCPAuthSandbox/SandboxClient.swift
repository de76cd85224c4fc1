/// A client that is registered at an authorization server of the sandbox.
public struct SandboxClient: Sendable, Equatable {
  /// The name of the kind whose authorization server registered the client. `n` for the numbered servers.
  public var kind: String
  /// The issuer, as in its metadata.
  public var issuer: String
  /// The client id.
  public var clientID: String
  /// The client secret, if it has one.
  public var secret: String?
  /// In seconds since 1970. 0: the secret never expires.
  public var secretExpiresAt = 0
  /// In seconds since 1970.
  public var issuedAt: Int
  /// `none`, `client_secret_basic` or `client_secret_post`: the method that the token endpoint requires.
  public var method: String
  /// The redirect URIs, byte for byte.
  public var redirectURIs: [String]
  /// The grant types that it may use at the token endpoint.
  public var grantTypes: [String]
  /// The scopes, separated by spaces.
  public var scope: String?
  /// The token for RFC 7592, if the server supports it.
  public var managementToken: String?
  /// All stored metadata of the registration, without the members above that the server made.
  public var metadata: [String: SandboxJSON]

  /// All values of the client, as in `/admin/clients.json`. The secret is included, because the sandbox holds no real secrets.
  public var record: SandboxJSON {
    var members = metadata
    members["kind"] = .string(kind)
    members["issuer"] = .string(issuer)
    members["client_id"] = .string(clientID)
    members["client_secret"] = secret.map(SandboxJSON.string)
    members["client_secret_expires_at"] = secret.map { _ in .integer(secretExpiresAt) }
    members["client_id_issued_at"] = .integer(issuedAt)
    members["token_endpoint_auth_method"] = .string(method)
    members["registration_access_token"] = managementToken.map(SandboxJSON.string)
    return .object(members)
  }
}
