/// Whether a document's `resource` covers the server's URL (RFC 9728 section 3.3; Discovery#Resource-check).
///
/// The RFC requires equality. Real servers name their origin, or a path above the endpoint (RealServers#24, RealServers#25). So a prefix of
/// whole segments at the same scheme, host and port is accepted with a warning.
enum ResourceMatch: Equatable {
  case equal
  /// `resource-is-broader`.
  case broader
  /// The reason why the resource does not match.
  case mismatch(String)

  static func of(_ resource: String, _ trust: ServerTrust) -> (match: ResourceMatch, help: [String]) {
    let server = trust.url
    if resource.equalsButForSlash(trust.written) || resource.equalsButForSlash(server.text) { return (.equal, []) }
    let named: CheckedURL
    do throws(CheckedURL.Problem) {
      named = try CheckedURL(resource, plaintext: trust.plaintext)
    } catch {
      return (.mismatch(error.reason), CheckedURL.help(for: error))
    }
    guard named.isSecure == server.isSecure, named.host == server.host, named.port == server.port else {
      return (.mismatch("it has another origin"), [])
    }
    let ours = Substring(server.path).segments
    let theirs = Substring(named.path).segments
    guard ours.starts(with: theirs, by: { $0.utf8.elementsEqual($1.utf8) }) else {
      return (.mismatch("its path does not cover the server's"), [])
    }
    let query = named.query ?? ""
    guard query.isEmpty || query.isExactly(server.query ?? "") else {
      return (.mismatch("its query is not the server's"), [])
    }
    let isEqual = ours.count == theirs.count && query.isExactly(server.query ?? "")
    return (isEqual ? .equal : .broader, [])
  }
}

extension Substring {
  /// The whole segments. One trailing slash is ignored: `/a/b` and `/a/b/` give the same. Empty for the root.
  fileprivate var segments: [Substring] {
    var parts = dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    if parts.last?.isEmpty == true { parts.removeLast() }
    return parts
  }
}
