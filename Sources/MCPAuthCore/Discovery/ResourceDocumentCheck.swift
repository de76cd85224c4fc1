/// Checks that protected resource metadata belongs to this resource and names an authorization server (Discovery#Resource-check,
/// Discovery#Choice-of-authorization-server).
struct ResourceDocumentCheck {
  let target: DiscoveryTarget
  private var server: CheckedURL { target.trust.url }

  /// RFC 9728 section 3.3.
  ///
  /// - Returns: `resource-is-broader`. nil if there is no warning, or if the inventory names the resource itself.
  /// - Throws: `resource-mismatch`.
  func resource(of document: ProtectedResourceMetadata, at url: String) throws(Diagnostic) -> Diagnostic? {
    guard target.resource == nil else { return nil }
    let named = document.resource.map { "'\(CheckedURL.shown($0))'" } ?? document.insteadOfResource
    let (match, help) =
      document.resource.map { ResourceMatch.of($0, target.trust) }
      ?? (.mismatch("the member is required (RFC 9728 section 2)"), [])
    switch match {
    case .equal: return nil
    case .broader:
      return .warning(
        .resourceIsBroader, "\(url) names the resource \(named), which covers more than \(server.redacted)",
        help: ["tokens for it may also be valid for other servers of that origin"])
    case .mismatch(let why):
      throw Diagnostic(
        .error, .resourceMismatch,
        "\(url) is not about \(server.redacted): its resource is \(named), and \(why)",
        help: help + [
          "check the server's url: is it the one that its provider documents?",
          "or write oauth2.resource if this is the resource that tokens are meant for",
        ])
    }
  }

  /// RFC 9728 section 2.
  ///
  /// - Throws: `no-authorization-server`.
  func authorizationServers(of document: ProtectedResourceMetadata, at url: String) throws(Diagnostic) {
    guard document.authorizationServers.isEmpty else { return }
    throw Diagnostic(
      .error, .noAuthorizationServer, "\(url) lists no authorization server",
      help: [
        "have the server publish authorization_servers (RFC 9728 section 2)",
        "or write resource_metadata_url: none, and issuer",
      ])
  }
}
