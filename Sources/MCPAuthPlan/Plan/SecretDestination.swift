import MCPAuthCore

/// Whether secrets that are bound to an issuer may be sent to the endpoints of its document (InventoryReference#Secret-references).
///
/// The inventory's `issuer` allows a document that is published at another address (RealServers#16, RealServers#17, RealServers#18,
/// RealServers#19), by any authorization server that the resource names. A compromised server can name an authorization server of the attacker,
/// whose document claims that issuer. Therefore secrets are sent only to the issuer's own endpoints (those of a document at the issuer's own
/// address, or endpoints of the issuer's origin), or to the endpoints that the inventory gives.
struct SecretDestination {
  let settings: OAuth2Settings
  let found: DiscoveredServer

  private var issuer: String { found.metadata.issuer }

  /// Checks the destination of `initial_access_token` and `software_statement`.
  ///
  /// - Parameter endpoint: the endpoint where the client will be registered.
  /// - Throws: `issuer-mismatch`.
  func checkRegistration(at endpoint: String) throws(Diagnostic) {
    let names = [
      settings.initialAccessToken.map { _ in "initial_access_token" },
      settings.softwareStatement.map { _ in "software_statement" },
    ].compactMap(\.self)
    guard !names.isEmpty, settings.registrationEndpoint == nil, !isIssuers(endpoint) else { return }
    throw mismatch(
      "the registration endpoint \(CheckedURL.shown(endpoint))", keeps: names.joined(separator: " and "),
      help: "write registration_endpoint if they may be sent there")
  }

  /// Checks the destination of the credentials of an existing client, and of its users' codes: consumers send them to the token and revocation
  /// endpoints.
  ///
  /// - Throws: `issuer-mismatch` where such a document has moved one of the endpoints to another origin.
  func checkEndpoints(of entry: LockEntry?) throws(Diagnostic) {
    guard let entry, entry.clientID != nil, entry.issuer.map({ $0.isExactly(issuer) }) == true else { return }
    let endpoints: [(name: String, new: String?, locked: String?)] = [
      ("token", found.metadata.tokenEndpoint, entry.tokenEndpoint),
      ("revocation", found.metadata.revocationEndpoint, entry.endpoints?.revocationEndpoint),
    ]
    for case (let name, let endpoint?, let locked) in endpoints {
      guard Self.origin(endpoint) != locked.flatMap(Self.origin), !isIssuers(endpoint) else { continue }
      throw mismatch(
        "the \(name) endpoint \(CheckedURL.shown(endpoint)), which is not the locked one (\(locked.map(CheckedURL.shown) ?? "none")),",
        keeps: "the credentials of the client", help: "write metadata_url if the issuer's document has moved")
    }
  }

  private func isIssuers(_ endpoint: String) -> Bool {
    settings.metadataURL != nil || found.authorizationServer.isExactly(issuer)
      || found.authorizationServer.isExactly(issuer + "/") || issuer.isExactly(found.authorizationServer + "/")
      || (Self.origin(endpoint) != nil && Self.origin(endpoint) == Self.origin(issuer))
  }

  private func mismatch(_ endpoint: String, keeps secrets: String, help: String) -> Diagnostic {
    Diagnostic(
      .error, .issuerMismatch,
      "\(endpoint) is named by a document of '\(CheckedURL.shown(found.authorizationServer))', which only claims to be "
        + "the issuer '\(CheckedURL.shown(issuer))': \(secrets) must not be sent there",
      notes: ["nothing was sent to any of its endpoints"],
      help: [help, "or have the server's provider list the issuer itself in authorization_servers"],
      requests: found.requests)
  }

  static func origin(_ url: String) -> String? {
    do throws(CheckedURL.Problem) { return try CheckedURL(url, plaintext: .loopback).origin } catch { return nil }
  }
}
