internal import MCPAuthYAML

/// One key of a block that can have a default: its written value and its position.
///
/// A written value is behind a reference: a block has many settings, most of them absent.
indirect enum Setting<Value> {
  case absent
  /// `null`: the default does not apply.
  case unset
  /// The value is wrong, and this was reported. It counts as given, so that no error for a missing key is reported as well.
  case wrong(key: YAMLMark)
  case given(Value, key: YAMLMark, at: YAMLMark)

  var value: Value? {
    if case .given(let value, _, _) = self { value } else { nil }
  }

  /// The position of the key.
  var key: YAMLMark? {
    switch self {
    case .absent, .unset: nil
    case .wrong(let key), .given(_, let key, _): key
    }
  }

  var isGiven: Bool {
    switch self {
    case .absent, .unset: false
    case .wrong, .given: true
    }
  }

  /// The position of the value.
  var place: YAMLMark? {
    if case .given(_, _, let place) = self { place } else { key }
  }

  /// A server's own value replaces the default. A null removes it (InventoryReference#Document).
  func over(_ defaults: Setting) -> Setting {
    if case .absent = self { defaults } else { self }
  }
}

extension InventoryContext {
  /// - Parameter canUnset: whether `null` has a meaning here: it has one in a server's block, but not in `defaults`.
  mutating func setting<Value>(
    _ entry: YAMLEntry?, canUnset: Bool = true, _ read: (inout InventoryContext, YAMLEntry) -> Value?
  ) -> Setting<Value> {
    guard let entry else { return .absent }
    if canUnset, case .scalar(let scalar) = entry.value.content, scalar.value == .null { return .unset }
    guard let value = read(&self, entry) else { return .wrong(key: entry.mark) }
    return .given(value, key: entry.mark, at: place(entry))
  }
}
