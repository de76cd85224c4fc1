import MCPAuthCore

/// Lock entries as the inventory and discovery make them, but for what a registration's answer decides.
enum EntryTemplate {
  /// Of a server in one of the modes in which nothing is asked.
  static func unasked(_ server: InventoryServer) -> LockEntry {
    var entry: LockEntry
    switch server.mode {
    case .none: entry = LockEntry(mode: .none, registration: nil, url: server.url)
    case .apiKey: entry = LockEntry(mode: .apiKey, registration: nil, url: server.url)
    case .customHeaders: entry = LockEntry(mode: .customHeaders, registration: nil, url: server.url)
    case .manual(let settings), .preregistered(let settings), .discovered(let settings),
      .registeredAtEndpoints(let settings):
      entry = manual(settings, server)
    }
    entry.protect = server.protect
    if entry.registration != .manual { entry.inputs = ServerInputs.make(JSONObject(), server) }
    return entry
  }

  private static func manual(_ settings: OAuth2Settings, _ server: InventoryServer) -> LockEntry {
    var entry = LockEntry(mode: .manual, registration: .manual, url: server.url)
    entry.resource = settings.resource ?? server.url
    entry.issuer = settings.issuer
    entry.discoveredBy = DiscoveredServer.Route.inventory.rawValue
    entry.authorizationEndpoint = settings.authorizationEndpoint
    entry.tokenEndpoint = settings.tokenEndpoint
    entry.revocationEndpoint = settings.revocationEndpoint
    entry.clientID = settings.clientID
    entry.tokenEndpointAuthMethod = TokenEndpointAuthMethod.forOwnClient(
      inventory: settings.tokenEndpointAuthMethod, hasSecret: settings.clientSecret != nil, supported: nil)
    entry.redirectURIs = settings.client?.redirectURIs
    entry.scopes = settings.scopes ?? []
    entry.scopesFrom = (settings.scopes == nil ? ScopeSelection.Source.none : .inventory).rawValue
    entry.generation = settings.generation
    entry.inputs = ServerInputs.make(
      ServerInputs.ownClientMembers(redirectURIs: settings.client?.redirectURIs, scopes: settings.scopes ?? []), server)
    return entry
  }

  /// What discovery says of a server, whatever its client.
  static func discovered(
    _ server: InventoryServer, _ settings: OAuth2Settings, _ found: DiscoveredServer, mode: LockEntry.Mode,
    registration: LockEntry.Registration
  ) -> LockEntry {
    var entry = LockEntry(mode: mode, registration: registration, url: server.url)
    let metadata = found.metadata
    entry.resource = found.resource
    entry.issuer = metadata.issuer
    entry.authorizationServer = found.authorizationServer
    entry.discoveredBy = found.route.rawValue
    entry.authorizationEndpoint = metadata.authorizationEndpoint
    entry.tokenEndpoint = metadata.tokenEndpoint
    entry.registrationEndpoint = settings.registrationEndpoint ?? metadata.registrationEndpoint
    entry.revocationEndpoint = settings.revocationEndpoint ?? metadata.revocationEndpoint
    entry.authorizationResponseIssParameterSupported = metadata.authorizationResponseIssParameterSupported
    entry.generation = settings.generation
    entry.protect = server.protect
    return entry
  }
}

extension LockEntry {
  /// This entry with the client of another one: what is kept when only the surroundings change.
  func withClient(of other: LockEntry) -> LockEntry {
    var entry = self
    entry.registration = other.registration
    entry.clientID = other.clientID
    entry.tokenEndpointAuthMethod = other.tokenEndpointAuthMethod
    entry.grantTypes = other.grantTypes
    entry.applicationType = other.applicationType
    entry.redirectURIs = other.redirectURIs
    entry.scopes = other.scopes
    entry.scopesFrom = other.scopesFrom
    entry.clientSecretExpiresAt = other.clientSecretExpiresAt
    entry.registeredAt = other.registeredAt
    entry.managed = other.managed
    entry.secretVersion = other.secretVersion
    return entry
  }

  /// Whether only the surroundings that discovery finds differ.
  func hasOtherEndpoints(than other: LockEntry) -> Bool {
    authorizationEndpoint != other.authorizationEndpoint || tokenEndpoint != other.tokenEndpoint
      || registrationEndpoint != other.registrationEndpoint || revocationEndpoint != other.revocationEndpoint
      || resource != other.resource || authorizationServer != other.authorizationServer
      || discoveredBy != other.discoveredBy
      || authorizationResponseIssParameterSupported != other.authorizationResponseIssParameterSupported
  }
}
