/// Which authorization servers may be asked, in which order, and what they must say (Discovery#Choice-of-authorization-server, Discovery#Servers-without-metadata, Registration#Binding-to-the-issuer).
struct AuthorizationServerPlan: Sendable, Equatable {
  typealias Candidate = AuthorizationServerSearch.Candidate

  /// The most authorization servers of one resource that are tried.
  static let limit = 16

  private let target: DiscoveryTarget
  private var trust: ServerTrust { target.trust }
  var server: CheckedURL { trust.url }

  init(_ target: DiscoveryTarget) {
    self.target = target
  }

  /// The candidates from the inventory, without any protected resource metadata.
  ///
  /// - Throws: `no-authorization-server`.
  func written() throws(Diagnostic) -> [Candidate] {
    if let url = target.metadataURL {
      return [document(at: url, IssuerCheck(named: nil, pinned: target.issuer), name: target.issuer)]
    }
    guard let issuer = target.issuer else {
      throw Diagnostic(
        .error, .noAuthorizationServer,
        "resource_metadata_url is none, and neither issuer nor metadata_url says where to authorize",
        help: ["write issuer, or metadata_url", "or leave resource_metadata_url out"])
    }
    return [issued(issuer, resource: nil)]
  }

  /// The candidates that the protected resource metadata lists.
  func listed(_ finding: ResourceMetadataSearch.Finding) -> [Candidate] {
    if let url = target.metadataURL {
      return [
        document(at: url, IssuerCheck(named: finding.authorizationServers, pinned: target.issuer), name: target.issuer)
      ]
    }
    // The server that a client is bound to is kept as long as it is listed. Only an issuer in the inventory has priority over it.
    if target.issuer == nil, let bound = target.boundAuthorizationServer,
      finding.authorizationServers.containsExactly(bound)
    {
      return [issued(bound, resource: finding.resource)]
    }
    return finding.authorizationServers.prefix(Self.limit).map { issued($0, resource: finding.resource) }
  }

  /// MCP 2025-03-26: the root document at the server's own origin.
  func legacy() -> Candidate {
    let check = IssuerCheck(named: [server.origin], pinned: target.issuer)
    if let url = target.metadataURL { return document(at: url, check, name: server.origin) }
    return Candidate(
      name: server.origin, urls: [WellKnownURL.oauthDocument(at: server)], isNamed: false, check: check,
      provenance: .inventory)
  }

  /// The endpoints of MCP 2025-03-26 for a server without any document.
  ///
  /// - Throws: an error if there is no sign that the server uses these endpoints.
  func guessed(hasBearer: Bool) throws(Diagnostic) -> AuthorizationServerMetadata {
    if let issuer = target.issuer, !issuer.isExactly(server.origin) {
      throw Diagnostic(
        .error, .authorizationServerMetadataUnavailable,
        "\(server.redacted) publishes no metadata, and none that names the issuer '\(CheckedURL.shown(issuer))' was found",
        help: ["write resource_metadata_url: none to look for the issuer's metadata at the issuer itself"] + Self.manual
      )
    }
    guard hasBearer else {
      throw Diagnostic(
        .error, .resourceMetadataUnavailable,
        "\(server.redacted) asks for authorization, but publishes no metadata and has no Bearer challenge",
        help: [
          "write auth: api_key or auth: custom_headers if the server requires that",
          "or write resource_metadata_url, or resource_metadata_url: none and issuer",
        ] + Self.manual)
    }
    return AuthorizationServerMetadata(
      issuer: server.origin, authorizationEndpoint: server.sibling(path: "/authorize").text,
      tokenEndpoint: server.sibling(path: "/token").text, registrationEndpoint: server.sibling(path: "/register").text,
      isFromDocument: false)
  }

  func legacyWarning(guessed: Bool) -> Diagnostic {
    .warning(
      .legacyDiscovery,
      guessed
        ? "\(server.redacted) publishes no metadata at all: the endpoints are those that MCP 2025-03-26 assumes, "
          + "and whether they support PKCE cannot be checked"
        : "\(server.redacted) publishes no protected resource metadata: its own origin is the authorization server, as in MCP 2025-03-26",
      help: ["have the server publish protected resource metadata (RFC 9728)"])
  }

  /// The error for a server that has no authorization server and does not require authorization.
  func noAuthRequired(hasSuccess: Bool, wasDenied: Bool) -> Diagnostic {
    var help = ["write auth: none for this server"]
    if !hasSuccess { help.insert("check the server's url: no request to it succeeded either", at: 0) }
    if wasDenied {
      help.append("some addresses answer 401 or 403: write resource_metadata_url if the document is behind one of them")
    }
    help.append("or write resource_metadata_url: none, and issuer, if you know that it requires authorization later")
    return Diagnostic(
      .error, .noAuthRequired,
      "\(server.redacted) never asked for authorization, and publishes no protected resource metadata", help: help)
  }

  private static let manual = ["or give client_id, authorization_endpoint and token_endpoint in the inventory"]

  /// The candidate for an issuer, at its well-known addresses.
  func issued(_ issuer: String, resource: String?) -> Candidate {
    let isTheResource =
      resource != nil
      && (issuer.equalsButForSlash(trust.written) || issuer.equalsButForSlash(resource ?? ""))
    var candidate = Candidate(
      name: issuer, urls: [], isNamed: false, check: IssuerCheck(named: [issuer], pinned: target.issuer),
      provenance: .discovered, isTheResource: isTheResource)
    do throws(Diagnostic) {
      let url = try trust.endpoint(issuer, called: "issuer")
      guard url.query == nil else {
        throw Diagnostic(
          .error, .invalidURL, "the issuer '\(CheckedURL.shown(issuer))' cannot be used: it has a query",
          help: ["an issuer has no query (RFC 8414 section 2): write metadata_url if its document is known"])
      }
      candidate.urls = WellKnownURL.authorizationServer(of: url)
      candidate.provenance = trust.provenance(of: url, isFromInventory: target.issuer?.isExactly(issuer) ?? false)
    } catch {
      candidate.problem = error
    }
    return candidate
  }

  /// The candidate for a document whose address is in the inventory.
  private func document(at url: String, _ check: IssuerCheck, name: String?) -> Candidate {
    var candidate = Candidate(name: name ?? url, urls: [], isNamed: true, check: check, provenance: .inventory)
    do throws(Diagnostic) {
      candidate.urls = [try trust.endpoint(url, called: "metadata_url")]
    } catch {
      candidate.problem = error
    }
    return candidate
  }
}
