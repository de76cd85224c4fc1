internal import MCPAuthYAML

/// One key of a block that can have a default: what was written, and where.
enum Setting<Value> {
  case absent
  /// `null`: the default does not apply.
  case unset
  /// Written, but wrong, which was reported: it counts as given, so that nothing follows from its absence.
  case wrong(key: YAMLMark)
  case given(Value, key: YAMLMark, at: YAMLMark)

  var value: Value? {
    if case .given(let value, _, _) = self { value } else { nil }
  }

  /// Of the key.
  var key: YAMLMark? {
    switch self {
    case .absent, .unset: nil
    case .wrong(let key), .given(_, let key, _): key
    }
  }

  var isGiven: Bool { key != nil }

  /// Of the value.
  var place: YAMLMark? {
    if case .given(_, _, let place) = self { place } else { key }
  }

  /// A server's own value replaces the default, null unsets it (InventoryReference#Document).
  func over(_ defaults: Setting) -> Setting {
    if case .absent = self { defaults } else { self }
  }
}

extension InventoryContext {
  /// - Parameter canUnset: whether `null` means something here: in a server's block, but not in `defaults`.
  mutating func setting<Value>(
    _ entry: YAMLEntry?, canUnset: Bool = true, _ read: (inout InventoryContext, YAMLEntry) -> Value?
  ) -> Setting<Value> {
    guard let entry else { return .absent }
    if canUnset, case .scalar(let scalar) = entry.value.content, scalar.value == .null { return .unset }
    guard let value = read(&self, entry) else { return .wrong(key: entry.mark) }
    return .given(value, key: entry.mark, at: place(entry))
  }
}
