/// How a client is to be got (Registration#Strategies).
public enum RegistrationStrategy: String, Sendable, Codable, CaseIterable {
  /// The specification's order: CIMD where offered and configured, else DCR.
  case auto
  case cimd
  case dcr
  case preregistered
}

/// `application_type` (OpenID Connect Dynamic Client Registration 1.0 section 2).
public enum ApplicationType: String, Sendable, Codable, CaseIterable {
  case web
  case native
}

/// What we register as at one server: the inventory's `client` and `oauth2` blocks, resolved.
///
/// Strings are sent byte for byte. Contains no secret.
public struct ClientMetadata: Sendable, Equatable {
  /// `client_name`; always sent.
  public var clientName: String
  /// Fully resolved; at least one.
  public var redirectURIs: [String]
  /// nil: by the redirect URIs.
  public var applicationType: ApplicationType?
  /// nil: chosen by the rules.
  public var tokenEndpointAuthMethod: String?
  /// nil: the challenge's, else the resource's; empty: send none.
  public var scopes: [String]?
  /// `client_uri`; it and the rest of RFC 7591 section 2 are sent when given.
  public var clientURI: String?
  /// `logo_uri`.
  public var logoURI: String?
  /// `tos_uri`.
  public var tosURI: String?
  /// `policy_uri`.
  public var policyURI: String?
  /// `contacts`; empty: not sent.
  public var contacts: [String]
  /// `software_id`.
  public var softwareID: String?
  /// `software_version`.
  public var softwareVersion: String?
  /// Our Client ID Metadata Document.
  public var metadataURL: String?
  /// What the programs send that are to sign in with the client; empty: the inventory names none.
  public var signInMethods: [SignInMethods] = []

  /// All members; nothing is checked here.
  public init(
    clientName: String, redirectURIs: [String], applicationType: ApplicationType? = nil,
    tokenEndpointAuthMethod: String? = nil, scopes: [String]? = nil, clientURI: String? = nil, logoURI: String? = nil,
    tosURI: String? = nil, policyURI: String? = nil, contacts: [String] = [], softwareID: String? = nil,
    softwareVersion: String? = nil, metadataURL: String? = nil
  ) {
    self.clientName = clientName
    self.redirectURIs = redirectURIs
    self.applicationType = applicationType
    self.tokenEndpointAuthMethod = tokenEndpointAuthMethod
    self.scopes = scopes
    self.clientURI = clientURI
    self.logoURI = logoURI
    self.tosURI = tosURI
    self.policyURI = policyURI
    self.contacts = contacts
    self.softwareID = softwareID
    self.softwareVersion = softwareVersion
    self.metadataURL = metadataURL
  }
}
