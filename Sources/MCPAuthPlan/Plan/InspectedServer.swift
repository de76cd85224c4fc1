package import MCPAuthCore

/// A server that is not in an inventory yet. The planner treats it as the only server of an inventory, so that the result is the same as that of
/// `plan`.
package struct InspectedServer: Sendable {
  private let planner: Planner
  private let server: InventoryServer

  /// - Parameters:
  ///   - trust: the URL with the private addresses that are allowed.
  ///   - client: the client metadata to register.
  ///   - issuer: as in the `oauth2` block.
  ///   - resource: as in the `oauth2` block.
  package init(
    trust: ServerTrust, client: ClientMetadata, issuer: String?, resource: String?, now: Timestamp
  ) {
    var settings = OAuth2Settings()
    settings.client = client
    settings.issuer = issuer
    settings.resource = resource
    let server = InventoryServer(
      name: "server", trust: trust, mode: .discovered(settings),
      location: SourceLocation(file: "inspect", line: 1, column: 1))
    self.server = server
    planner = Planner(
      inventory: Inventory(file: "inspect", client: client, servers: [server]), standing: Standing(),
      options: PlanOptions(), now: now)
  }

  /// What `plan` would discover.
  package var target: DiscoveryTarget {
    DiscoveryTarget(
      server.trust, issuer: server.mode.oauth2?.issuer, resource: server.mode.oauth2?.resource)
  }

  /// The client's own Client ID Metadata Document, where the client will use one.
  package func clientMetadataDocument(
    _ found: DiscoveredServer
  ) -> (document: ClientIDMetadataDocument, redirectURIs: [String])? {
    planner.clientMetadataDocument(of: server, found)
  }

  /// The result of `plan`, and what `apply` would do.
  ///
  /// - Parameter clientMetadata: the result for the client's own document; nil where it was not fetched.
  /// - Returns: the expected client, or the error that blocks the server; and all warnings.
  package func outlook(
    _ found: DiscoveredServer, clientMetadata: ClientIDMetadataDocument.Verdict?
  ) -> (Result<ClientForecast, Diagnostic>, warnings: [Diagnostic]) {
    let change = planner.decide(server, Observation(discovery: .success(found), clientMetadata: clientMetadata))
    let supported = found.metadata.tokenEndpointAuthMethodsSupported
    switch change.step {
    case .register(let registration):
      return (.success(ClientForecast(registration, supported: supported)), change.warnings)
    case .write(let entry): return (.success(ClientForecast(own: entry)), change.warnings)
    case .nothing, .updateInPlace, .remove, .discoverFirst:
      var error =
        change.error
        ?? Diagnostic(.error, .registrationUnsupported, "there is no way to get a client for \(server.url)")
      // The server is not in a file.
      error.location = nil
      error.requests = []
      return (.failure(error), change.warnings)
    }
  }
}

/// The client that a server would get.
package struct ClientForecast: Sendable, Equatable {
  /// Dynamic registration, or a Client ID Metadata Document.
  package var way: LockedClient.Registration
  /// The endpoint where it would be registered; nil for a document.
  package var endpoint: String?
  /// The body of the registration request, as it would be sent (RFC 7591 section 3.1); nil for a document.
  package var request: JSONObject?
  /// Why this method was chosen.
  package var methodReason: String
  /// The expected entry in the lock file, without the values that a registration's answer gives.
  package var entry: LockEntry

  init(_ registration: PlannedRegistration, supported: [String]?) {
    way = .dcr
    endpoint = registration.endpoint
    request = registration.requested.members
    entry = registration.template
    methodReason =
      if supported == nil {
        "the server does not list its methods, which means client_secret_basic (RFC 8414 section 2)"
      } else if registration.requested.tokenEndpointAuthMethod == TokenEndpointAuthMethod.none {
        "the server lists it: there is no secret to leak or to expire, and PKCE is required anyway"
      } else {
        "the server does not list none: the first of client_secret_basic and client_secret_post that it lists"
      }
  }

  init(own entry: LockEntry) {
    way = entry.registration ?? .cimd
    self.entry = entry
    methodReason = "everybody can read the document: its client is public"
  }

  /// The members of a lock entry that are known before the client exists, without those that a registration's answer gives.
  package var lockMembers: JSONObject {
    let unknown: Set = [
      "client_secret_expires_at", "registered_at", "managed", "secret_version", "generation", "protect",
    ]
    var object = JSONObject((entry.json.object ?? JSONObject()).members.filter { !unknown.contains($0.name) })
    if entry.clientID == nil { object["client_id"] = nil }
    return object
  }
}
