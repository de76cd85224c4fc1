import MCPAuthCore

/// Lock entries from the inventory and discovery, without the values that a registration's answer gives.
enum EntryTemplate {
  /// The entry of a server in one of the modes that need no request.
  static func unasked(_ server: InventoryServer) -> LockEntry {
    var entry: LockEntry
    switch server.mode {
    case .none: entry = LockEntry(mode: .none, url: server.url)
    case .apiKey: entry = LockEntry(mode: .apiKey, url: server.url)
    case .customHeaders: entry = LockEntry(mode: .customHeaders, url: server.url)
    case .manual(let settings), .preregistered(let settings), .discovered(let settings),
      .registeredAtEndpoints(let settings):
      return manual(settings, server)
    }
    entry.protect = server.protect
    entry.inputs = ServerInputs.make(JSONObject(), server)
    return entry
  }

  private static func manual(_ settings: OAuth2Settings, _ server: InventoryServer) -> LockEntry {
    let endpoints = DiscoveredEndpoints(
      resource: settings.resource ?? server.url, issuer: settings.issuer, discoveredBy: .inventory,
      authorizationEndpoint: settings.authorizationEndpoint ?? "", tokenEndpoint: settings.tokenEndpoint ?? "",
      revocationEndpoint: settings.revocationEndpoint)
    let client = LockedClient.own(
      .manual, settings, supported: nil, scopes: settings.scopes ?? [],
      scopesFrom: settings.scopes == nil ? .none : .inventory)
    return entry(server, settings, mode: .manual, endpoints, client, inputs: ServerInputs.ownClientMembers(client))
  }

  /// The entry from the result of discovery and the current or future client.
  ///
  /// - Parameter inputs: the members of the registration request, or, for a client that mcpauth does not register, the members that concern it.
  static func discovered(
    _ server: InventoryServer, _ settings: OAuth2Settings, _ found: DiscoveredServer,
    mode: LockEntry.Mode = .discovered,
    _ client: LockedClient, inputs: JSONObject
  ) -> LockEntry {
    entry(server, settings, mode: mode, DiscoveredEndpoints(found, settings), client, inputs: inputs)
  }

  private static func entry(
    _ server: InventoryServer, _ settings: OAuth2Settings, mode: LockEntry.Mode, _ endpoints: DiscoveredEndpoints,
    _ client: LockedClient, inputs: JSONObject
  ) -> LockEntry {
    var entry = LockEntry(mode: mode, url: server.url, endpoints: endpoints, client: client)
    entry.generation = settings.generation
    entry.protect = server.protect
    entry.inputs = ServerInputs.make(inputs, server)
    return entry
  }
}

extension LockedClient {
  /// A client that the inventory names.
  ///
  /// - Parameter supported: `token_endpoint_auth_methods_supported`; nil when unknown.
  static func own(
    _ registration: Registration, _ settings: OAuth2Settings, supported: [String]?, scopes: [String],
    scopesFrom: ScopeSelection.Source
  ) -> LockedClient {
    LockedClient(
      registration, id: settings.clientID,
      authMethod: AuthMethod(
        TokenEndpointAuthMethod.forOwnClient(
          inventory: settings.tokenEndpointAuthMethod, hasSecret: settings.clientSecret != nil, supported: supported)),
      redirectURIs: settings.client?.redirectURIs, scopes: scopes, scopesFrom: scopesFrom)
  }
}
