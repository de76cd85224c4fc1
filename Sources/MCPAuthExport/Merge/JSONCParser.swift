internal import MCPAuthCore

/// A value of a JSON text with comments, and its place.
indirect enum JSONCNode {
  struct Member {
    var name: String
    /// The range includes the quotes.
    var key: Range<Int>
    var value: JSONCNode
    /// The position of the comma after the member.
    var comma: Int?
  }

  case scalar(JSON, Range<Int>)
  case array([JSONCNode], Range<Int>)
  case object([Member], Range<Int>)

  var range: Range<Int> {
    switch self {
    case .scalar(_, let range), .array(_, let range), .object(_, let range): range
    }
  }

  var json: JSON {
    switch self {
    case .scalar(let value, _): value
    case .array(let elements, _): .array(elements.map(\.json))
    case .object(let members, _): .object(JSONObject(members.map { .init($0.name, $0.value.json) }))
    }
  }

  var members: [Member]? {
    if case .object(let members, _) = self { members } else { nil }
  }
}

/// Reads JSON with `//` and `/* */` comments and trailing commas, as in the configuration of editors.
struct JSONCParser {
  struct Problem: Error {
    var message: String
    var offset: Int
  }

  private static let depthLimit = 64
  private let bytes: [UInt8]
  private var at = 0

  /// - Returns: nil when there is no value.
  static func parse(_ bytes: [UInt8]) throws(Problem) -> JSONCNode? {
    var parser = JSONCParser(bytes: bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.at = 3 }
    try parser.skip()
    guard parser.at < bytes.count else { return nil }
    let node = try parser.value(depth: 0)
    try parser.skip()
    guard parser.at == bytes.count else { throw Problem(message: "unexpected text after the value", offset: parser.at) }
    return node
  }

  /// Skips white space and comments.
  private mutating func skip() throws(Problem) {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x0A, 0x0D, 0x09: at += 1
      case UInt8(ascii: "/"): try skipComment()
      default: return
      }
    }
  }

  private mutating func skipComment() throws(Problem) {
    let start = at
    switch at + 1 < bytes.count ? bytes[at + 1] : 0 {
    case UInt8(ascii: "/"):
      while at < bytes.count, bytes[at] != 0x0A { at += 1 }
    case UInt8(ascii: "*"):
      at += 2
      while at + 1 < bytes.count, bytes[at] != UInt8(ascii: "*") || bytes[at + 1] != UInt8(ascii: "/") { at += 1 }
      guard at + 1 < bytes.count else { throw Problem(message: "a comment that does not end", offset: start) }
      at += 2
    default: throw Problem(message: "unexpected character", offset: start)
    }
  }

  private mutating func value(depth: Int) throws(Problem) -> JSONCNode {
    guard depth <= Self.depthLimit else { throw Problem(message: "nested too deep", offset: at) }
    guard at < bytes.count else { throw Problem(message: "unexpected end", offset: at) }
    switch bytes[at] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    default: return try scalar()
    }
  }

  private mutating func object(depth: Int) throws(Problem) -> JSONCNode {
    let start = at
    at += 1
    var members: [JSONCNode.Member] = []
    var names: Set<String> = []
    while true {
      try skip()
      guard at < bytes.count else { throw Problem(message: "unexpected end", offset: at) }
      if bytes[at] == UInt8(ascii: "}"), members.last.map({ $0.comma != nil }) ?? true {
        at += 1
        return .object(members, start..<at)
      }
      guard bytes[at] == UInt8(ascii: "\"") else { throw Problem(message: "a member name is missing here", offset: at) }
      guard case .scalar(.string(let name), let key) = try scalar() else {
        throw Problem(message: "a member name is missing here", offset: at)
      }
      guard names.insert(name).inserted else {
        throw Problem(message: "'\(ForeignText.printable(name, limit: 64))' is defined twice", offset: key.lowerBound)
      }
      try skip()
      guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else {
        throw Problem(message: "':' is missing here", offset: at)
      }
      at += 1
      try skip()
      let value = try value(depth: depth + 1)
      try skip()
      var comma: Int?
      if at < bytes.count, bytes[at] == UInt8(ascii: ",") {
        comma = at
        at += 1
      }
      members.append(.init(name: name, key: key, value: value, comma: comma))
      if comma == nil {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "}") else {
          throw Problem(message: "',' or '}' is missing here", offset: at)
        }
        at += 1
        return .object(members, start..<at)
      }
    }
  }

  private mutating func array(depth: Int) throws(Problem) -> JSONCNode {
    let start = at
    at += 1
    var elements: [JSONCNode] = []
    while true {
      try skip()
      if at < bytes.count, bytes[at] == UInt8(ascii: "]") { break }
      elements.append(try value(depth: depth + 1))
      try skip()
      guard at < bytes.count, bytes[at] == UInt8(ascii: ",") else { break }
      at += 1
    }
    guard at < bytes.count, bytes[at] == UInt8(ascii: "]") else {
      throw Problem(message: "',' or ']' is missing here", offset: at)
    }
    at += 1
    return .array(elements, start..<at)
  }

  /// Finds the end of a scalar. The strict parser reads its value.
  private mutating func scalar() throws(Problem) -> JSONCNode {
    let start = at
    if bytes[at] == UInt8(ascii: "\"") {
      at += 1
      while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
      at = min(at + 1, bytes.count)
    } else {
      while at < bytes.count, !" \t\r\n,:]}[{/\"".utf8.contains(bytes[at]) { at += 1 }
    }
    do throws(JSONParser.Problem) {
      return .scalar(try JSONParser.parse(Array(bytes[start..<at])), start..<at)
    } catch {
      switch error {
      case .syntax(let message, let offset): throw Problem(message: message, offset: start + offset)
      case .tooDeep, .duplicate: throw Problem(message: "unexpected text", offset: start)
      }
    }
  }
}
