package import MCPAuthCore

/// The JSON of a lock file, journal line or secret record does not have the required form.
package struct LockShapeError: Error, Sendable, Equatable {
  /// For example `'client_id' is a number, not a string`.
  package var message: String

  package init(message: String) {
    self.message = message
  }
}

/// Takes the members of an object one by one, strictly: a wrong type, and a member that was not taken, are errors. A file that was edited by hand
/// must not be partly understood, and partly written back.
package struct LockMembers {
  /// In ascending order of their names, as mcpauth writes them.
  private let members: [JSONObject.Member]
  private var isTaken: [Bool]

  package init(_ json: JSON) throws(LockShapeError) {
    guard let object = json.object else { throw LockShapeError(message: "\(json.kind) where an object is expected") }
    let isAscending = zip(object.members, object.members.dropFirst()).allSatisfy { $0.name < $1.name }
    members = isAscending ? object.members : Self.sorted(object)
    isTaken = [Bool](repeating: false, count: members.count)
  }

  /// Of members with the same name, the last one.
  private static func sorted(_ object: JSONObject) -> [JSONObject.Member] {
    Dictionary(object.members.map { ($0.name, $0) }, uniquingKeysWith: { $1 }).values.sorted { $0.name < $1.name }
  }

  package func wrong(_ name: String, _ problem: String) -> LockShapeError {
    LockShapeError(message: "'\(name)' is \(problem)")
  }

  /// Takes the member. nil when it is missing or null.
  package mutating func take(_ name: String) -> JSON? {
    guard let index = index(of: name), !isTaken[index] else { return nil }
    isTaken[index] = true
    if case .null = members[index].value { return nil }
    return members[index].value
  }

  private func index(of name: String) -> Int? {
    var (start, end) = (0, members.count)
    while start < end {
      let middle = (start + end) / 2
      if members[middle].name < name { start = middle + 1 } else { end = middle }
    }
    return start < members.count && members[start].name == name ? start : nil
  }

  package mutating func string(_ name: String) throws(LockShapeError) -> String? {
    guard let value = take(name) else { return nil }
    guard let text = value.string else { throw wrong(name, "\(value.kind), not a string") }
    return text
  }

  package mutating func requiredString(_ name: String) throws(LockShapeError) -> String {
    guard let text = try string(name) else { throw wrong(name, "missing") }
    return text
  }

  package mutating func strings(_ name: String) throws(LockShapeError) -> [String]? {
    guard let value = take(name) else { return nil }
    guard let array = value.array else { throw wrong(name, "\(value.kind), not a list of strings") }
    var texts: [String] = []
    for element in array {
      guard let text = element.string else { throw wrong(name, "a list with \(element.kind), not a list of strings") }
      texts.append(text)
    }
    return texts
  }

  package mutating func bool(_ name: String) throws(LockShapeError) -> Bool? {
    guard let value = take(name) else { return nil }
    guard let flag = value.bool else { throw wrong(name, "\(value.kind), not a boolean") }
    return flag
  }

  package mutating func integer(_ name: String) throws(LockShapeError) -> Int? {
    guard let value = take(name) else { return nil }
    guard let number = value.integer.flatMap(Int.init(exactly:)) else {
      throw wrong(name, "\(value.kind), not an integer")
    }
    return number
  }

  package mutating func time(_ name: String) throws(LockShapeError) -> Timestamp? {
    guard let text = try string(name) else { return nil }
    guard let time = Timestamp(rfc3339: text) else { throw wrong(name, "not an RFC 3339 time in UTC") }
    return time
  }

  package mutating func object(_ name: String) throws(LockShapeError) -> JSONObject? {
    guard let value = take(name) else { return nil }
    guard let object = value.object else { throw wrong(name, "\(value.kind), not an object") }
    return object
  }

  package mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, of type: Choice.Type
  ) throws(LockShapeError) -> Choice? {
    guard let text = try string(name) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      throw wrong(name, "not one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  package func refuseRest() throws(LockShapeError) {
    guard let index = isTaken.firstIndex(of: false) else { return }
    let name = members[index].name
    // A user who can write the file can also write a name with control characters that move the cursor.
    throw LockShapeError(message: "unknown member '\(ForeignText.printable(name, limit: 64))'")
  }
}
