/// The addresses of metadata (RFC 8615). They are built by inserting text into the URL as it was received. No URL type is used to split the
/// URL and to put it together again.
enum WellKnownURL {
  struct Candidate: Sendable, Equatable {
    var url: CheckedURL
    var route: DiscoveredServer.Route
  }

  /// The addresses for a protected resource (RFC 9728 section 3.1; Discovery#Candidates): each path form with the query, then without it;
  /// the root form last.
  static func protectedResource(of server: CheckedURL) -> [Candidate] {
    let root = "/.well-known/oauth-protected-resource"
    let query = server.query.flatMap { $0.isEmpty ? nil : $0 }
    let stripped = strippedOfSlash(server.path)
    // A single slash does not count as a path: section 3.1 removes it.
    let paths = stripped.isEmpty || stripped == server.path ? [stripped] : [stripped, server.path]
    var candidates: [Candidate] = []
    for path in paths {
      let route: DiscoveredServer.Route = path.isEmpty ? .wellKnownRoot : .wellKnownPath
      if let query { candidates.append(Candidate(url: server.sibling(path: root + path, query: query), route: route)) }
      candidates.append(Candidate(url: server.sibling(path: root + path), route: route))
    }
    let last = Candidate(url: server.sibling(path: root), route: .wellKnownRoot)
    return candidates.contains(last) ? candidates : candidates + [last]
  }

  /// The addresses for an issuer (RFC 8414 section 3.1, OpenID Connect Discovery section 4; Discovery#Authorization-server-metadata). For
  /// an issuer with a path, the root is never tried, because its document belongs to another issuer.
  static func authorizationServer(of issuer: CheckedURL) -> [CheckedURL] {
    let path = strippedOfSlash(issuer.path)
    let openID = "/.well-known/openid-configuration"
    let oauth = oauthDocument(at: issuer, path: path)
    guard !path.isEmpty else { return [oauth, issuer.sibling(path: openID)] }
    return [oauth, issuer.sibling(path: openID + path), issuer.sibling(path: path + openID)]
  }

  /// The root document of the legacy fallback (Discovery#Servers-without-metadata).
  static func oauthDocument(at origin: CheckedURL, path: String = "") -> CheckedURL {
    origin.sibling(path: "/.well-known/oauth-authorization-server" + path)
  }

  static func strippedOfSlash(_ path: String) -> String { path.hasSuffix("/") ? String(path.dropLast()) : path }
}

extension String {
  /// Equality byte for byte, except that one of the two texts may have one more trailing slash.
  func equalsButForSlash(_ other: String) -> Bool {
    isExactly(other) || isExactly(other + "/") || (self + "/").isExactly(other)
  }
}
