/// Which issuer a document must name (RFC 8414 section 3.3; Discovery#Authorization-server-metadata).
struct IssuerCheck: Sendable, Equatable {
  enum Verdict: Equatable {
    /// The named authorization server that matches, unchanged. `hasOtherSlash` causes the warning `issuer-trailing-slash`.
    case accepted(authorizationServer: String, hasOtherSlash: Bool)
    case mismatch
  }

  /// The issuers that the protected resource metadata or the address names. nil if the inventory gives only the document's address and
  /// nothing else names an issuer.
  var named: [String]?
  /// The issuer of the inventory. If there is one, only an exact match with it is accepted.
  var pinned: String?

  func verdict(on issuer: String?) -> Verdict {
    guard let issuer else { return .mismatch }
    if let pinned {
      guard issuer.isExactly(pinned) else { return .mismatch }
      guard let named, named.count == 1, let only = named.first else {
        return .accepted(authorizationServer: issuer, hasOtherSlash: false)
      }
      return .accepted(authorizationServer: only, hasOtherSlash: false)
    }
    guard let named else { return .accepted(authorizationServer: issuer, hasOtherSlash: false) }
    if let exact = named.first(where: { $0.isExactly(issuer) }) {
      return .accepted(authorizationServer: exact, hasOtherSlash: false)
    }
    guard let close = named.first(where: { $0.equalsButForSlash(issuer) }) else { return .mismatch }
    return .accepted(authorizationServer: close, hasOtherSlash: true)
  }

  /// "'https://a' or 'https://b'".
  var shown: String {
    if let pinned { return "'\(CheckedURL.shown(pinned))'" }
    return (named ?? []).prefix(4).map { "'\(CheckedURL.shown($0))'" }.joined(separator: " or ")
  }
}
