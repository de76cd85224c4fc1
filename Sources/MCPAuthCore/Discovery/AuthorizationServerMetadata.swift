/// The metadata of an authorization server (RFC 8414 section 2), after validation.
///
/// Every string is as in the document, byte for byte. A list is nil if the member was missing, null or empty
/// (Discovery#Authorization-server-metadata).
public struct AuthorizationServerMetadata: Sendable, Equatable {
  /// The document's own `issuer`. It equals the issuer that was looked up, except that one trailing slash may differ.
  public var issuer: String
  /// An absolute URL, with its query.
  public var authorizationEndpoint: String
  /// An absolute URL, with its query.
  public var tokenEndpoint: String
  /// RFC 7591 section 3.
  public var registrationEndpoint: String?
  /// RFC 7009.
  public var revocationEndpoint: String?
  /// RFC 8414: nil means `client_secret_basic`.
  public var tokenEndpointAuthMethodsSupported: [String]?
  /// RFC 8414: nil means `authorization_code` and `implicit`.
  public var grantTypesSupported: [String]?
  /// RFC 8414. It is never used as the list of scopes to request.
  public var scopesSupported: [String]?
  /// RFC 8414 and RFC 7636.
  public var codeChallengeMethodsSupported: [String]?
  /// RFC 9207 section 3.
  public var authorizationResponseIssParameterSupported: Bool
  /// Client ID Metadata Document draft.
  public var clientIDMetadataDocumentSupported: Bool
  /// False only for the guessed endpoints of the legacy fallback (Discovery#Servers-without-metadata), because there is no document.
  public var isFromDocument: Bool

  /// Sets all members without checks.
  public init(
    issuer: String, authorizationEndpoint: String, tokenEndpoint: String, registrationEndpoint: String? = nil,
    revocationEndpoint: String? = nil, tokenEndpointAuthMethodsSupported: [String]? = nil,
    grantTypesSupported: [String]? = nil, scopesSupported: [String]? = nil,
    codeChallengeMethodsSupported: [String]? = nil, authorizationResponseIssParameterSupported: Bool = false,
    clientIDMetadataDocumentSupported: Bool = false, isFromDocument: Bool = true
  ) {
    self.issuer = issuer
    self.authorizationEndpoint = authorizationEndpoint
    self.tokenEndpoint = tokenEndpoint
    self.registrationEndpoint = registrationEndpoint
    self.revocationEndpoint = revocationEndpoint
    self.tokenEndpointAuthMethodsSupported = tokenEndpointAuthMethodsSupported
    self.grantTypesSupported = grantTypesSupported
    self.scopesSupported = scopesSupported
    self.codeChallengeMethodsSupported = codeChallengeMethodsSupported
    self.authorizationResponseIssParameterSupported = authorizationResponseIssParameterSupported
    self.clientIDMetadataDocumentSupported = clientIDMetadataDocumentSupported
    self.isFromDocument = isFromDocument
  }
}
