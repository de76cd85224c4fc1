/// How mcpauth gets a client (Registration#Strategies).
public enum RegistrationStrategy: String, Sendable, Codable, CaseIterable {
  /// The order of the specification: CIMD if it is offered and configured, otherwise DCR.
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

/// The client metadata for one server: the `client` and `oauth2` blocks of the inventory, resolved.
///
/// Strings are sent byte for byte. It contains no secret.
public struct ClientMetadata: Sendable, Equatable {
  /// `client_name`. Always sent.
  public var clientName: String
  /// Completely resolved. At least one.
  public var redirectURIs: [String]
  /// nil: chosen by the redirect URIs.
  public var applicationType: ApplicationType?
  /// nil: chosen by the rules.
  public var tokenEndpointAuthMethod: String?
  /// nil: the challenge's scopes, otherwise the resource's. Empty: no scope is sent.
  public var scopes: [String]?
  /// `client_uri`. This and the following members of RFC 7591 section 2 are sent if they are set.
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
  /// The URL of the inventory's Client ID Metadata Document.
  public var metadataURL: String?
  /// The methods that the consumers of the client use. Empty: the inventory names no consumer.
  public var signInMethods: [SignInMethods] = []

  /// Sets all members without checks.
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
