internal import MCPAuthCore

/// Reads TOML 1.0 into statements with their places.
struct TOMLParser {
  struct Problem: Error {
    var message: String
    var offset: Int
  }

  private static let depthLimit = 64
  private let bytes: [UInt8]
  private var at = 0

  static func parse(_ bytes: [UInt8]) throws(Problem) -> [TOMLStatement] {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw Problem(message: "it is not UTF-8", offset: 0) }
    var parser = TOMLParser(bytes: bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.at = 3 }
    return try parser.statements()
  }

  private mutating func statements() throws(Problem) -> [TOMLStatement] {
    var statements: [TOMLStatement] = []
    var table: [String] = []
    var arrays: Set<[String]> = []
    while true {
      skipEmptyLines()
      guard at < bytes.count else { return statements }
      let start = FileText.lineStart(at, in: bytes)
      let content: TOMLStatement.Content
      if bytes[at] == UInt8(ascii: "[") {
        content = try header()
        if case .header(let path, let isArray) = content {
          table = path
          if isArray { arrays.insert(path) }
        }
      } else {
        let key = try key()
        try expect(UInt8(ascii: "="), "'='")
        skipBlanks()
        content = .pair(key, try value(depth: 0))
      }
      try endLine()
      let isInArray = (0...table.count).contains { arrays.contains(Array(table.prefix($0))) }
      statements.append(TOMLStatement(content: content, table: table, isInArray: isInArray, range: start..<at))
    }
  }

  private mutating func header() throws(Problem) -> TOMLStatement.Content {
    at += 1
    let isArray = at < bytes.count && bytes[at] == UInt8(ascii: "[")
    if isArray { at += 1 }
    let path = try key()
    try expect(UInt8(ascii: "]"), "']'")
    if isArray { try expect(UInt8(ascii: "]"), "']'") }
    return .header(path, isArray: isArray)
  }

  // MARK: White space

  private mutating func skipBlanks() {
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
  }

  private mutating func skipComment() {
    guard at < bytes.count, bytes[at] == UInt8(ascii: "#") else { return }
    while at < bytes.count, bytes[at] != 0x0A, !isCRLF { at += 1 }
  }

  private var isCRLF: Bool { bytes[at] == 0x0D && at + 1 < bytes.count && bytes[at + 1] == 0x0A }

  private mutating func skipEmptyLines() {
    while at < bytes.count {
      skipBlanks()
      skipComment()
      guard at < bytes.count, bytes[at] == 0x0A || isCRLF else { return }
      at += bytes[at] == 0x0A ? 1 : 2
    }
  }

  /// Reads to the end of the line: only a comment may follow a statement.
  private mutating func endLine() throws(Problem) {
    skipBlanks()
    skipComment()
    guard at == bytes.count || bytes[at] == 0x0A || isCRLF else {
      throw Problem(message: "unexpected text after the value", offset: at)
    }
  }

  private mutating func expect(_ byte: UInt8, _ shown: String) throws(Problem) {
    skipBlanks()
    guard at < bytes.count, bytes[at] == byte else { throw Problem(message: "\(shown) is missing here", offset: at) }
    at += 1
  }

  // MARK: Keys

  private mutating func key() throws(Problem) -> [String] {
    var names: [String] = []
    while true {
      skipBlanks()
      guard at < bytes.count else { throw Problem(message: "a key is missing here", offset: at) }
      if bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "'") {
        names.append(try string())
      } else {
        let start = at
        while at < bytes.count, TOMLText.isBareKey(bytes[at]) { at += 1 }
        guard at > start else { throw Problem(message: "a key is missing here", offset: at) }
        names.append(String(decoding: bytes[start..<at], as: UTF8.self))
      }
      skipBlanks()
      guard at < bytes.count, bytes[at] == UInt8(ascii: ".") else { return names }
      at += 1
    }
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(Problem) -> TOMLValue {
    guard depth < Self.depthLimit else { throw Problem(message: "nested too deep", offset: at) }
    guard at < bytes.count else { throw Problem(message: "a value is missing here", offset: at) }
    let start = at
    switch bytes[at] {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .scalar(.string(try string()), start..<at)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "{"): return try table(depth: depth)
    default: return try word()
    }
  }

  private mutating func array(depth: Int) throws(Problem) -> TOMLValue {
    let start = at
    at += 1
    var elements: [TOMLValue] = []
    while true {
      skipEmptyLines()
      if at < bytes.count, bytes[at] == UInt8(ascii: "]") { break }
      elements.append(try value(depth: depth + 1))
      skipEmptyLines()
      guard at < bytes.count, bytes[at] == UInt8(ascii: ",") else { break }
      at += 1
    }
    guard at < bytes.count, bytes[at] == UInt8(ascii: "]") else {
      throw Problem(message: "',' or ']' is missing here", offset: at)
    }
    at += 1
    return .array(elements, start..<at)
  }

  private mutating func table(depth: Int) throws(Problem) -> TOMLValue {
    let start = at
    at += 1
    var pairs: [TOMLValue.Pair] = []
    skipBlanks()
    if at < bytes.count, bytes[at] == UInt8(ascii: "}") {
      at += 1
      return .table([], start..<at)
    }
    while true {
      let key = try key()
      try expect(UInt8(ascii: "="), "'='")
      skipBlanks()
      pairs.append(.init(key: key, value: try value(depth: depth + 1)))
      skipBlanks()
      guard at < bytes.count, bytes[at] == UInt8(ascii: ",") else { break }
      at += 1
    }
    try expect(UInt8(ascii: "}"), "',' or '}'")
    return .table(pairs, start..<at)
  }

  /// A boolean, a number or a time. Numbers and times are compared as text.
  private mutating func word() throws(Problem) -> TOMLValue {
    let start = at
    func isWord(_ byte: UInt8) -> Bool { TOMLText.isBareKey(byte) || "+:.".utf8.contains(byte) }
    while at < bytes.count, isWord(bytes[at]) { at += 1 }
    // `1979-05-27 07:32:00`
    if at - start == 10, bytes[start + 4] == UInt8(ascii: "-"), at + 1 < bytes.count, bytes[at] == 0x20,
      (0x30...0x39).contains(bytes[at + 1])
    {
      at += 1
      while at < bytes.count, isWord(bytes[at]) { at += 1 }
    }
    guard at > start else { throw Problem(message: "a value is missing here", offset: at) }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    let first = bytes[start]
    guard
      text == "true" || text == "false" || (0x30...0x39).contains(first) || "+-".utf8.contains(first)
        || text == "inf" || text == "nan"
    else { throw Problem(message: "a value is missing here", offset: start) }
    return .scalar(text == "true" ? true : text == "false" ? false : .number(text), start..<at)
  }

  private mutating func string() throws(Problem) -> String {
    var reader = TOMLString(bytes: bytes, at: at)
    let text = try reader.read()
    at = reader.at
    return text
  }
}
