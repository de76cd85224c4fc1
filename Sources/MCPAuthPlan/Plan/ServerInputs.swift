import MCPAuthCore

/// The `inputs` of a lock entry. A later plan is compared with them (PlanAndApply#Lock-file).
///
/// The members are those of the registration request as it was first resolved (RFC 7591 section 2); for a client that mcpauth does not register,
/// only the members that concern it. The member `settings` contains the inventory's own settings. There is no secret, only references to secrets.
enum ServerInputs {
  static let settingsName = "settings"
  private static let initialAccessTokenName = "initial_access_token"
  private static let documentName = "client_metadata_url"

  /// The settings of the inventory that an entry records, by the inventory's names. Missing and default values are not recorded.
  static func settings(of server: InventoryServer) -> JSONObject {
    var object = JSONObject()
    func set(_ name: String, _ value: String?) { if let value { object.members.append(.init(name, .string(value))) } }
    switch server.mode {
    case .none: break
    case .apiKey(let header, let value):
      set("header", header)
      set("value", value.description)
    case .customHeaders(let headers):
      for (name, value) in headers {
        switch value {
        // A text that begins with a brace gets another one, so that it is never the same as a reference.
        case .literal(let text): set(name, text.hasPrefix("{") ? "{" + text : text)
        case .reference(let reference): set(name, "{" + reference.description + "}")
        }
      }
    case .manual(let settings), .preregistered(let settings), .discovered(let settings),
      .registeredAtEndpoints(let settings):
      set("client_id", settings.clientID)
      set("client_secret", settings.clientSecret?.description)
      set("authorization_endpoint", settings.authorizationEndpoint)
      set("token_endpoint", settings.tokenEndpoint)
      set("revocation_endpoint", settings.revocationEndpoint)
      if let scopes = settings.scopes { object.members.append(.init("scopes", .strings(scopes))) }
      if settings.registration != .auto { set("registration", settings.registration.rawValue) }
      set("token_endpoint_auth_method", settings.tokenEndpointAuthMethod)
      set("issuer", settings.issuer)
      set("metadata_url", settings.metadataURL)
      set("registration_endpoint", settings.registrationEndpoint)
      switch settings.resourceMetadata {
      case .discovered: break
      case .url(let url): set("resource_metadata_url", url)
      case .none: set("resource_metadata_url", "none")
      }
      set("resource", settings.resource)
      set(initialAccessTokenName, settings.initialAccessToken?.description)
      set("software_statement", settings.softwareStatement?.description)
      if settings.pkce != .required { set("pkce", settings.pkce.rawValue) }
      set(documentName, settings.client?.metadataURL)
      if !settings.consumers.isEmpty {
        object.members.append(.init("consumers", .strings(settings.consumers.map(\.consumer.rawValue).sorted())))
      }
    }
    return object
  }

  /// The reference to a secret that an entry records for a field of the inventory; nil if it records none.
  ///
  /// - Parameter field: as `SecretUse.field` has it.
  static func reference(_ field: String, in entry: LockEntry?) -> String? {
    let path = field.split(separator: ".", maxSplits: 1).map(String.init)
    guard let entry, path.count == 2, let text = entry.inputs[settingsName]?[path[1]]?.string else { return nil }
    // Settings are recorded by their own name, headers by the name of the header. So the mode decides which they are.
    switch entry.mode {
    case .none: return nil
    case .apiKey: return path[0] == "api_key" ? text : nil
    case .customHeaders:
      guard path[0] == "custom_headers", text.hasPrefix("{"), !text.hasPrefix("{{") else { return nil }
      return String(text.dropFirst().dropLast())
    case .discovered, .preregistered, .manual: return path[0] == "oauth2" ? text : nil
    }
  }

  /// In the order of the lock file, so that the value that is read back is equal to the value that was written.
  static func make(_ members: JSONObject, _ server: InventoryServer) -> JSONObject {
    var object = members
    object.members.append(.init(settingsName, .object(settings(of: server).inCanonicalOrder)))
    return object.inCanonicalOrder
  }

