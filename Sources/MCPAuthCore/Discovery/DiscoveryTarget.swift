/// What is to be discovered: a server's URL, and what is known of it beforehand (Discovery#Protected-resource-metadata, Discovery#Authorization-server-metadata).
public struct DiscoveryTarget: Sendable, Equatable {
  /// Where the protected resource metadata is looked for.
  public enum ResourceMetadata: Sendable, Equatable {
    /// By challenge and well-known addresses.
    case discovered
    /// This document stands for the pointer of a challenge; the probe is still made, for its scopes.
    case url(String)
    /// There is none worth reading: authorization server and resource come from here.
    case none
  }

  /// The MCP server's URL, and what was decided about it.
  public var trust: ServerTrust
  /// Where the protected resource metadata is looked for.
  public var resourceMetadata: ResourceMetadata
  /// The issuer that is trusted, exactly; also picks one among several authorization servers.
  public var issuer: String?
  /// The authorization server's document, instead of its well-known addresses.
  public var metadataURL: String?
  /// The resource identifier to use, whatever the metadata says.
  public var resource: String?
  /// Whether S256 is taken for granted where the document does not mention PKCE.
  public var assumesS256: Bool
  /// The authorization server that an existing client is bound to (Registration#Binding-to-the-issuer), as the protected resource metadata named it: it is kept as long as it is listed.
  public var boundAuthorizationServer: String?

  /// Only `trust` is needed.
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

/// What discovery found: a resource, and an authorization server whose document passed every check.
public struct DiscoveredServer: Sendable, Equatable {
  /// How it was found; the raw values are the lock's `discovered_by`.
  public enum Route: String, Sendable, Codable, CaseIterable {
    /// `resource_metadata` of a challenge (RFC 9728 section 5.1).
    case challenge
    /// The well-known address with the resource's path (RFC 9728 section 3.1).
    case wellKnownPath = "well-known-path"
    /// The well-known address at the root.
    case wellKnownRoot = "well-known-root"
    /// No protected resource metadata: the rules of MCP 2025-03-26.
    case legacy = "legacy-2025-03-26"
    /// The inventory said where.
    case inventory
  }

  /// The resource identifier (RFC 8707), verbatim.
  public var resource: String
  /// The protected resource metadata's own string for the authorization server (Registration#Binding-to-the-issuer).
  public var authorizationServer: String
  /// The authorization server's document.
  public var metadata: AuthorizationServerMetadata
  /// How it was found.
  public var route: Route
  /// `scope` of the challenges, split; nil when there was none.
  public var challengeScopes: [String]?
  /// `scopes_supported` of the protected resource metadata.
  public var resourceScopes: [String]?
  /// What deviates and was accepted.
  public var warnings: [Diagnostic]
  /// Every request, oldest first.
  public var requests: [RequestRecord]

  /// All members; nothing is checked here.
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
