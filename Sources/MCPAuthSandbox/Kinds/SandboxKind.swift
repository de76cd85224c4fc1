/// A kind of MCP server with its authorization server. The members are data that say how the two differ from a pair that follows the
/// specifications. The default values describe that pair. `SandboxKind.all` lists all kinds.
///
/// Texts may contain the placeholders that `SandboxAnswer` lists.
public struct SandboxKind: Sendable {
  /// Where the servers are.
  public enum Home: Sendable {
    /// `/NAME/mcp` and `/as/NAME` at the shared origin: the place of the documents is derived from a path.
    case shared
    /// `/mcp` and the bare origin as issuer, at its own origin: the documents are at the origin's root.
    case ownOrigin
  }

  /// Which requests to the MCP endpoint get a challenge if they have no valid access token.
  public enum Asking: Sendable, Equatable {
    /// No requests.
    case never
    /// All requests.
    case always
    /// POSTs with these JSON-RPC methods.
    case methods([String])
    /// Only GETs. POSTs are served.
    case getOnly
    /// Only POSTs. A GET is answered with 405.
    case postOnly
  }

  /// Where protected resource metadata is served.
  public enum MetadataPlace: Sendable {
    /// RFC 9728 3.1: the well-known segment, then the resource's path.
    case path
    /// At the origin's root.
    case root
    /// `/NAME/elsewhere.json`: found only through a challenge.
    case elsewhere
  }

  /// Where authorization server metadata is served.
  public enum IssuerMetadataPlace: Sendable {
    /// RFC 8414 3.1.
    case oauth
    /// The file name of OpenID Connect Discovery at the place that RFC 8414 5 defines.
    case openID
    /// OpenID Connect Discovery 4: after the issuer's path.
    case openIDAppended
  }

  /// The name in the inventory, in URLs and in the record of requests.
  public var name: String
  /// The peculiarity of the kind.
  public var summary: String
  /// The result for a client that follows the rules: `client`, or the code of its error.
  public var endsWith: String
  /// Where the servers are.
  public var home = Home.shared

  /// Which requests are challenged.
  public var asking = Asking.always
  /// 401 or 403.
  public var challengeStatus = 401
  /// The `WWW-Authenticate` fields of a challenge.
  public var challenge = [#"Bearer resource_metadata="{metadata}""#]
  /// The answer to a GET of the MCP endpoint that is not challenged. nil: 405.
  public var getAnswer: SandboxAnswer?

  /// The places of the protected resource metadata. Empty: it is not served.
  public var metadataPlaces: [MetadataPlace] = [.path]
  /// Members to change in the protected resource metadata, or, with null, to remove.
  public var metadataChanges: [String: SandboxJSON] = [:]

  /// The issuer's path. nil: `/as/NAME`, or no path at its own origin.
  public var issuerPath: String?
  /// The places of the authorization server metadata. Empty: it is not served.
  public var issuerMetadataPlaces: [IssuerMetadataPlace] = [.oauth]
  /// Members to change in the authorization server metadata, or, with null, to remove.
  public var issuerMetadataChanges: [String: SandboxJSON] = [:]

  /// How clients are registered (RFC 7591).
  public var registration = RegistrationRules()
  /// How clients are managed (RFC 7592). nil: there is no management.
  public var management: ManagementRules?
  /// Whether an https (or loopback) URL is accepted as a client id (Client ID Metadata Documents).
  public var takesClientMetadataDocuments = false
  /// The error code of the token endpoint when the client cannot be authenticated.
  public var unknownClientError = "invalid_client"

  /// The fault of each endpoint.
  public var faults: [SandboxEndpoint: SandboxFault] = [:]
  /// The answer of all other addresses at the kind's own origin. nil: 404. Only for kinds with their own origin.
  public var otherwise: SandboxAnswer?

  /// More lines for this server's block in the inventory that `SandboxInventory` writes. They are indented relative to the server's name.
  public var inventoryLines: [String] = []

  /// A kind that follows the specifications.
  public init(_ name: String, _ summary: String, endsWith: String = "client") {
    self.name = name
    self.summary = summary
    self.endsWith = endsWith
  }

  /// A changed copy, so that a table of kinds can be written as expressions.
  func with(_ change: (inout SandboxKind) -> Void) -> SandboxKind {
    var kind = self
    change(&kind)
    return kind
  }

  var mcpPath: String { home == .shared ? "/\(name)/mcp" : "/mcp" }

  var effectiveIssuerPath: String { issuerPath ?? (home == .shared ? "/as/\(name)" : "") }
}

/// The addresses of a server and its authorization server.
public enum SandboxEndpoint: String, Sendable, CaseIterable, Codable {
  /// The MCP endpoint itself.
  case mcp
  /// Protected resource metadata in the path form.
  case resourceMetadata = "resource-metadata"
  /// Protected resource metadata at the origin's root.
  case rootResourceMetadata = "root-resource-metadata"
  /// Protected resource metadata at another address.
  case otherResourceMetadata = "other-resource-metadata"
  /// Authorization server metadata, RFC 8414.
  case oauthMetadata = "oauth-metadata"
  /// Authorization server metadata: OpenID's file name at the place of RFC 8414.
  case openIDMetadata = "openid-metadata"
  /// Authorization server metadata at OpenID's place.
  case openIDAppendedMetadata = "openid-appended-metadata"
  /// The authorization endpoint.
  case authorize
  /// The token endpoint.
  case token
  /// The registration endpoint (RFC 7591).
  case register
  /// The client configuration endpoint (RFC 7592).
  case management
  /// The revocation endpoint (RFC 7009).
  case revoke
  /// Any other address.
  case other
}

/// A fault of an endpoint.
public struct SandboxFault: Sendable {
  /// The answer that is sent instead. nil: only the delay applies.
  public var answer: SandboxAnswer?
  /// The delay before the answer.
  public var delay: Duration
  /// The number of requests to this endpoint that have the fault. nil: all.
  public var times: Int?
  /// Whether the request still has its normal effect, and only its answer is replaced.
  public var takesEffect: Bool
  /// The HTTP method of the requests that have the fault. nil: every method.
  public var method: String?

  /// A fault of an endpoint.
  public init(
    _ answer: SandboxAnswer? = nil, delay: Duration = .zero, times: Int? = nil, takesEffect: Bool = false,
    method: String? = nil
  ) {
    self.answer = answer
    self.delay = delay
    self.times = times
    self.takesEffect = takesEffect
    self.method = method
  }
}
