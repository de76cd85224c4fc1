/// The members of a metadata document, read leniently (Discovery#Authorization-server-metadata): null, "" and empty lists count as missing,
/// and a wrong type of an optional member causes a warning.
struct MetadataMembers {
  private let members: AnswerMembers
  private(set) var warnings: [Diagnostic] = []

  init(_ object: JSONObject) {
    members = AnswerMembers(object)
  }

  /// A string, without a warning about a wrong type. For members that the caller requires.
  func required(_ name: String) -> String? { members.string(name) }

  /// "missing" or "a list": what the document has instead of a required string.
  func insteadOf(_ name: String) -> String {
    switch members.object[name] {
    case nil, .null, .string: "missing"
    case .some(let value): value.kind
    }
  }

  mutating func string(_ name: String) -> String? {
    if let text = members.string(name) { return text }
    warnUnlessLeftOut(name, due: "a string")
    return nil
  }

  mutating func strings(_ name: String) -> [String]? {
    guard let list = members.object[name]?.array else {
      warnUnlessLeftOut(name, due: "a list")
      return nil
    }
    let strings = list.compactMap(\.string).filter { !$0.isEmpty }
    if list.contains(where: { $0.string == nil && $0 != .null }) {
      warn("\(name) has elements that are not strings, which are ignored")
    }
    return strings.isEmpty ? nil : strings
  }

  mutating func bool(_ name: String) -> Bool {
    if let flag = members.object[name]?.bool { return flag }
    warnUnlessLeftOut(name, due: "a boolean")
    return false
  }

  mutating func warn(_ message: String) {
    warnings.append(.warning(.metadataMemberIgnored, message))
  }

  private mutating func warnUnlessLeftOut(_ name: String, due: String) {
    switch members.object[name] {
    case nil, .null, .string(""): return
    case .array(let list) where list.isEmpty: return
    case .some(let value): warn("\(name) is \(value.kind) where \(due) is expected, and is ignored")
    }
  }
}
