package import MCPAuthCore

/// Lock entries and orphans to JSON and back, for the lock file, the journal and the secret records alike.
///
/// Every member is always written, null where it does not apply, so that a reader never has to tell "left out" from "none".
extension LockEntry {
  package var json: JSON {
    var object: [JSONObject.Member] = []
    func add(_ name: String, _ value: JSON) { object.append(.init(name, value)) }
    add("mode", .string(mode.rawValue))
    add("registration", .string(or: registration?.rawValue))
    add("url", .string(url))
    add("resource", .string(or: resource))
    add("issuer", .string(or: issuer))
    add("authorization_server", .string(or: authorizationServer))
    add("discovered_by", .string(or: discoveredBy))
    add("authorization_endpoint", .string(or: authorizationEndpoint))
    add("token_endpoint", .string(or: tokenEndpoint))
    add("registration_endpoint", .string(or: registrationEndpoint))
    add("revocation_endpoint", .string(or: revocationEndpoint))
    add(
      "authorization_response_iss_parameter_supported",
      authorizationResponseIssParameterSupported.map(JSON.bool) ?? .null)
    add("client_id", .string(or: clientID))
    add("token_endpoint_auth_method", .string(or: tokenEndpointAuthMethod))
    add("grant_types", .strings(or: grantTypes))
    add("application_type", .string(or: applicationType))
    add("redirect_uris", .strings(or: redirectURIs))
    add("scopes", .strings(or: scopes))
    add("scopes_from", .string(or: scopesFrom))
    add("client_secret_expires_at", .string(or: clientSecretExpiresAt?.rfc3339))
    add("registered_at", .string(or: registeredAt?.rfc3339))
    add("managed", .bool(managed))
    add("secret_version", .string(or: secretVersion))
    add("generation", .number(String(generation)))
    add("protect", .bool(protect))
    add("inputs", .object(inputs))
    if isLost { add("lost", true) }
    return .object(JSONObject(object))
  }

  package init(json: JSON) throws(LockShapeError) {
    var members = try LockMembers(json)
    guard let mode = Mode(rawValue: try members.requiredString("mode")) else {
      throw members.wrong("mode", "no known mode")
    }
    let registration = try members.choice("registration", of: Registration.self)
    self.init(mode: mode, registration: registration, url: try members.requiredString("url"))
    resource = try members.string("resource")
    issuer = try members.string("issuer")
    authorizationServer = try members.string("authorization_server")
    discoveredBy = try members.string("discovered_by")
    authorizationEndpoint = try members.string("authorization_endpoint")
    tokenEndpoint = try members.string("token_endpoint")
    registrationEndpoint = try members.string("registration_endpoint")
    revocationEndpoint = try members.string("revocation_endpoint")
    authorizationResponseIssParameterSupported = try members.bool("authorization_response_iss_parameter_supported")
    clientID = try members.string("client_id")
    tokenEndpointAuthMethod = try members.string("token_endpoint_auth_method")
    grantTypes = try members.strings("grant_types")
    applicationType = try members.string("application_type")
    redirectURIs = try members.strings("redirect_uris")
    scopes = try members.strings("scopes")
    scopesFrom = try members.string("scopes_from")
    clientSecretExpiresAt = try members.time("client_secret_expires_at")
    registeredAt = try members.time("registered_at")
    managed = try members.bool("managed") ?? false
    secretVersion = try members.string("secret_version")
    generation = try members.integer("generation") ?? 0
    protect = try members.bool("protect") ?? false
    isLost = try members.bool("lost") ?? false
    inputs = try members.object("inputs") ?? JSONObject()
    try members.refuseRest()
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

  /// Orphans stand in the file by server, then issuer, then client id: a new one disturbs no neighbour.
  package var sortKey: (String, String, String) { (server, issuer, clientID ?? "") }
}

extension JSON {
  package static func string(or text: String?) -> JSON { text.map(JSON.string) ?? .null }
  package static func strings(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }
  package static func strings(or texts: [String]?) -> JSON { texts.map(strings) ?? .null }
}
