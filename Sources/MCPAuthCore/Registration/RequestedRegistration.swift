/// The requested client metadata, resolved: the members of the registration request (RFC 7591 section 2), without secrets.
///
/// Two values are equal exactly if the same members would be sent for the same reasons. The same value is used for the update (RFC 7592
/// section 2.2), which sends the whole metadata again.
public struct RequestedRegistration: Sendable, Equatable {
  /// `client_name`. Always sent, because some servers refuse a request without it (RealServers#50).
  public var clientName: String
  /// `redirect_uris`, byte for byte. Only the needed ones (RealServers#44).
  public var redirectURIs: [String]
  /// `token_endpoint_auth_method`. Always sent, because with its default the server would issue an unwanted secret (RealServers#45).
  public var tokenEndpointAuthMethod: String
  /// Whether the inventory named the method. Then no other method is tried.
  public var isInventoryMethod: Bool
  /// What the consumers support. No other method is tried.
  public var signInMethods: [SignInMethods]
  /// `grant_types`: `authorization_code`, and `refresh_token` unless it is missing in the server's list (RealServers#51).
  public var grantTypes: [String]
  /// `application_type`.
  public var applicationType: ApplicationType
  /// `scope`. Empty: none is sent.
  public var scopes: [String]
  /// Who named the scopes.
  public var scopesFrom: ScopeSelection.Source
  /// `client_uri`.
  public var clientURI: String?
  /// `logo_uri`.
  public var logoURI: String?
  /// `tos_uri`.
  public var tosURI: String?
  /// `policy_uri`.
  public var policyURI: String?
  /// `contacts`. Empty: not sent.
  public var contacts: [String]
  /// `software_id`.
  public var softwareID: String?
  /// `software_version`.
  public var softwareVersion: String?

  /// Applies the rules of Registration#Requests, "DCR request".
  ///
  /// - Throws: `mixed-redirect-uris`, `auth-method-unsupported`, `consumers-disagree`. All are thrown before any request.
  public init(
    resolving client: ClientMetadata, scopes: ScopeSelection, metadata: AuthorizationServerMetadata
  ) throws(Diagnostic) {
    guard let applicationType = client.applicationType ?? ApplicationType.inferred(from: client.redirectURIs) else {
      throw Diagnostic(
        .error, .mixedRedirectURIs,
        "the redirect URIs are neither all https nor all loopback or custom scheme: "
          + client.redirectURIs.joined(separator: ", "),
        help: ["give redirect URIs of one kind, or write application_type: web or application_type: native"])
    }
    self.clientName = client.clientName
    self.redirectURIs = client.redirectURIs
    self.tokenEndpointAuthMethod = try TokenEndpointAuthMethod.forRegistration(
      inventory: client.tokenEndpointAuthMethod, supported: metadata.tokenEndpointAuthMethodsSupported,
      consumers: client.signInMethods)
    self.signInMethods = client.signInMethods
    self.isInventoryMethod = client.tokenEndpointAuthMethod != nil
    let takesRefresh = metadata.grantTypesSupported?.contains("refresh_token") ?? true
    self.grantTypes = takesRefresh ? ["authorization_code", "refresh_token"] : ["authorization_code"]
    self.applicationType = applicationType
    self.scopes = scopes.scopes
    self.scopesFrom = scopes.source
    self.clientURI = client.clientURI
    self.logoURI = client.logoURI
    self.tosURI = client.tosURI
    self.policyURI = client.policyURI
    self.contacts = client.contacts
    self.softwareID = client.softwareID
    self.softwareVersion = client.softwareVersion
  }

  /// The same request without `scope`. The server then registers its default scopes (RealServers#78).
  func withoutScope() -> RequestedRegistration {
    var copy = self
    copy.scopes = []
    copy.scopesFrom = .none
    return copy
  }

  /// The members of the request's body. Never `resource`, null or an empty member, because Keycloak and other servers refuse them.
  package var members: JSONObject {
    var object: JSONObject = [
      "redirect_uris": .array(redirectURIs.map(JSON.string)), "client_name": .string(clientName),
      "token_endpoint_auth_method": .string(tokenEndpointAuthMethod),
      "grant_types": .array(grantTypes.map(JSON.string)), "response_types": ["code"],
      "application_type": .string(applicationType.rawValue),
    ]
    if !scopes.isEmpty { object["scope"] = .string(scopes.joined(separator: " ")) }
    let optional: [(String, String?)] = [
      ("client_uri", clientURI), ("logo_uri", logoURI), ("tos_uri", tosURI), ("policy_uri", policyURI),
      ("software_id", softwareID), ("software_version", softwareVersion),
    ]
    for (name, value) in optional {
      if let value, !value.isEmpty { object[name] = .string(value) }
    }
    if !contacts.isEmpty { object["contacts"] = .array(contacts.map(JSON.string)) }
    return object
  }
}
