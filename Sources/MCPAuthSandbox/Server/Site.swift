/// The requested server: its kind, and the URLs that follow from the origin and path of the request.
struct Site: Sendable {
  var kind: SandboxKind
  var origin: String
  /// `/challenge/mcp`; `/n/0001/mcp` for a numbered server.
  var mcpPath: String
  /// The path of the requested issuer, or the kind's own.
  var issuerPath: String

  init(kind: SandboxKind, origin: String, number: String? = nil, issuerPath: String? = nil) {
    self.kind = kind
    self.origin = origin
    mcpPath = number.map { "/\(kind.name)/\($0)/mcp" } ?? kind.mcpPath
    self.issuerPath = issuerPath ?? kind.effectiveIssuerPath
  }

  var resource: String { origin + mcpPath }

  /// The issuer, as in the protected resource metadata.
  var issuer: String { origin + issuerPath }

  /// The issuer, as in its own document.
  var documentIssuer: String {
    kind.issuerMetadataChanges["issuer"]?.string.map(template.fill) ?? issuer
  }

  var metadataURL: String {
    let places = kind.metadataPlaces
    if places.contains(.path) { return origin + "/.well-known/oauth-protected-resource" + mcpPath }
    if places.contains(.root) { return origin + "/.well-known/oauth-protected-resource" }
    return origin + elsewherePath
  }

  var elsewherePath: String { kind.home == .shared ? "/\(kind.name)/elsewhere.json" : "/elsewhere.json" }

  var template: Template {
    Template(values: [
      "origin": origin, "kind": kind.name, "issuer": issuer, "resource": resource, "metadata": metadataURL,
    ])
  }
}

extension World.State {
  /// The endpoint at a path of an origin. nil if there is none.
  /// - Parameters:
  ///   - own: the name of the kind that has this origin. nil at the shared origin.
  ///   - numbered: how many numbered servers there are.
  func place(_ path: String, origin: String, own: String?, numbered: Int) -> (
    site: Site, endpoint: SandboxEndpoint, rest: String
  )? {
    let names = own.map { [$0] } ?? Self.names(in: path)
    for name in names {
      guard let kind = kinds[name], (kind.home == .ownOrigin) == (own != nil) else { continue }
      if let found = place(path, origin: origin, kind: kind, numbered: numbered) { return found }
    }
    return nil
  }

  private func place(_ path: String, origin: String, kind: SandboxKind, numbered: Int) -> (
    site: Site, endpoint: SandboxEndpoint, rest: String
  )? {
    var site = Site(kind: kind, origin: origin)
    let isNumbered = kind.name == SandboxKind.numbered.name
    if isNumbered, let number = Self.number(in: path, of: numbered) {
      site = Site(kind: kind, origin: origin, number: number)
    }
    switch path {
    // The kind of the numbered servers has no server without a number.
    case _ where isNumbered && site.mcpPath == kind.mcpPath: break
    case site.mcpPath: return (site, .mcp, "")
    case "/.well-known/oauth-protected-resource" + site.mcpPath: return (site, .resourceMetadata, "")
    case "/.well-known/oauth-protected-resource" where kind.home == .ownOrigin: return (site, .rootResourceMetadata, "")
    case site.elsewherePath: return (site, .otherResourceMetadata, "")
    default: break
    }
    for issuerPath in [kind.effectiveIssuerPath] + formerIssuerPaths[kind.name, default: []] {
      site.issuerPath = issuerPath
      switch path {
      case "/.well-known/oauth-authorization-server" + issuerPath: return (site, .oauthMetadata, "")
      // For an issuer without a path, these two addresses are the same.
      case "/.well-known/openid-configuration" where issuerPath.isEmpty:
        return (
          site, kind.issuerMetadataPlaces.contains(.openIDAppended) ? .openIDAppendedMetadata : .openIDMetadata, ""
        )
      case "/.well-known/openid-configuration" + issuerPath: return (site, .openIDMetadata, "")
      case issuerPath + "/.well-known/openid-configuration": return (site, .openIDAppendedMetadata, "")
      case issuerPath + "/authorize": return (site, .authorize, "")
      case issuerPath + "/token": return (site, .token, "")
      case issuerPath + "/register": return (site, .register, "")
      case issuerPath + "/revoke": return (site, .revoke, "")
      default: break
      }
      let clients = issuerPath + "/clients/"
      if path.hasPrefix(clients) { return (site, .management, String(path.dropFirst(clients.count))) }
    }
    return nil
  }

  /// The number in `…/0001/mcp`, as written there. nil if no numbered server has it.
  private static func number(in path: String, of numbered: Int) -> String? {
    let parts = path.split(separator: "/")
    guard parts.count >= 3, parts[parts.count - 1] == "mcp", let number = Int(parts[parts.count - 2]), number >= 1,
      number <= numbered
    else { return nil }
    let written = Sandbox.padded(number, of: numbered)
    return written == parts[parts.count - 2] ? written : nil
  }

  /// The kinds that a path of the shared origin may belong to: `/NAME/…`, `/as/NAME/…`, and both after a well-known segment.
  private static func names(in path: String) -> [String] {
    var parts = path.split(separator: "/", omittingEmptySubsequences: true).prefix(4)[...]
    if parts.first == ".well-known" { parts = parts.dropFirst(2) }
    if parts.first == "as" { parts = parts.dropFirst() }
    return parts.first.map { [String($0)] } ?? []
  }
}