  /// The recorded members of a client that mcpauth does not register: the values that it must have where it is registered.
  static func ownClientMembers(_ client: LockedClient) -> JSONObject {
    var object = JSONObject()
    if let uris = client.redirectURIs, !uris.isEmpty { object["redirect_uris"] = .strings(uris) }
    if !client.scopes.isEmpty { object["scope"] = .string(client.scopes.joined(separator: " ")) }
    return object
  }

  /// The members of the request, without the settings.
  static func members(of inputs: JSONObject) -> JSONObject {
    JSONObject(inputs.members.filter { $0.name != settingsName })
  }

  /// The inputs of an entry, with the URL of the client's metadata document that the old entry records, where the client does not use the document.
  /// So another URL changes only the servers that use it.
  static func keepingUnusedDocument(
    _ inputs: JSONObject, from old: JSONObject, _ server: InventoryServer
  ) -> JSONObject {
    guard var settings = inputs[settingsName]?.object else { return inputs }
    let recorded = old[settingsName]?[documentName]
    if recorded == nil, isDocumentPossible(server) { return inputs }
    settings[documentName] = recorded
    var new = inputs
    new[settingsName] = .object(settings.inCanonicalOrder)
    return new
  }

  /// Whether a registered client could use a metadata document instead (Registration#Strategies).
  private static func isDocumentPossible(_ server: InventoryServer) -> Bool {
    if case .discovered(let settings) = server.mode { settings.registration == .auto } else { false }
  }

  /// Whether another `client.metadata_url` matters: the client is the document, or it was registered when there was no document.
  private static func isDocumentUsed(_ entry: LockEntry, _ server: InventoryServer) -> Bool {
    if entry.registration == .cimd { return true }
    return entry.inputs[settingsName]?[documentName] == nil && isDocumentPossible(server)
  }

  /// The names of the settings that differ between the lock entry and the inventory. The initial access token is recorded only to compare its
  /// destination: another token changes nothing about a registered client.
  static func changedSettings(_ entry: LockEntry, _ server: InventoryServer) -> Set<String> {
    let old = Dictionary(
      (entry.inputs[settingsName]?.object?.members ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let new = Dictionary(settings(of: server).members.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    if old == new { return [] }
    return Set(old.keys).union(new.keys).filter { name in
      old[name] != new[name] && name != initialAccessTokenName
        && (name != documentName || isDocumentUsed(entry, server))
    }
  }
}

/// The difference between the client that was requested and the client that would be requested now, by its consequences (PlanAndApply#Actions,
/// "What makes a change").
struct ClientDifference: Equatable {
  /// Functional metadata that differs, as reasons.
  var functional: [Reason] = []
  /// Display metadata that differs.
  var display: [FieldChange] = []

  /// Members that users see, and that no request depends on.
  static let displayMembers = [
    "client_name", "client_uri", "logo_uri", "tos_uri", "policy_uri", "contacts", "software_id", "software_version",
  ]

  /// - Parameters:
  ///   - old: the recorded members of the request.
  ///   - new: the members as they would be sent now.
  ///   - isRegistered: whether mcpauth registered the client. Only then does a server store display metadata.
  init(old: JSONObject, new: JSONObject, isRegistered: Bool) {
    func isSame(_ name: String) -> Bool {
      let (before, after) = (old[name], new[name])
      return before == after || Self.asSet(before) == Self.asSet(after)
    }
    if !isSame("redirect_uris") { functional.append(.redirectURIsChanged) }
    if !isSame("scope") { functional.append(.scopesChanged) }
    guard isRegistered else { return }
    if !isSame("application_type") { functional.append(.applicationTypeChanged) }
    if !isSame("grant_types") { functional.append(.registrationChanged) }
    for name in Self.displayMembers where old[name] != new[name] {
      display.append(
        FieldChange(name, from: old[name].map(FieldChange.Value.init), to: new[name].map(FieldChange.Value.init)))
    }
  }

  /// Lists, and strings separated by spaces, are compared without their order, because the order has no meaning for a server.
  private static func asSet(_ value: JSON?) -> Set<String> {
    switch value {
    case .array(let elements): Set(elements.compactMap(\.string))
    case .string(let text): Set(text.split(separator: " ").map(String.init))
    default: []
    }
  }
}

extension JSONObject {
  fileprivate var inCanonicalOrder: JSONObject {
    JSONObject(members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
  }
}
