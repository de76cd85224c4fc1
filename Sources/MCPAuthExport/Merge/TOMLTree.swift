internal import MCPAuthCore

/// The value of a TOML text.
enum TOMLTree {
  /// - Throws: `unsafe-merge` for a table or key that is defined twice.
  static func object(_ statements: [TOMLStatement], _ bytes: [UInt8], file: String) throws(Diagnostic) -> JSONObject {
    var root = JSONObject()
    var headers: Set<[String]> = []
    for statement in statements {
      do throws(Clash) {
        switch statement.content {
        case .header(let path, isArray: true): try root.append(path[...])
        case .header(let path, isArray: false):
          if !statement.isInArray, !headers.insert(path).inserted { throw Clash(name: path.joined(separator: ".")) }
          try root.open(path[...])
        case .pair(let key, let value): try root.put(value.json, at: (statement.table + key)[...])
        }
      } catch {
        // To find the line takes as long as to read the text up to it, so it is done for the message only.
        let line = JSONParser.line(of: statement.range.lowerBound, in: bytes)
        throw .unsafeMerge(file, "'\(ForeignText.printable(error.name, limit: 64))' is defined twice", line: line)
      }
    }
    return root
  }
}

/// Two definitions of one name.
private struct Clash: Error {
  var name: String
}

extension JSONObject {
  /// Creates the table if it does not exist.
  fileprivate mutating func open(_ path: ArraySlice<String>) throws(Clash) {
    guard let name = path.first else { return }
    try descend(into: name) { inner throws(Clash) in try inner.open(path.dropFirst()) }
  }

  /// Appends a new element to an array of tables.
  fileprivate mutating func append(_ path: ArraySlice<String>) throws(Clash) {
    guard let name = path.first else { return }
    guard path.count == 1 else {
      return try descend(into: name) { inner throws(Clash) in try inner.append(path.dropFirst()) }
    }
    switch self[name] {
    case nil: self[name] = .array([.object(JSONObject())])
    case .array(let elements): self[name] = .array(elements + [.object(JSONObject())])
    default: throw Clash(name: name)
    }
  }

  fileprivate mutating func put(_ value: JSON, at path: ArraySlice<String>) throws(Clash) {
    guard let name = path.first else { return }
    guard path.count == 1 else {
      return try descend(into: name) { inner throws(Clash) in try inner.put(value, at: path.dropFirst()) }
    }
    guard self[name] == nil else { throw Clash(name: name) }
    self[name] = value
  }

  /// A header below an array of tables belongs to its last element.
  private mutating func descend(
    into name: String, _ body: (inout JSONObject) throws(Clash) -> Void
  ) throws(Clash) {
    switch self[name] {
    case nil:
      var inner = JSONObject()
      try body(&inner)
      self[name] = .object(inner)
    case .object(var inner):
      try body(&inner)
      self[name] = .object(inner)
    case .array(var elements):
      guard case .object(var inner) = elements.last else { throw Clash(name: name) }
      try body(&inner)
      elements[elements.count - 1] = .object(inner)
      self[name] = .array(elements)
    default: throw Clash(name: name)
    }
  }
}
