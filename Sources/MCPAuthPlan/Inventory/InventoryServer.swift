package import MCPAuthCore

/// One resolved server of the inventory.
package struct InventoryServer: Sendable, Equatable {
  package enum Transport: String, Sendable, CaseIterable {
    case streamableHTTP = "streamable_http"
    case sse
  }

  package enum Availability: String, Sendable, CaseIterable {
    case forceOn = "force_on"
    case defaultOn = "default_on"
    case defaultOff = "default_off"
  }

  /// What the inventory says about the server.
  struct Members: Sendable, Equatable {
    var name: String
    var trust: ServerTrust
    var mode: Mode
    var transport = Transport.streamableHTTP
    var isEnabled = true
    var protect = false
    var movedFrom: String?
    var displayName: String?
    var summary: String?
    var iconURL: String?
    var availability: Availability?
    var toolAllowList: [String]?
    var toolDenyList: [String]?
    var location: SourceLocation
    var places = KeyPlaces()
  }

  private final class Kept: Sendable {
    let members: Members

    init(_ members: Members) {
      self.members = members
    }
  }

  /// The members are behind a reference: every command copies each server many times, and changes none of the copies.
  private var kept: Kept

  init(_ members: Members) {
    kept = Kept(members)
  }

  package init(
    name: String, trust: ServerTrust, mode: Mode, location: SourceLocation, places: KeyPlaces = [:]
  ) {
    self.init(Members(name: name, trust: trust, mode: mode, location: location, places: places))
  }

  package static func == (one: InventoryServer, other: InventoryServer) -> Bool {
    one.kept === other.kept || one.kept.members == other.kept.members
  }

  private mutating func change(_ work: (inout Members) -> Void) {
    var members = kept.members
    work(&members)
    kept = Kept(members)
  }

  /// How the server gets its credentials (InventoryReference#Servers, "Deciding the mode").
  package enum Mode: Sendable, Equatable {
    case none
    case apiKey(header: String, value: SecretReference)
    /// In the order of the file.
    case customHeaders([(name: String, value: HeaderValue)])
    /// `client_id`, `authorization_endpoint` and `token_endpoint` are given and not nil. No request is made.
    case manual(OAuth2Settings)
    /// `registration: preregistered` with `client_id`. The endpoints are discovered.
    case preregistered(OAuth2Settings)
    /// The endpoints are discovered, and the client is registered.
    case discovered(OAuth2Settings)
    /// `registration: dcr` with three given endpoints. Only the registration is requested.
    case registeredAtEndpoints(OAuth2Settings)

    /// The `oauth2` block of the four modes that have one.
    package var oauth2: OAuth2Settings? {
      switch self {
      case .none, .apiKey, .customHeaders: nil
      case .manual(let settings), .preregistered(let settings), .discovered(let settings),
        .registeredAtEndpoints(let settings):
        settings
      }
    }

    /// Whether mcpauth makes the client. In the other modes there is none, or the inventory gives it.
    var makesClient: Bool {
      switch self {
      case .discovered, .registeredAtEndpoints: true
      case .none, .apiKey, .customHeaders, .manual, .preregistered: false
      }
    }

    package static func == (a: Mode, b: Mode) -> Bool {
      switch (a, b) {
      case (.none, .none): true
      case (.apiKey(let header, let value), .apiKey(let otherHeader, let otherValue)):
        header == otherHeader && value == otherValue
      case (.customHeaders(let headers), .customHeaders(let others)):
        headers.elementsEqual(others) { $0.name == $1.name && $0.value == $1.value }
      case (.manual(let settings), .manual(let other)), (.preregistered(let settings), .preregistered(let other)),
        (.discovered(let settings), .discovered(let other)),
        (.registeredAtEndpoints(let settings), .registeredAtEndpoints(let other)):
        settings == other
      default: false
      }
    }
  }

  package enum HeaderValue: Sendable, Equatable {
    case literal(String)
    case reference(SecretReference)
  }
}

