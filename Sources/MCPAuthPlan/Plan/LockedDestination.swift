package import MCPAuthCore

/// Where the lock file has a server's secret sent, compared with the inventory and with discovery (ThreatModel#Files-of-others).
///
/// Another person may have edited the lock file. A client that mcpauth registered has a secret record, which is bound to the endpoints of its entry.
/// A client that the inventory names has none: its secret comes from a reference, so its endpoints must be confirmed in another way.
package struct LockedDestination: Sendable {
  private let server: InventoryServer
  private let entry: LockEntry

  package init(_ server: InventoryServer, _ entry: LockEntry) {
    self.server = server
    self.entry = entry
  }

  /// What must be discovered before the client secret of the inventory is sent to the token endpoint; nil where the inventory gives that endpoint, or
  /// gives no client secret.
  package var target: DiscoveryTarget? {
    guard let settings = server.mode.oauth2, settings.clientSecret != nil, settings.tokenEndpoint == nil else {
      return nil
    }
    return Planner.target(server, settings, entry)
  }

  /// - Parameter found: the result of discovering `target`.
  /// - Throws: `secret-mismatch` if the lock file has another token endpoint; `issuer-mismatch` as in a plan.
  package func check(_ found: DiscoveredServer) throws(Diagnostic) {
    let discovered = found.metadata.tokenEndpoint
    guard entry.tokenEndpoint?.isExactly(discovered) == true else {
      throw Diagnostic(
        .error, .secretMismatch,
        "the lock file has the token endpoint \(CheckedURL.shown(entry.tokenEndpoint ?? "")) for '\(server.name)', and discovery "
          + "found \(CheckedURL.shown(discovered)): the client secret was not sent",
        at: server.location,
        help: [
          "if the lock file was edited, restore it from version control",
          "if the endpoint has moved: mcpauth apply --refresh --only \(server.name)",
        ], requests: found.requests)
    }
    guard let settings = server.mode.oauth2 else { return }
    try SecretDestination(settings: settings, found: found).checkEndpoints(of: entry)
  }

  /// Checks the URL that an export writes beside a secret.
  ///
  /// - Throws: `secret-mismatch` if the inventory has another URL.
  package func checkURL() throws(Diagnostic) {
    guard !entry.url.isExactly(server.url) else { return }
    throw differs("URL", locked: entry.url, inventory: server.url)
  }

  /// Checks the endpoints that an export writes beside the client secret of the inventory. An export sends no request, so only the inventory can
  /// confirm them: it gives the endpoint itself, or the `issuer` or `metadata_url` of the same origin.
  ///
  /// - Throws: `secret-mismatch` if it does not.
  package func checkEndpoints() throws(Diagnostic) {
    guard let settings = server.mode.oauth2, settings.clientSecret != nil else { return }
    if let issuer = settings.issuer, entry.issuer?.isExactly(issuer) != true {
      throw differs("issuer", locked: entry.issuer, inventory: issuer)
    }
    let endpoints: [(name: String, locked: String?, inventory: String?)] = [
      ("token endpoint", entry.tokenEndpoint, settings.tokenEndpoint),
      ("revocation endpoint", entry.endpoints?.revocationEndpoint, settings.revocationEndpoint),
    ]
    let isManual = settings.tokenEndpoint != nil
    let origins = [settings.issuer, settings.metadataURL].compactMap(\.self).compactMap(SecretDestination.origin)
    for case (let name, let locked?, let inventory) in endpoints {
      if isManual || inventory != nil {
        guard inventory?.isExactly(locked) == true else { throw differs(name, locked: locked, inventory: inventory) }
        continue
      }
      guard let origin = SecretDestination.origin(locked), origins.contains(origin) else {
        throw unconfirmed(name, locked)
      }
    }
  }

  private func differs(_ name: String, locked: String?, inventory: String?) -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch,
      "the lock file has the \(name) \(locked.map(CheckedURL.shown) ?? "(none)") for '\(server.name)', and the inventory has "
        + "\(inventory.map(CheckedURL.shown) ?? "(none)"): its secret is not written",
      at: server.location,
      help: [
        "if the inventory was changed, apply first: mcpauth apply --only \(server.name)",
        "if the lock file was edited, restore it from version control",
      ])
  }

  private func unconfirmed(_ name: String, _ locked: String) -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch,
      "the lock file has the \(name) \(CheckedURL.shown(locked)) for '\(server.name)', and nothing in the inventory confirms it: "
        + "the client secret is not written beside it",
      at: server.location,
      notes: ["an export sends no request, so it does not discover the endpoint"],
      help: [
        "write the issuer into the oauth2 block: it confirms the endpoints of its origin",
        "or write authorization_endpoint and token_endpoint beside client_id",
        "or export a reference: --secrets reference",
      ])
  }
}
