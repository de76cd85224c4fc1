/// Reads JSON text (RFC 8259) strictly: only UTF-8, one value, no trailing commas, no comments.
package struct JSONParser {
  package enum Problem: Error, Sendable, Equatable {
    /// What is wrong, and the offset of the byte.
    case syntax(String, offset: Int)
    /// The nesting is deeper than the limit (Discovery#Limits).
    case tooDeep(limit: Int)
    /// A member occurs twice in one object. Only with `refusingDuplicates`.
    case duplicate(name: String, offset: Int)
  }

  private let bytes: [UInt8]
  private var at = 0
  private let depthLimit: Int
  private let refusesDuplicates: Bool
  private var streamed: Streamed?

  /// The member of the whole value whose own members are given away one by one, and who receives them.
  private struct Streamed {
    var name: String
    var receive: (_ name: String, _ value: JSON) -> Void
  }

  /// - Parameter depthLimit: how deep arrays and objects may be nested.
  package static func parse(
    _ bytes: [UInt8], depthLimit: Int = 64, refusingDuplicates: Bool = false
  ) throws(Problem) -> JSON {
    try parse(JSONParser(bytes: bytes, depthLimit: depthLimit, refusesDuplicates: refusingDuplicates))
  }

  /// Reads a large object without keeping all of it: the value is an object, and `receive` gets the members of its member `name`, in the order of
  /// the text. In the result this member is an empty object. Repeated names are refused.
  package static func parse(
    _ bytes: [UInt8], membersOf name: String, to receive: @escaping (_ name: String, _ value: JSON) -> Void
  ) throws(Problem) -> JSON {
    var parser = JSONParser(bytes: bytes, depthLimit: 64, refusesDuplicates: true)
    parser.streamed = Streamed(name: name, receive: receive)
    return try parse(parser)
  }

  private static func parse(_ start: JSONParser) throws(Problem) -> JSON {
    var parser = start
    if parser.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.at = 3 }
    parser.skipSpace()
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.at == parser.bytes.count else { throw .syntax("unexpected text after the value", offset: parser.at) }
    return value
  }

  /// The line of a byte for messages. The first line is 1.
  package static func line(of offset: Int, in bytes: [UInt8]) -> Int {
    1 + bytes.prefix(max(0, offset)).count { $0 == UInt8(ascii: "\n") }
  }

  private mutating func skipSpace() {
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09 { at += 1 }
  }

  private mutating func value(depth: Int, to receive: Streamed? = nil) throws(Problem) -> JSON {
    guard at < bytes.count else { throw .syntax("unexpected end", offset: at) }
    switch bytes[at] {
    case UInt8(ascii: "{"): return try object(depth: depth + 1, to: receive)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw .syntax("unexpected character", offset: at)
    }
  }

  private mutating func literal(_ text: StaticString, _ value: JSON) throws(Problem) -> JSON {
    let end = at + text.utf8CodeUnitCount
    guard end <= bytes.count, text.description.utf8.elementsEqual(bytes[at..<end]) else {
      throw .syntax("unexpected character", offset: at)
    }
    at = end
    return value
  }

  /// - Parameter receiver: receives the members. Then the result has none.
  private mutating func object(depth: Int, to receiver: Streamed? = nil) throws(Problem) -> JSON {
    guard depth <= depthLimit else { throw .tooDeep(limit: depthLimit) }
    at += 1
    var members: [JSONObject.Member] = []
    var received: [String] = []
    var last: String?
    // The names so far, from the first one on that is not after its predecessor: names in ascending order cannot repeat. mcpauth writes them so.
    var names: Set<String>?
    skipSpace()
    if at < bytes.count, bytes[at] == UInt8(ascii: "}") {
      at += 1
      return .object(JSONObject())
    }
    members.reserveCapacity(8)
    while true {
      skipSpace()
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
        throw .syntax("a member name is missing here", offset: at)
      }
      let start = at
      let name = try string()
      if refusesDuplicates {
        if names == nil, let last, last >= name { names = Set(members.map(\.name) + received) }
        if names?.insert(name).inserted == false { throw .duplicate(name: name, offset: start) }
        last = name
      }
      skipSpace()
      guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { throw .syntax("':' is missing here", offset: at) }
      at += 1
      skipSpace()
      if let receiver {
        receiver.receive(name, try value(depth: depth))
        received.append(name)
      } else {
        let isStreamed = depth == 1 && streamed?.name == name
        members.append(JSONObject.Member(name, try value(depth: depth, to: isStreamed ? streamed : nil)))
      }
      guard try anotherFollows(until: UInt8(ascii: "}")) else { return .object(JSONObject(members)) }
    }
  }

  private mutating func array(depth: Int) throws(Problem) -> JSON {
    guard depth <= depthLimit else { throw .tooDeep(limit: depthLimit) }
    at += 1
    var elements: [JSON] = []
    skipSpace()
    if at < bytes.count, bytes[at] == UInt8(ascii: "]") {
      at += 1
      return .array([])
    }
    while true {
      skipSpace()
      elements.append(try value(depth: depth))
      guard try anotherFollows(until: UInt8(ascii: "]")) else { return .array(elements) }
    }
  }

  /// Reads the `,` or the closing bracket after an element.
  private mutating func anotherFollows(until close: UInt8) throws(Problem) -> Bool {
    skipSpace()
    guard at < bytes.count else { throw .syntax("unexpected end", offset: at) }
    let byte = bytes[at]
    guard byte == UInt8(ascii: ",") || byte == close else {
      throw .syntax("',' or '\(Character(Unicode.Scalar(close)))' is missing here", offset: at)
    }
    at += 1
    return byte != close
  }

  private mutating func number() throws(Problem) -> JSON {
    let start = at
    if bytes[at] == UInt8(ascii: "-") { at += 1 }
    let integerStart = at
    guard digits() else { throw .syntax("a digit is missing here", offset: at) }
    if bytes[integerStart] == UInt8(ascii: "0"), at - integerStart > 1 {
      throw .syntax("a number cannot start with 0", offset: integerStart)
    }
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      at += 1
      guard digits() else { throw .syntax("a digit is missing here", offset: at) }
    }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
      guard digits() else { throw .syntax("a digit is missing here", offset: at) }
    }
    return .number(String(decoding: bytes[start..<at], as: UTF8.self))
  }

  private mutating func digits() -> Bool {
    let start = at
    while at < bytes.count, (0x30...0x39).contains(bytes[at]) { at += 1 }
    return at > start
  }

  private mutating func string() throws(Problem) -> String {
    let start = at + 1
    // Most of the bytes of a document are read here.
    let (end, text) = bytes.withUnsafeBufferPointer { bytes in
      var end = start
      var bits: UInt8 = 0
      while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 0x20 {
        bits |= bytes[end]
        end += 1
      }
      // ASCII is valid, and `String(validating:)` takes several times as long.
      guard bits < 0x80, end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return (end, String?.none) }
      let found = UnsafeBufferPointer(rebasing: bytes[start..<end])
      return (end, CommonStrings.find(found) ?? String(decoding: found, as: UTF8.self))
    }
    at = end
    guard at < bytes.count else { throw .syntax("a string that does not end", offset: start - 1) }
    if bytes[at] == UInt8(ascii: "\"") {
      defer { at += 1 }
      guard let text = text ?? String(validating: bytes[start..<at], as: UTF8.self) else {
        throw .syntax("not UTF-8", offset: start)
      }
      return text
    }
    return try escapedString(from: start)
  }

  /// The rest of a string after its first escape. This is the slow path.
  private mutating func escapedString(from start: Int) throws(Problem) -> String {
    var out = Array(bytes[start..<at])
    while at < bytes.count {
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        guard let text = String(validating: out, as: UTF8.self) else { throw .syntax("not UTF-8", offset: start) }
        return text
      case UInt8(ascii: "\\"):
        at += 1
        out.append(contentsOf: try escape())
      case 0..<0x20:
        throw .syntax("a control character in a string", offset: at)
      default:
        out.append(byte)
        at += 1
      }
    }
    throw .syntax("a string that does not end", offset: start - 1)
  }

  private mutating func escape() throws(Problem) -> [UInt8] {
    guard at < bytes.count else { throw .syntax("unexpected end", offset: at) }
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return Array(String(try unicodeEscape()).utf8)
    default: throw .syntax("an unknown escape", offset: at - 1)
    }
  }

  /// Half of a surrogate pair alone becomes U+FFFD. RFC 8259 section 8.2 leaves this case open.
  private mutating func unicodeEscape() throws(Problem) -> Character {
    let first = try hexQuad()
    if (0xD800..<0xDC00).contains(first), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
      bytes[at + 1] == UInt8(ascii: "u")
    {
      let mark = at
      at += 2
      let second = try hexQuad()
      if (0xDC00..<0xE000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      {
        return Character(scalar)
      }
      at = mark
    }
    return Character(Unicode.Scalar(first) ?? "\u{FFFD}")
  }

  private mutating func hexQuad() throws(Problem) -> UInt32 {
    guard at + 4 <= bytes.count else { throw .syntax("unexpected end", offset: bytes.count) }
    var value: UInt32 = 0
    for byte in bytes[at..<at + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw .syntax("four hexadecimal digits are expected here", offset: at)
      }
      value = value << 4 + UInt32(digit)
    }
    at += 4
    return value
  }
}
