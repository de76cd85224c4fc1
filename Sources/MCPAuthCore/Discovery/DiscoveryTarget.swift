/// The input of discovery: a server's URL, and what the inventory and the lock file say about the server
/// (Discovery#Protected-resource-metadata, Discovery#Authorization-server-metadata).
public struct DiscoveryTarget: Sendable, Equatable {
  /// Where discovery looks for the protected resource metadata.
  public enum ResourceMetadata: Sendable, Equatable {
    /// Through a challenge and at the well-known addresses.
    case discovered
    /// This document is used instead of the one that a challenge names. The probe still runs, because it finds scopes.
    case url(String)
    /// There is no usable document. The inventory gives the authorization server and the resource.
    case none
  }

  /// The MCP server's URL, and the decisions about it.
  public var trust: ServerTrust
  /// Where discovery looks for the protected resource metadata.
  public var resourceMetadata: ResourceMetadata
  /// The only trusted issuer. It is compared exactly. It also selects one of several authorization servers.
  public var issuer: String?
  /// The address of the authorization server's document, instead of the well-known addresses.
  public var metadataURL: String?
  /// The resource identifier to use, even if the metadata has another one.
  public var resource: String?
  /// Whether S256 is assumed if the document does not mention PKCE.
  public var assumesS256: Bool
  /// The authorization server that an existing client is bound to (Registration#Binding-to-the-issuer), as the protected resource metadata
  /// named it. It is kept as long as it is listed.
  public var boundAuthorizationServer: String?

  /// Only `trust` is required.
  public init(
    _ trust: ServerTrust, resourceMetadata: ResourceMetadata = .discovered, issuer: String? = nil,
    metadataURL: String? = nil, resource: String? = nil, assumesS256: Bool = false,
    boundAuthorizationServer: String? = nil
  ) {
    self.trust = trust
    self.resourceMetadata = resourceMetadata
    self.issuer = issuer
    self.metadataURL = metadataURL
    self.resource = resource
    self.assumesS256 = assumesS256
    self.boundAuthorizationServer = boundAuthorizationServer
  }
}

/// The result of discovery: a resource, and an authorization server whose document passed all checks.
public struct DiscoveredServer: Sendable, Equatable {
  /// How the server was found. The raw values are `discovered_by` in the lock file.
  public enum Route: String, Sendable, Codable, CaseIterable {
    /// `resource_metadata` of a challenge (RFC 9728 section 5.1).
    case challenge
    /// The well-known address with the resource's path (RFC 9728 section 3.1).
    case wellKnownPath = "well-known-path"
    /// The well-known address at the root of the origin.
    case wellKnownRoot = "well-known-root"
    /// There is no protected resource metadata. The rules of MCP 2025-03-26 were used.
    case legacy = "legacy-2025-03-26"
    /// The inventory names the authorization server.
    case inventory
  }

  /// The resource identifier (RFC 8707), unchanged.
  public var resource: String
  /// The string that the protected resource metadata has for the authorization server (Registration#Binding-to-the-issuer).
  public var authorizationServer: String
  /// The authorization server's document.
  public var metadata: AuthorizationServerMetadata
  /// How it was found.
  public var route: Route
  /// The `scope` of the challenges, split into tokens. nil if there was none.
  public var challengeScopes: [String]?
  /// `scopes_supported` of the protected resource metadata.
  public var resourceScopes: [String]?
  /// Deviations that were accepted.
  public var warnings: [Diagnostic]
  /// All requests, the oldest first.
  public var requests: [RequestRecord]

  /// Sets all members without checks.
  public init(
    resource: String, authorizationServer: String, metadata: AuthorizationServerMetadata, route: Route,
    challengeScopes: [String]? = nil, resourceScopes: [String]? = nil, warnings: [Diagnostic] = [],
    requests: [RequestRecord] = []
  ) {
    self.resource = resource
    self.authorizationServer = authorizationServer
    self.metadata = metadata
    self.route = route
    self.challengeScopes = challengeScopes
    self.resourceScopes = resourceScopes
    self.warnings = warnings
    self.requests = requests
  }
}
