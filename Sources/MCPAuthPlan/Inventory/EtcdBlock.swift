internal import MCPAuthCore
internal import MCPAuthYAML

/// The keys of `state` with `store: etcd` (Reliability#Many-runners).
extension InventoryContext {
  /// - Parameters:
  ///   - place: where the store is named.
  ///   - written: `store: file`, for a message about a key of etcd.
  /// - Returns: nil for another store, and where a mistake was reported.
  mutating func readEtcd(
    _ fields: InventoryFields<StateKey>, isEtcd: Bool, at place: YAMLMark, _ written: String
  ) -> EtcdSettings? {
    for key in StateKey.allCases where key != .store { belongs(fields[key], isEtcd, "store: etcd", written) }
    guard isEtcd else { return nil }
    let required: [(key: StateKey, help: String)] = [
      (.endpoints, "write endpoints: [https://etcd-1.example.com:2379]"),
      (.prefix, "write prefix: /mcpauth/prod, a prefix that only this inventory uses"),
    ]
    for (key, help) in required where fields[key] == nil {
      report(.missingKey, "'state' has store: etcd, and no \(key.rawValue)", at: place, help: [help])
    }
    let endpoints = fields[.endpoints].flatMap { etcdEndpoints($0) }
    let prefix = fields[.prefix].flatMap { etcdPrefix($0) }
    let auth = fields[.auth].map { etcdAuth($0) }
    let paths = [StateKey.caFile, .clientCertificate, .clientKey].map { key in
      fields[key].map { entry in text(entry).map { WrittenPath($0, at: location(self.place(entry))) } }
    }
    for (one, other) in [(StateKey.clientCertificate, StateKey.clientKey), (.clientKey, .clientCertificate)] {
      guard let entry = fields[one], fields[other] == nil else { continue }
      report(
        .missingKey, "'\(one.rawValue)' is there, and no \(other.rawValue)", at: self.place(entry),
        help: ["write both: the certificate and its key, as PEM files"])
    }
    guard let endpoints, let prefix, auth != .some(nil), !paths.contains(.some(nil)) else { return nil }
    var settings = EtcdSettings(
      endpoints: endpoints, location: fields[.endpoints].map { location(self.place($0)) }, prefix: prefix)
    settings.auth = auth.flatMap { $0 }
    settings.caFile = paths[0].flatMap { $0 }
    settings.clientCertificate = paths[1].flatMap { $0 }
    settings.clientKey = paths[2].flatMap { $0 }
    return settings
  }

  private mutating func etcdEndpoints(_ entry: YAMLEntry) -> [CheckedURL]? {
    guard let elements = list(entry, least: 1) else { return nil }
    return all(elements) { context, element in
      let mark = context.place(element, in: entry)
      guard let url = context.url(element, called: entry.name, at: mark)?.checked else { return nil }
      guard url.query == nil, KV2Settings.base(url).path.isEmpty else {
        context.report(
          .invalidURL, "'\(entry.name)' takes addresses without path and query", at: mark,
          help: ["write https://etcd-1.example.com:2379"])
        return nil
      }
      return KV2Settings.base(url)
    }
  }

  private mutating func etcdPrefix(_ entry: YAMLEntry) -> String? {
    guard let text = text(entry) else { return nil }
    if EtcdSettings.isPrefix(text) { return text }
    return wrong(
      entry,
      "'\(entry.name)' takes a slash, then names of letters, digits, '.', '_' and '-', separated by single slashes",
      help: ["write \(entry.name): /mcpauth/prod"])
  }

  private mutating func etcdAuth(_ entry: YAMLEntry) -> EtcdAuth? {
    guard let fields = fields(entry.value, called: "'auth'", at: place(entry), as: EtcdAuthKey.self) else { return nil }
    let user = fields[.username].flatMap { etcdUser($0) }
    let password = fields[.password].flatMap { storeReference($0, example: "ETCD_PASSWORD") }
    for key in EtcdAuthKey.allCases where fields[key] == nil {
      report(
        .missingKey, "'auth' has no \(key.rawValue)", at: place(entry),
        help: [key == .username ? "write username: mcpauth" : "write password: {env: ETCD_PASSWORD}"])
    }
    guard let user, let password else { return nil }
    return EtcdAuth(user: user, password: password, location: location(place(entry)))
  }

  private mutating func etcdUser(_ entry: YAMLEntry) -> EtcdAuth.User? {
    if case .mapping = entry.value.content {
      return storeReference(entry, example: "ETCD_USER").map(EtcdAuth.User.reference)
    }
    return text(entry).map(EtcdAuth.User.name)
  }

  /// The runners of an inventory in etcd are on several machines, so a folder of one machine cannot keep its secrets.
  ///
  /// - Parameters: the blocks; nil where the inventory has none.
  mutating func checkStores(
    _ state: StateSettings, _ secrets: SecretsSettings, stateEntry: YAMLEntry?, secretsEntry: YAMLEntry?
  ) {
    if let secretsEntry, secrets.store == .etcd, state.store != .etcd {
      report(
        .missingKey, "'secrets' has store: etcd, and 'state' is not in etcd", at: place(secretsEntry),
        help: ["write state: {store: etcd, endpoints: [https://etcd-1.example.com:2379], prefix: /mcpauth/prod}"])
    }
    guard state.store == .etcd, let stateEntry, secrets.store == .directory else { return }
    report(
      .invalidValue,
      "'state' is in etcd, and 'secrets' are in a folder of this machine, which other runners cannot read",
      at: place(secretsEntry ?? stateEntry),
      help: ["write secrets: {store: etcd, recipients: [age1…]}", "or keep them in kv2, or with exec"])
  }
}
