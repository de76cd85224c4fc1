import MCPAuthCore

/// Replaces the result of discovery where none is made: with the inventory's own endpoints, or, offline, with the lock file.
extension Planner {
  /// `registration: dcr` with three given endpoints: no discovery, only the registration (InventoryReference#Modes).
  ///
  /// No document names the issuer. Therefore the inventory's `issuer`, or else the origin of the registration endpoint, is used as the issuer: the
  /// client is bound to it, and only one client at a time is registered there.
  func endpointsAsGiven(_ server: InventoryServer, _ settings: OAuth2Settings) -> DiscoveredServer {
    let endpoint = settings.registrationEndpoint ?? ""
    let origin: String
    do throws(CheckedURL.Problem) {
      origin = try CheckedURL(endpoint, plaintext: .loopback).origin
    } catch {
      origin = endpoint
    }
    let issuer = settings.issuer ?? origin
    return DiscoveredServer(
      resource: settings.resource ?? server.url, authorizationServer: issuer,
      metadata: AuthorizationServerMetadata(
        issuer: issuer, authorizationEndpoint: settings.authorizationEndpoint ?? "",
        tokenEndpoint: settings.tokenEndpoint ?? "", registrationEndpoint: endpoint,
        revocationEndpoint: settings.revocationEndpoint),
      route: .inventory)
  }

  /// Offline: the change if nothing has changed at the servers.
  func predicted(_ server: InventoryServer, _ settings: OAuth2Settings, _ entry: LockEntry?) -> Change {
    guard let entry, let found = assumed(entry) else {
      var change = Change(
        server: server.name, action: .register, reasons: [entry == nil ? .new : .modeChanged], entry: entry,
        issuer: settings.issuer, location: server.location, step: .discoverFirst)
      if let entry, entry.clientID != nil { change.action = .replace }
      let isNamed = if case .preregistered = server.mode { true } else { false }
      if isNamed { change.clientID = settings.clientID }
      if change.action == .register, isNamed || settings.registration == .cimd {
        change.action = entry == nil ? .add : .update
      }
      change.sends = sends(change, server)
      return change
    }
    var change = decide(server, Observation(discovery: .success(found)))
    if change.step != .nothing { change.step = .discoverFirst }
    return change
  }

  /// The result of discovery when the entry was made.
  private func assumed(_ entry: LockEntry) -> DiscoveredServer? {
    guard entry.mode == .discovered || entry.mode == .preregistered, let endpoints = entry.endpoints,
      let issuer = endpoints.issuer, let authorizationServer = endpoints.authorizationServer
    else { return nil }
    let members = ServerInputs.members(of: entry.inputs)
    let wasInventorys = entry.inputs[ServerInputs.settingsName]?["scopes"] != nil
    let scopes =
      wasInventorys ? nil : members["scope"]?.string.map { $0.split(separator: " ").map(String.init) }
    let isResources = entry.client?.scopesFrom == .resourceMetadata
    // For a preregistered client, the list of supported methods is not known. The chosen method is taken as the list.
    let methods = entry.mode == .preregistered ? entry.client.map { [$0.authMethod.text] } : nil
    return DiscoveredServer(
      resource: endpoints.resource, authorizationServer: authorizationServer,
      metadata: AuthorizationServerMetadata(
        issuer: issuer, authorizationEndpoint: endpoints.authorizationEndpoint, tokenEndpoint: endpoints.tokenEndpoint,
        registrationEndpoint: endpoints.registrationEndpoint, revocationEndpoint: endpoints.revocationEndpoint,
        tokenEndpointAuthMethodsSupported: methods,
        grantTypesSupported: members["grant_types"]?.array?.compactMap(\.string) ?? entry.client?.grantTypes,
        authorizationResponseIssParameterSupported: endpoints.authorizationResponseIssParameterSupported ?? false,
        clientIDMetadataDocumentSupported: entry.registration == .cimd),
      route: endpoints.discoveredBy, challengeScopes: isResources ? nil : scopes,
      resourceScopes: isResources ? scopes : nil)
  }
}
