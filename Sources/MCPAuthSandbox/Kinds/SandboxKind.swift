/// A kind of MCP server, with its authorization server: how the two differ from a pair that does all as the specifications say,
/// as data. The default values are that pair's. The kinds there are stand in `SandboxKind.all`.
///
/// Texts may hold the placeholders that `SandboxAnswer` lists.
public struct SandboxKind: Sendable {
  /// Where the servers live.
  public enum Home: Sendable {
    /// `/NAME/mcp` and `/as/NAME` at the origin that all share: documents whose place is derived from a path.
    case shared
    /// `/mcp` and the bare origin as issuer, at an origin of its own: documents at an origin's root.
    case ownOrigin
  }

  /// Which requests to the MCP endpoint are answered with a challenge when they carry no valid access token.
  public enum Asking: Sendable, Equatable {
    /// None.
    case never
    /// All.
    case always
    /// POSTs of these JSON-RPC methods.
    case methods([String])
    /// GETs, while POSTs are served.
    case getOnly
    /// POSTs, while a GET is 405.
    case postOnly
  }

  /// Where protected resource metadata is served.
  public enum MetadataPlace: Sendable {
    /// RFC 9728 3.1: well-known segment, then the resource's path.
    case path
    /// At the origin's root.
    case root
    /// `/NAME/elsewhere.json`: found only by a challenge's pointer.
    case elsewhere
  }

  /// Where authorization server metadata is served.
  public enum IssuerMetadataPlace: Sendable {
    /// RFC 8414 3.1.
    case oauth
    /// OpenID Connect Discovery's name where RFC 8414 5 puts it.
    case openID
    /// OpenID Connect Discovery 4: after the issuer's path.
    case openIDAppended
  }

  /// In the inventory, in URLs and in the record of requests.
  public var name: String
  /// What is peculiar about it.
  public var summary: String
  /// What a client that keeps to the rules ends with: `client`, or the code of its error.
  public var endsWith: String
  /// Where it lives.
  public var home = Home.shared

  /// Which requests are challenged.
  public var asking = Asking.always
  /// 401, or 403.
  public var challengeStatus = 401
  /// The `WWW-Authenticate` fields of a challenge.
  public var challenge = [#"Bearer resource_metadata="{metadata}""#]
  /// What a GET of the MCP endpoint is answered with, where it is not challenged; nil: 405.
  public var getAnswer: SandboxAnswer?

  /// Where protected resource metadata is; nowhere when empty.
  public var metadataPlaces: [MetadataPlace] = [.path]
  /// Members of the protected resource metadata that are changed, or, null, taken away.
  public var metadataChanges: [String: SandboxJSON] = [:]

  /// The issuer's path; nil: `/as/NAME`, or none at an origin of its own.
  public var issuerPath: String?
  /// Where authorization server metadata is; nowhere when empty.
  public var issuerMetadataPlaces: [IssuerMetadataPlace] = [.oauth]
  /// Members of the authorization server metadata that are changed, or, null, taken away.
  public var issuerMetadataChanges: [String: SandboxJSON] = [:]

  /// How clients are registered (RFC 7591).
  public var registration = RegistrationRules()
  /// How they are managed (RFC 7592); nil: not at all.
  public var management: ManagementRules?
  /// Whether an https (or loopback) URL is taken as a client id (Client ID Metadata Documents).
  public var takesClientMetadataDocuments = false
  /// What the token endpoint says when the client cannot be authenticated.
  public var unknownClientError = "invalid_client"

  /// What goes wrong, by endpoint.
  public var faults: [SandboxEndpoint: SandboxFault] = [:]
  /// What every address of its origin is answered with that is nothing of the above; nil: 404. For kinds with an origin of their own.
  public var otherwise: SandboxAnswer?

  /// Further lines for this server's block in the inventory that `SandboxInventory` writes, indented from the server's name.
  public var inventoryLines: [String] = []

  /// A kind that does all as it should.
  public init(_ name: String, _ summary: String, endsWith: String = "client") {
    self.name = name
    self.summary = summary
    self.endsWith = endsWith
  }

  /// The same, changed: so that a table of kinds can be written as expressions.
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
  /// Protected resource metadata at the path form.
  case resourceMetadata = "resource-metadata"
  /// Protected resource metadata at the origin's root.
  case rootResourceMetadata = "root-resource-metadata"
  /// Protected resource metadata at an address of its own.
  case otherResourceMetadata = "other-resource-metadata"
  /// Authorization server metadata, RFC 8414.
  case oauthMetadata = "oauth-metadata"
  /// Authorization server metadata, OpenID's name at RFC 8414's place.
  case openIDMetadata = "openid-metadata"
  /// Authorization server metadata, OpenID's place.
  case openIDAppendedMetadata = "openid-appended-metadata"
  /// The authorization endpoint.
  case authorize
  /// The token endpoint.
  case token
  /// The registration endpoint (RFC 7591).
  case register
  /// A client's own address (RFC 7592).
  case management
  /// The revocation endpoint (RFC 7009).
  case revoke
  /// Any other address.
  case other
}

/// Something that goes wrong at an endpoint.
public struct SandboxFault: Sendable {
  /// What is answered instead; nil: only the delay is wrong.
  public var answer: SandboxAnswer?
  /// What passes before the answer.
  public var delay: Duration
  /// How many requests to this endpoint it lasts; nil: for good.
  public var times: Int?
  /// Whether the request has its right effect all the same, and only its answer is this one.
  public var takesEffect: Bool
  /// The HTTP method that it is for; nil: any.
  public var method: String?

  /// Something that goes wrong at an endpoint.
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
