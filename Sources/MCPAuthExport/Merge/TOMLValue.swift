internal import MCPAuthCore

/// A value of a TOML text and its place.
indirect enum TOMLValue {
  struct Pair {
    /// `a.b` is two names.
    var key: [String]
    var value: TOMLValue
  }

  /// Numbers and times are kept as text.
  case scalar(JSON, Range<Int>)
  case array([TOMLValue], Range<Int>)
  case table([Pair], Range<Int>)

  var range: Range<Int> {
    switch self {
    case .scalar(_, let range), .array(_, let range), .table(_, let range): range
    }
  }

  var json: JSON {
    switch self {
    case .scalar(let value, _): return value
    case .array(let elements, _): return .array(elements.map(\.json))
    case .table(let pairs, _):
      var object = JSONObject()
      for pair in pairs { object.apply(MergeEdit(path: pair.key, value: pair.value.json)) }
      return .object(object)
    }
  }
}

/// A statement of a TOML text, on one line or several.
struct TOMLStatement {
  enum Content {
    case header([String], isArray: Bool)
    /// In the table of the last header.
    case pair([String], TOMLValue)
  }

  var content: Content
  /// The path of the header above it; for a header its own path.
  var table: [String]
  /// Whether the statement is in an element of an array of tables.
  var isInArray: Bool
  /// From the beginning of the statement's line to the end of its last line, without the line end.
  var range: Range<Int>

  /// The whole path of a pair.
  var path: [String]? {
    if case .pair(let key, _) = content { table + key } else { nil }
  }

  var isHeader: Bool {
    if case .header = content { true } else { false }
  }
}
