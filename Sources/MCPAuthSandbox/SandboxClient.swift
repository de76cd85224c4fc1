/// A client that is registered at one of the sandbox's authorization servers.
public struct SandboxClient: Sendable, Equatable {
  /// The name of the kind whose authorization server it is registered at; `n` for the numbered servers'.
  public var kind: String
  /// The issuer, as its metadata has it.
  public var issuer: String
  /// Its id.
  public var clientID: String
  /// Its secret, where it has one.
  public var secret: String?
  /// Seconds since 1970; 0: the secret is good for ever.
  public var secretExpiresAt = 0
  /// Seconds since 1970.
  public var issuedAt: Int
  /// `none`, `client_secret_basic` or `client_secret_post`: what the token endpoint holds it to.
  public var method: String
  /// Byte for byte.
  public var redirectURIs: [String]
  /// What it may use at the token endpoint.
  public var grantTypes: [String]
  /// Space-separated.
  public var scope: String?
  /// The token for RFC 7592, where the server has that.
  public var managementToken: String?
  /// All metadata of the registration, as it is held; without the members above that the server made.
  public var metadata: [String: SandboxJSON]

  /// Everything of it, as in `/admin/clients.json`. The secret is in it: nothing here is worth keeping secret.
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