extension InventoryServer {
  package var name: String {
    get { kept.members.name }
    set { change { $0.name = newValue } }
  }

  /// The server's URL with variables expanded, and `allow_private`.
  package var trust: ServerTrust {
    get { kept.members.trust }
    set { change { $0.trust = newValue } }
  }

  package var mode: Mode {
    get { kept.members.mode }
    set { change { $0.mode = newValue } }
  }

  package var transport: Transport {
    get { kept.members.transport }
    set { change { $0.transport = newValue } }
  }

  package var isEnabled: Bool {
    get { kept.members.isEnabled }
    set { change { $0.isEnabled = newValue } }
  }

  package var protect: Bool {
    get { kept.members.protect }
    set { change { $0.protect = newValue } }
  }

  package var movedFrom: String? {
    get { kept.members.movedFrom }
    set { change { $0.movedFrom = newValue } }
  }

  // Descriptions of the server for the consumers of an export. They never cause a registration.

  package var displayName: String? {
    get { kept.members.displayName }
    set { change { $0.displayName = newValue } }
  }

  package var summary: String? {
    get { kept.members.summary }
    set { change { $0.summary = newValue } }
  }

  package var iconURL: String? {
    get { kept.members.iconURL }
    set { change { $0.iconURL = newValue } }
  }

  package var availability: Availability? {
    get { kept.members.availability }
    set { change { $0.availability = newValue } }
  }

  package var toolAllowList: [String]? {
    get { kept.members.toolAllowList }
    set { change { $0.toolAllowList = newValue } }
  }

  package var toolDenyList: [String]? {
    get { kept.members.toolDenyList }
    set { change { $0.toolDenyList = newValue } }
  }

  /// The location of the server's name.
  package var location: SourceLocation {
    get { kept.members.location }
    set { change { $0.location = newValue } }
  }

  /// See `place`.
  package var places: KeyPlaces {
    get { kept.members.places }
    set { change { $0.places = newValue } }
  }

  /// As written, variables expanded.
  package var url: String { trust.written }

  /// The location of a key. Where the key is not given, the location of the nearest enclosing item that is: its block, or the server's name.
  package func place(_ path: String) -> SourceLocation { kept.members.places.nearest(path) ?? location }
}

/// A server's `oauth2` block, with `defaults` merged in. A member is nil where neither gives a value.
package struct OAuth2Settings: Sendable, Equatable {
  package enum ResourceMetadata: Sendable, Equatable {
    /// Found by the rules (Discovery#Protected-resource-metadata).
    case discovered
    case url(String)
    /// `none`: there is no document that is worth reading.
    case none
  }

  package enum PKCE: String, Sendable, CaseIterable {
    case required
    case assumeS256 = "assume_s256"
  }

  package enum Renew: String, Sendable, CaseIterable {
    case auto, never
  }

  package var clientID: String?
  package var clientSecret: SecretReference?
  package var authorizationEndpoint: String?
  package var tokenEndpoint: String?
  package var revocationEndpoint: String?
  /// nil: not given; empty: send no scope.
  package var scopes: [String]?
  package var registration = RegistrationStrategy.auto
  package var tokenEndpointAuthMethod: String?
  package var issuer: String?
  package var metadataURL: String?
  package var registrationEndpoint: String?
  package var resourceMetadata = ResourceMetadata.discovered
  package var resource: String?
  package var initialAccessToken: SecretReference?
  package var softwareStatement: SecretReference?
  package var pkce = PKCE.required
  /// Seconds; nil: the default (InventoryReference#Servers).
  package var renewBefore: Int?
  package var renew = Renew.auto
  package var generation = 0
  /// The client metadata to register: the `client` block with this server's overrides. Redirect URIs are fully resolved. `scopes` and
  /// `tokenEndpointAuthMethod` are as above. It is nil only where nothing is registered and the inventory has no usable `client` block.
  package var client: ClientMetadata?
  /// The consumers that sign in with the client, in the order of the inventory; empty when it names none.
  package var consumers: [ConsumerUse] = []

  package init() {}
}
