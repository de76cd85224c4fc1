internal import MCPAuthCore
internal import MCPAuthYAML

/// `secrets`, `state` and `network` (SecretStores#Durability-in-CI, Reliability#Many-runners, InventoryReference#Network).
extension InventoryContext {
  mutating func readSecrets(_ entry: YAMLEntry?) -> SecretsSettings {
    var settings = SecretsSettings()
    guard let entry, let fields = fields(entry.value, called: "'secrets'", at: place(entry), as: SecretsKey.self) else {
      return settings
    }
    let store = setting(fields[.store], canUnset: false) { $0.choice($1, SecretsSettings.Store.self) }
    settings.isNamed = store.isGiven
    settings.location = store.place.map(location)
    // The path of a kv2 store is not a path of files.
    if store.value != .kv2 { settings.path = fields[.path].flatMap { text($0) } }
    settings.helper = fields[.helper].flatMap { helperName($0) }
    settings.command = fields[.command].flatMap { storeCommand($0) } ?? []
    settings.recipients = fields[.recipients].flatMap { recipients($0) } ?? []
    guard let kind = store.isGiven ? store.value : .directory else { return settings }
    settings.store = kind
    let written = "store: \(kind.rawValue)"
    let place = store.place ?? entry.mark
    belongs(fields[.path], kind == .directory || kind == .kv2, "store: directory or kv2", written)
    settings.kv2 = readKV2(fields, isKV2: kind == .kv2, at: place, written)
    belongs(fields[.helper], kind == .helper, "store: helper", written)
    belongs(fields[.command], kind == .exec, "store: exec", written)
    belongs(fields[.recipients], kind == .age || kind == .etcd, "store: age or etcd", written)
    if kind == .helper, fields[.helper] == nil {
      report(
        .missingKey, "'secrets' has store: helper, and no helper", at: place,
        help: ["write helper: pass to run docker-credential-pass"])
    }
    if kind == .exec, fields[.command] == nil {
      report(
        .missingKey, "'secrets' has store: exec, and no command", at: place,
        help: ["write command: [mcpauth-store-aws]; SecretStores in the documentation has the programs"])
    }
    if kind == .age || kind == .etcd, fields[.recipients] == nil {
      report(
        .missingKey, "'secrets' has store: \(kind.rawValue), and no recipients", at: place,
        help: ["write recipients: [age1…]; mcpauth secrets keygen makes a key"])
    }
    return settings
  }

  mutating func readState(_ entry: YAMLEntry?) -> StateSettings {
    var settings = StateSettings()
    guard let entry, let fields = fields(entry.value, called: "'state'", at: place(entry), as: StateKey.self) else {
      return settings
    }
    let store = setting(fields[.store], canUnset: false) { $0.choice($1, StateSettings.Store.self) }
    settings.location = store.place.map(location)
    guard let kind = store.isGiven ? store.value : .file else { return settings }
    settings.store = kind
    settings.etcd = readEtcd(
      fields, isEtcd: kind == .etcd, at: store.place ?? entry.mark, "store: \(kind.rawValue)")
    return settings
  }

  mutating func readNetwork(_ entry: YAMLEntry?) -> NetworkSettings {
    var settings = NetworkSettings()
    guard let entry, let fields = fields(entry.value, called: "'network'", at: place(entry), as: NetworkKey.self) else {
      return settings
    }
    settings.caFile = fields[.caFile].flatMap { text($0) }
    settings.caFileLocation = fields[.caFile].map { location(place($0)) }
    if let entry = fields[.systemRoots] {
      settings.trustsSystemRoots = boolean(entry) ?? true
      if !settings.trustsSystemRoots, fields[.caFile] == nil {
        report(
          .missingKey, "'system_roots' is false, and no ca_file names the authorities to trust", at: place(entry),
          help: ["write ca_file: ca.pem, with the authorities of your servers"])
      }
    }
    settings.allowPrivate = fields[.allowPrivate].flatMap { privateHosts($0) } ?? []
    settings.perIssuer = fields[.perIssuer].flatMap { integer($0, atLeast: 1) } ?? 1
    return settings
  }

  mutating func belongs(_ entry: YAMLEntry?, _ isRight: Bool, _ owner: String, _ written: String) {
    guard let entry, !isRight else { return }
    report(
      .invalidValue, "'\(entry.name)' belongs to \(owner), and this is \(written)", at: entry.mark,
      help: ["remove it, or change the store"])
  }

  private mutating func helperName(_ entry: YAMLEntry) -> String? {
    guard let name = written(entry.value, called: entry.name, at: place(entry)) else { return nil }
    if SecretsSettings.isHelper(name) { return name }
    return wrong(
      entry, "'\(entry.name)' takes letters, digits, '_' and '-'",
      help: ["write what follows docker-credential- in the program's name"])
  }

  private mutating func storeCommand(_ entry: YAMLEntry) -> [String]? {
    let words = texts(entry, least: 1)
    guard let words, let program = words.first else { return nil }
    if SecretsSettings.isStoreProgram(program) { return words }
    return wrong(
      entry, "'\(entry.name)' begins with the name of a program: mcpauth-store- and letters, digits, '_' and '-'",
      help: ["write command: [mcpauth-store-aws]; a program with another name needs a link with such a name"])
  }

  private mutating func recipients(_ entry: YAMLEntry) -> [String]? {
    guard let elements = list(entry, least: 1) else { return nil }
    return all(elements) { context, element in
      let mark = context.place(element, in: entry)
      guard let text = context.written(element, called: entry.name, at: mark) else { return nil }
      if AgeRecipientText.isValid(text) { return text }
      if text.uppercased().hasPrefix("AGE-SECRET-KEY-") {
        context.report(
          .inlineSecret, "'recipients' takes public keys, and this is a private key", at: mark,
          help: [
            "write the public key, age1…, that belongs to it", "make a new key pair: this one is no longer secret",
          ])
      } else {
        context.report(
          .invalidValue, "a recipient is an age public key, age1 and 58 characters, and this is not one", at: mark,
          help: ["copy it again: a mistyped key fails its checksum", "mcpauth secrets keygen makes a key pair"])
      }
      return nil
    }
  }
}

extension SecretsSettings {
  /// `mcpauth-store-[A-Za-z0-9_-]+` (SecretStores#Exec): an inventory cannot name a shell or another general program.
  package static func isStoreProgram(_ name: String) -> Bool {
    let prefix = "mcpauth-store-"
    return name.hasPrefix(prefix) && isHelper(String(name.dropFirst(prefix.count)))
  }

  /// The command on one line, as a shell reads it. Control characters are replaced.
  package static func shown(command: [String]) -> String {
    command.map { PastedText.shell(ForeignText.printable($0)) }.joined(separator: " ")
  }

  /// `[A-Za-z0-9_-]+` (SecretStores#Durability-in-CI).
  package static func isHelper(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { VariableExpansion.isNameByte($0) || $0 == UInt8(ascii: "-") }
  }
}
