import MCPAuthCore

extension LockEntry {
  /// The changes from one entry to the next for reviewers: first by the names of the lock file, then the differences in the inventory's settings.
  static func fieldChanges(from old: LockEntry?, to new: LockEntry) -> [FieldChange] {
    old.map { differences(from: $0, to: new) } ?? []
  }

  /// All fields of an entry that was found, and was not made by the plan.
  static func fields(of entry: LockEntry) -> [FieldChange] { differences(from: nil, to: entry) }

  private static func differences(from old: LockEntry?, to new: LockEntry) -> [FieldChange] {
    var changes: [FieldChange] = []
    func compare(_ field: String, _ before: FieldChange.Value?, _ after: FieldChange.Value?) {
      if before != after { changes.append(FieldChange(field, from: before, to: after)) }
    }
    func text(_ field: String, _ before: String?, _ after: String?) {
      compare(field, before.map(FieldChange.Value.text), after.map(FieldChange.Value.text))
    }
    func list(_ field: String, _ before: [String]?, _ after: [String]?) {
      compare(field, before.map(FieldChange.Value.list), after.map(FieldChange.Value.list))
    }
    text("mode", old?.mode.rawValue, new.mode.rawValue)
    text("registration", old?.registration?.rawValue, new.registration?.rawValue)
    text("url", old?.url, new.url)
    let (before, after) = (old?.endpoints, new.endpoints)
    text("resource", before?.resource, after?.resource)
    text("issuer", before?.issuer, after?.issuer)
    text("authorization_endpoint", before?.authorizationEndpoint, after?.authorizationEndpoint)
    text("token_endpoint", before?.tokenEndpoint, after?.tokenEndpoint)
    text("registration_endpoint", before?.registrationEndpoint, after?.registrationEndpoint)
    text("revocation_endpoint", before?.revocationEndpoint, after?.revocationEndpoint)
    // The ID of a client that is not registered yet is unknown.
    if new.clientID != nil { text("client_id", old?.clientID, new.clientID) }
    list("redirect_uris", old?.redirectURIs, new.redirectURIs)
    list("scopes", old?.client?.scopes, new.client?.scopes)
    text("token_endpoint_auth_method", old?.client?.authMethod.text, new.client?.authMethod.text)
    text("application_type", old?.client?.applicationType?.rawValue, new.client?.applicationType?.rawValue)
    guard let old else { return changes }
    text("generation", String(old.generation), String(new.generation))
    text("protect", String(old.protect), String(new.protect))
    if old.mode == new.mode { changes += settingChanges(from: old, to: new, beside: Set(changes.map(\.field))) }
    return changes
  }

  /// The settings of the inventory that differ (`inputs.settings`), without those whose effect is already in the list.
  private static func settingChanges(
    from old: LockEntry, to new: LockEntry, beside shown: Set<String>
  ) -> [FieldChange] {
    let before = old.inputs[ServerInputs.settingsName]?.object ?? JSONObject()
    let after = new.inputs[ServerInputs.settingsName]?.object ?? JSONObject()
    let names = Set(before.members.map(\.name)).union(after.members.map(\.name)).subtracting(shown).sorted()
    return names.filter { before[$0] != after[$0] }.map { name in
      FieldChange(
        settingPath(name, new.mode), from: before[name].map(FieldChange.Value.init),
        to: after[name].map(FieldChange.Value.init))
    }
  }

  /// The key in the inventory: `oauth2.pkce`, `custom_headers.X-Tenant`.
  private static func settingPath(_ name: String, _ mode: Mode) -> String {
    switch mode {
    case .apiKey: "api_key." + name
    case .customHeaders: "custom_headers." + name
    case .discovered, .preregistered, .manual, .none:
      name == "client_metadata_url" ? "client.metadata_url" : "oauth2." + name
    }
  }
}

extension FieldChange.Value {
  /// The value of a member of a registration request, or of a setting.
  init(_ json: JSON) {
    switch json {
    case .string(let text): self = .text(text)
    case .array(let elements): self = .list(elements.compactMap(\.string))
    case .number(let text): self = .text(text)
    case .bool(let flag): self = .text(String(flag))
    case .null, .object: self = .text(json.kind)
    }
  }
}
