internal import MCPAuthCore
internal import MCPAuthYAML

/// The known keys of a block, each once, in the order of the file.
struct InventoryFields<Key: InventoryKey> {
  private(set) var present: [(key: Key, entry: YAMLEntry)] = []

  subscript(key: Key) -> YAMLEntry? {
    for index in present.indices where present[index].key == key { return present[index].entry }
    return nil
  }

  fileprivate mutating func reserve(_ count: Int) { present.reserveCapacity(count) }

  fileprivate mutating func add(_ key: Key, _ entry: YAMLEntry) {
    present.append((key, entry))
  }
}

extension InventoryContext {
  /// Reads the keys of a block. Unknown keys and duplicates are reported. Keys that begin with `x-` are ignored (InventoryReference#Values).
  ///
  /// - Parameters:
  ///   - name: the name of the block in messages, for example `oauth2`.
  ///   - mark: the position for the report that the block is not a mapping.
  ///   - help: the help of this report; nil: the general one.
  /// - Returns: nil when the block is not a mapping.
  mutating func fields<Key: InventoryKey>(
    _ node: YAMLNode, called name: @autoclosure () -> String, at mark: YAMLMark, as type: Key.Type,
    help: [String]? = nil
  ) -> InventoryFields<Key>? {
    guard let entries = entries(node, called: name(), at: mark, help: help) else { return nil }
    var fields = InventoryFields<Key>()
    fields.reserve(entries.count)
    for entry in entries {
      if let key = Key(rawValue: entry.name) {
        fields.add(key, entry)
      } else {
        reportUnknown(entry, in: name(), as: type)
      }
    }
    return fields
  }

  /// The entries of a mapping without `x-` keys and duplicates. Duplicates are reported.
  mutating func entries(
    _ node: YAMLNode, called name: @autoclosure () -> String, at mark: YAMLMark, help: [String]? = nil
  ) -> [YAMLEntry]? {
    guard case .mapping(let entries) = node.content else {
      if case .unusable = node.content { return nil }
      var general: [String] = []
      if case .scalar(let scalar) = node.content, scalar.value == .string { general = ["write 'key: value'"] }
      report(
        .invalidValue, "\(name()) takes a mapping of keys to values\(notA(node))", at: mark, help: help ?? general)
      return nil
    }
    let repeated = repeats(in: entries)
    for (index, first) in repeated {
      report(
        .duplicateKey, "'\(Self.shown(key: entries[index].name))' is given twice", at: entries[index].mark,
        notes: ["first given at " + shown(entries[first].mark)], help: ["remove one of the two"])
      // The report shows the line, so a secret on it must be masked.
      if Self.soundsSecret(entries[index].name) { reportIfLiteral(entries[index]) }
    }
    // Nearly all mappings have neither, and are not copied.
    if repeated.isEmpty, !entries.contains(where: { $0.name.hasPrefix("x-") }) { return entries }
    return entries.enumerated().filter { index, entry in
      !entry.name.hasPrefix("x-") && repeated[index] == nil
    }.map(\.element)
  }

  /// The indices of entries whose name occurred before, each with the index of the first entry of that name. A short list is compared directly. A
  /// long list uses a dictionary.
  func repeats(in entries: [YAMLEntry]) -> [Int: Int] {
    var repeated: [Int: Int] = [:]
    guard entries.count > 8 else {
      for index in entries.indices where !entries[index].isMerged {
        if let first = entries[..<index].firstIndex(where: { $0.name == entries[index].name }) {
          repeated[index] = first
        }
      }
      return repeated
    }
    var seen = [String: Int](minimumCapacity: entries.count)
    for (index, entry) in entries.enumerated() where !entry.isMerged {
      if let first = seen[entry.name] {
        repeated[index] = first
      } else {
        seen[entry.name] = index
      }
    }
    return repeated
  }

  mutating func reportUnknown<Key: InventoryKey>(_ entry: YAMLEntry, in block: String, as type: Key.Type) {
    let names = Key.allCases.map(\.rawValue)
    let nearest = NearestName.of(entry.name, in: names)
    let slip: String? =
      Self.secretSlip(in: entry.name).map { "write a space after the colon: \($0): …" }
      ?? Self.misplacedServer(entry, as: type)
    let help =
      slip ?? Key.hint(for: entry.name) ?? nearest.map { "did you mean '\($0)'?" }
      ?? "known keys are \(names.sorted().joined(separator: ", ")); a key of your own begins with 'x-'"
    report(.unknownKey, "unknown key '\(Self.shown(key: entry.name))' in \(block)", at: entry.mark, help: [help])
    if Self.soundsSecret(entry.name) || nearest.map(Self.soundsSecret) == true { reportIfLiteral(entry) }
  }

  /// Help for a server that is at the indentation of `servers`.
  private static func misplacedServer<Key: InventoryKey>(_ entry: YAMLEntry, as type: Key.Type) -> String? {
    guard type == RootKey.self, case .mapping(let members) = entry.value.content,
      members.contains(where: { $0.name == ServerKey.url.rawValue })
    else { return nil }
    return "indent it below servers"
  }

  /// The keys that are meant by the unknown keys of a block. A message that such a key is missing would only repeat the cause.
  static func misspelled<Key: InventoryKey & Hashable>(in node: YAMLNode, as type: Key.Type) -> Set<Key> {
    guard case .mapping(let entries) = node.content else { return [] }
    let names = Key.allCases.map(\.rawValue)
    return Set(
      entries.compactMap { entry in
        guard Key(rawValue: entry.name) == nil, !entry.name.hasPrefix("x-") else { return nil }
        return NearestName.of(entry.name, in: names).flatMap(Key.init(rawValue:))
      })
  }

  /// A key as a message shows it. A key can contain anything, also a secret (`client_secret:value` is one word).
  static func shown(key: String) -> String {
    // A valid name has neither ':' nor '='.
    if ServerName.isValid(key) { return key }
    if let name = secretSlip(in: key) { return name + key.dropFirst(name.count).prefix(1) + "…" }
    return ForeignText.printable(key, limit: 64)
  }

  /// The name before the `:` or `=` in a key that was meant to be a key and its value, if the name suggests a secret.
  private static func secretSlip(in key: String) -> String? {
    guard let sign = key.firstIndex(where: { $0 == ":" || $0 == "=" }) else { return nil }
    let name = String(key[..<sign])
    return ServerName.isValid(name.lowercased()) && soundsSecret(name) ? name : nil
  }
}
