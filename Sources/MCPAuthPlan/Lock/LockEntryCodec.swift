package import MCPAuthCore

/// Converts lock entries and orphans to JSON and back, for the lock file, the journal and the secret records.
///
/// Every member is always written, with null where it does not apply, so that a reader need not distinguish a missing member from null.
extension LockEntry {
  package var json: JSON {
    var object = JSONObject([
      .init("mode", .string(mode.rawValue)), .init("url", .string(url)),
      .init("generation", .number(String(generation))), .init("protect", .bool(protect)),
      .init("inputs", .object(inputs)),
    ])
    object.members += DiscoveredEndpoints.members(endpoints) + LockedClient.members(client)
    return .object(object)
  }

  package init(json: JSON) throws(LockShapeError) {
    var members = try LockMembers(json)
    guard let mode = Mode(rawValue: try members.requiredString("mode")) else {
      throw members.wrong("mode", "not a known mode")
    }
    var entry = Members(mode: mode, url: try members.requiredString("url"))
    entry.endpoints = try DiscoveredEndpoints(&members)
    entry.client = try LockedClient(&members)
    entry.generation = try members.integer("generation") ?? 0
    entry.protect = try members.bool("protect") ?? false
    entry.inputs = try members.object("inputs") ?? JSONObject()
    try members.refuseRest()
    self.init(entry)
  }
}

extension DiscoveredEndpoints {
  fileprivate static func members(_ endpoints: DiscoveredEndpoints?) -> [JSONObject.Member] {
    [
      .init("resource", .string(or: endpoints?.resource)), .init("issuer", .string(or: endpoints?.issuer)),
      .init("authorization_server", .string(or: endpoints?.authorizationServer)),
      .init("discovered_by", .string(or: endpoints?.discoveredBy.rawValue)),
      .init("authorization_endpoint", .string(or: endpoints?.authorizationEndpoint)),
      .init("token_endpoint", .string(or: endpoints?.tokenEndpoint)),
      .init("registration_endpoint", .string(or: endpoints?.registrationEndpoint)),
      .init("revocation_endpoint", .string(or: endpoints?.revocationEndpoint)),
      .init(
        "authorization_response_iss_parameter_supported",
        endpoints?.authorizationResponseIssParameterSupported.map(JSON.bool) ?? .null),
    ]
  }

  fileprivate init?(_ members: inout LockMembers) throws(LockShapeError) {
    guard let route = try members.choice("discovered_by", of: DiscoveredServer.Route.self) else {
      try members.refuse(Self.members(nil).map(\.name), without: "discovered_by")
      return nil
    }
    self.init(
      resource: try members.requiredString("resource"), issuer: try members.string("issuer"), discoveredBy: route,
      authorizationEndpoint: try members.requiredString("authorization_endpoint"),
      tokenEndpoint: try members.requiredString("token_endpoint"),
      registrationEndpoint: try members.string("registration_endpoint"),
      revocationEndpoint: try members.string("revocation_endpoint"))
    authorizationServer = try members.string("authorization_server")
    authorizationResponseIssParameterSupported = try members.bool("authorization_response_iss_parameter_supported")
  }
}

extension LockedClient {
  fileprivate static func members(_ client: LockedClient?) -> [JSONObject.Member] {
    var members: [JSONObject.Member] = [
      .init("registration", .string(or: client?.registration.rawValue)), .init("client_id", .string(or: client?.id)),
      .init("token_endpoint_auth_method", .string(or: client?.authMethod.text)),
      .init("grant_types", .strings(or: client?.grantTypes)),
      .init("application_type", .string(or: client?.applicationType?.rawValue)),
      .init("redirect_uris", .strings(or: client?.redirectURIs)), .init("scopes", .strings(or: client?.scopes)),
      .init("scopes_from", .string(or: client?.scopesFrom.rawValue)),
      .init("client_secret_expires_at", .string(or: client?.secretExpiresAt?.rfc3339)),
      .init("registered_at", .string(or: client?.registeredAt?.rfc3339)),
      .init("managed", .bool(client?.isManaged ?? false)),
      .init("secret_version", .string(or: client?.secretVersion)),
    ]
    if client?.isLost == true { members.append(.init("lost", true)) }
    return members
  }

  fileprivate init?(_ members: inout LockMembers) throws(LockShapeError) {
    let (isManaged, isLost) = (try members.bool("managed") ?? false, try members.bool("lost") ?? false)
    guard let registration = try members.choice("registration", of: Registration.self) else {
      try members.refuse(Self.members(nil).map(\.name), without: "registration")
      return nil
    }
    guard let scopes = try members.strings("scopes") else { throw members.wrong("scopes", "missing") }
    guard let scopesFrom = try members.choice("scopes_from", of: ScopeSelection.Source.self) else {
      throw members.wrong("scopes_from", "missing")
    }
    self.init(
      registration, id: try members.requiredString("client_id"),
      authMethod: AuthMethod(try members.requiredString("token_endpoint_auth_method")),
      redirectURIs: try members.strings("redirect_uris"), scopes: scopes, scopesFrom: scopesFrom)
    grantTypes = try members.strings("grant_types")
    applicationType = try members.choice("application_type", of: ApplicationType.self)
    secretExpiresAt = try members.time("client_secret_expires_at")
    registeredAt = try members.time("registered_at")
    secretVersion = try members.string("secret_version")
    self.isManaged = isManaged
    self.isLost = isLost
  }
}

extension LockMembers {
  /// Throws where one of these members is present although the member that it depends on is null.
  fileprivate mutating func refuse(_ names: [String], without missing: String) throws(LockShapeError) {
    for name in names where take(name) != nil { throw wrong(name, "there, but '\(missing)' is not") }
  }
}

extension Orphan {
  package var json: JSON {
    var object: JSONObject = .init([
      .init("server", .string(server)), .init("issuer", .string(issuer)), .init("client_id", .string(or: clientID)),
      .init("reason", .string(reason.rawValue)), .init("since", .string(since.rfc3339)),
      .init("managed", .bool(managed)),
    ])
    if retried { object["retried"] = true }
    return .object(object)
  }

  package init(json: JSON) throws(LockShapeError) {
    var members = try LockMembers(json)
    guard let reason = try members.choice("reason", of: Reason.self) else { throw members.wrong("reason", "missing") }
    guard let since = try members.time("since") else { throw members.wrong("since", "missing") }
    self.init(
      server: try members.requiredString("server"), issuer: try members.requiredString("issuer"),
      clientID: try members.string("client_id"), reason: reason, since: since,
      managed: try members.bool("managed") ?? false, retried: try members.bool("retried") ?? false)
    try members.refuseRest()
  }

  /// The file lists orphans by server, then issuer, then client ID, so that a new orphan does not change the lines of the others.
  package var sortKey: (String, String, String) { (server, issuer, clientID ?? "") }
}

extension JSON {
  package static func string(or text: String?) -> JSON { text.map(JSON.string) ?? .null }
  package static func strings(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }
  package static func strings(or texts: [String]?) -> JSON { texts.map(strings) ?? .null }
}
