internal import MCPAuthCore
internal import MCPAuthYAML

/// The keys of `secrets` with `store: kv2` (SecretStores#KV2).
extension InventoryContext {
  /// - Parameters:
  ///   - place: where the store is named.
  ///   - written: `store: age`, for a message about a key of another store.
  /// - Returns: nil for another store, and where a mistake was reported.
  mutating func readKV2(
    _ fields: InventoryFields<SecretsKey>, isKV2: Bool, at place: YAMLMark, _ written: String
  ) -> KV2Settings? {
    for key in [SecretsKey.address, .mount, .namespace, .auth] {
      belongs(fields[key], isKV2, "store: kv2", written)
    }
    guard isKV2 else { return nil }
    let address = fields[.address].flatMap { storeAddress($0) }
    let mount = fields[.mount].map { storePath($0) }
    let path = fields[.path].flatMap { storePath($0) }
    let namespace = fields[.namespace].map { storePath($0) }
    let auth = fields[.auth].flatMap { kv2Auth($0) }
    let required: [(key: SecretsKey, help: String)] = [
      (.address, "write address: https://bao.example.com:8200"),
      (.path, "write path: mcpauth/prod, a path that only this inventory uses"),
      (.auth, "write auth: {token: {env: BAO_TOKEN}}, or jwt, approle or kubernetes"),
    ]
    for (key, help) in required where fields[key] == nil {
      report(.missingKey, "'secrets' has store: kv2, and no \(key.rawValue)", at: place, help: [help])
    }
    guard let address, let path, let auth, mount != .some(nil), namespace != .some(nil) else { return nil }
    return KV2Settings(
      address: address, location: fields[.address].map { location(self.place($0)) },
      mount: mount.flatMap { $0 } ?? KV2Settings.defaultMount, path: path, namespace: namespace.flatMap { $0 },
      auth: auth)
  }

  private mutating func storeAddress(_ entry: YAMLEntry) -> CheckedURL? {
    guard let url = url(entry)?.checked else { return nil }
    guard url.query == nil else {
      report(
        .invalidURL, "'\(entry.name)' has a query", at: place(entry),
        help: ["write the address of the server, as in BAO_ADDR or VAULT_ADDR: https://bao.example.com:8200"])
      return nil
    }
    return KV2Settings.base(url)
  }

  private mutating func storePath(_ entry: YAMLEntry) -> String? {
    guard let text = text(entry) else { return nil }
    if KV2Settings.isPath(text) { return text }
    return wrong(
      entry, "'\(entry.name)' takes names of letters, digits, '.', '_' and '-', separated by single slashes",
      help: ["write it without a slash at the beginning and the end, for example \(entry.name): team/mcpauth"])
  }

  private mutating func kv2Auth(_ entry: YAMLEntry) -> KV2Auth? {
    guard let fields = fields(entry.value, called: "'auth'", at: place(entry), as: KV2AuthKey.self) else { return nil }
    guard let (key, member) = fields.present.first, fields.present.count == 1 else {
      report(
        .invalidValue, "'auth' takes exactly one of token, jwt, approle and kubernetes", at: place(entry),
        help: [
          "with a token: auth: {token: {env: BAO_TOKEN}}",
          "in a CI job: auth: {jwt: {role: mcpauth, token: {env: BAO_ID_TOKEN}}}",
        ])
      return nil
    }
    switch key {
    case .token:
      return storeReference(member).map { KV2Auth(.token, credential: $0, location: location(place(member))) }
    case .jwt: return login(member, .jwt, role: .role, credential: .token)
    case .approle: return login(member, .approle, role: .roleID, credential: .secretID)
    case .kubernetes: return login(member, .kubernetes, role: .role, credential: .token)
    }
  }

  private mutating func login(
    _ entry: YAMLEntry, _ method: KV2Auth.Method, role roleKey: KV2LoginKey, credential key: KV2LoginKey
  ) -> KV2Auth? {
    let block = "'\(method.rawValue)'"
    guard let fields = fields(entry.value, called: block, at: place(entry), as: KV2LoginKey.self) else { return nil }
    let known: [KV2LoginKey] = [.mount, roleKey, key]
    for (other, member) in fields.present where !known.contains(other) {
      report(
        .invalidValue, "'\(member.name)' does not belong to \(block)", at: member.mark,
        help: ["\(block) takes \(known.map(\.rawValue).joined(separator: ", "))"])
    }
    let mount = fields[.mount].map { storePath($0) }
    let role = fields[roleKey].flatMap { text($0) }
    var credential = fields[key].flatMap { storeReference($0) }
    if method == .kubernetes, fields[key] == nil { credential = .file(KV2Auth.podToken) }
    for needed in [roleKey, key] where fields[needed] == nil {
      if needed == key, credential != nil { continue }
      report(
        .missingKey, "\(block) has no \(needed.rawValue)", at: place(entry),
        help: [needed == roleKey ? "write \(needed.rawValue): mcpauth" : "write \(needed.rawValue): {env: BAO_LOGIN}"])
    }
    guard let role, let credential, mount != .some(nil) else { return nil }
    return KV2Auth(
      method, mount: mount.flatMap { $0 }, role: role, credential: credential,
      location: location(place(fields[key] ?? entry)))
  }

  /// A reference to the credential of the store itself.
  ///
  /// - Parameter example: a variable, for a message.
  mutating func storeReference(_ entry: YAMLEntry, example: String = "BAO_TOKEN") -> SecretReference? {
    guard let reference = secretReference(entry, owner: Self.storeOwner, use: .store) else { return nil }
    guard case .stored = reference else { return reference }
    return wrong(
      entry, "'\(entry.name)' opens the store, so the store cannot keep it",
      help: ["write \(entry.name): {env: \(example)}, or \(entry.name): {file: PATH}"])
  }
}
