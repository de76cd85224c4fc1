import MCPAuthCore

/// Whether endpoints of a document may be shown secrets that are bound to its issuer (InventoryReference#Secret-references).
///
/// The inventory's `issuer` lets a document be taken that is published elsewhere (RealServers#16 to 4-19): by whatever authorization server the resource
/// names. A server that was taken over names one of its own, whose document claims that issuer. So what is secret goes to the issuer's own
/// endpoints only: those of a document at its own address, or of its own origin; or where the inventory says.
struct SecretDestination {
  let settings: OAuth2Settings
  let found: DiscoveredServer

  private var issuer: String { found.metadata.issuer }

  /// `initial_access_token` and `software_statement`.
  ///
  /// - Parameter endpoint: where the client will be registered.
  /// - Throws: `issuer-mismatch`.
  func checkRegistration(at endpoint: String) throws(Diagnostic) {
    let names = [
      settings.initialAccessToken.map { _ in "initial_access_token" },
      settings.softwareStatement.map { _ in "software_statement" },
    ].compactMap(\.self)
    guard !names.isEmpty, settings.registrationEndpoint == nil, !isIssuers(endpoint) else { return }
    throw mismatch(
      "the registration endpoint \(CheckedURL.shown(endpoint))", keeps: names.joined(separator: " and "),
      help: "write registration_endpoint if that is where they belong")
  }

  /// The credentials of a client that there is, and its users' codes: consumers send them to the token and revocation endpoints.
  ///
  /// - Throws: `issuer-mismatch` where one of them has moved to another origin by such a document.
  func checkEndpoints(of entry: LockEntry?) throws(Diagnostic) {
    guard let entry, entry.clientID != nil, entry.issuer.map({ $0.isExactly(issuer) }) == true else { return }
    let endpoints: [(name: String, new: String?, locked: String?)] = [
      ("token", found.metadata.tokenEndpoint, entry.tokenEndpoint),
      ("revocation", found.metadata.revocationEndpoint, entry.endpoints?.revocationEndpoint),
    ]
    for case (let name, let endpoint?, let locked) in endpoints {
      guard Self.origin(endpoint) != locked.flatMap(Self.origin), !isIssuers(endpoint) else { continue }
      throw mismatch(
        "the \(name) endpoint \(CheckedURL.shown(endpoint)), where \(locked.map(CheckedURL.shown) ?? "none") is locked,",
        keeps: "what is the client's", help: "write metadata_url if the issuer's document has really moved")
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
        + "the issuer '\(CheckedURL.shown(issuer))': \(secrets) must not go there",
      notes: ["nothing was sent to any of its endpoints"],
      help: [help, "or have the server's provider list the issuer itself in authorization_servers"],
      requests: found.requests)
  }

  private static func origin(_ url: String) -> String? {
    do throws(CheckedURL.Problem) { return try CheckedURL(url, plaintext: .loopback).origin } catch { return nil }
  }
}
