internal import MCPAuthCore

/// A YAML mapping in braces, and where new members belong in it.
struct YAMLBraces {
  private let bytes: [UInt8]
  private let open: Int
  private let close: Int
  /// The offset of the first byte that is neither white space nor a comment; nil for an empty mapping.
  private let first: Int?
  /// The offset after the last such byte before the closing brace.
  private let last: Int

  /// - Parameter open: the offset of the opening brace.
  /// - Returns: nil if there is no brace, or it is not closed.
  init?(_ bytes: [UInt8], open: Int) {
    guard open < bytes.count, bytes[open] == UInt8(ascii: "{") else { return nil }
    var scanner = Scanner(bytes: bytes, at: open + 1)
    guard let close = scanner.close() else { return nil }
    self.bytes = bytes
    self.open = open
    self.close = close
    first = scanner.first
    last = scanner.last ?? open + 1
  }

  /// Whether the first key is in double quotes, as in JSON.
  var isQuoted: Bool { first.map { bytes[$0] == UInt8(ascii: "\"") } ?? false }

  /// Whether the opening and the closing brace are on the same line.
  var isOnOneLine: Bool { !bytes[open..<close].contains(0x0A) }

  /// The text with new members at the end of the mapping.
  ///
  /// - Parameter isQuoted: whether names and strings get double quotes.
  func adding(_ members: [JSONObject.Member], isQuoted: Bool) -> [UInt8] {
    let texts = members.map { Self.text($0, isQuoted: isQuoted) }
    let hasComma = first != nil && bytes[last - 1] == UInt8(ascii: ",")
    if let outer = FileText.margin(before: close, in: bytes) {
      // The closing brace begins its line: each member gets a line.
      let newline = FileText.newline(bytes)
      let margin = first.flatMap { FileText.margin(before: $0, in: bytes) } ?? outer + "  "
      let lines = texts.map { newline + margin + $0 }.joined(separator: ",") + (hasComma ? "," : "")
      let end = FileText.endOfText(before: close, in: bytes)
      let edited = FileText.replacing(end..<end, in: bytes, with: lines)
      // A comment may follow the last member: the comma goes before it.
      return first == nil || hasComma ? edited : FileText.replacing(last..<last, in: edited, with: ",")
    }
    let text = texts.joined(separator: ", ")
    if first == nil { return FileText.replacing(open + 1..<close, in: bytes, with: text) }
    return FileText.replacing(last..<last, in: bytes, with: hasComma ? " \(text)," : ", \(text)")
  }

  private static func text(_ member: JSONObject.Member, isQuoted: Bool) -> String {
    name(member.name, isQuoted: isQuoted) + ": " + value(member.value, isQuoted: isQuoted)
  }

  private static func name(_ name: String, isQuoted: Bool) -> String {
    isQuoted ? JSONText.scalar(.string(name)) : YAMLText.string(name)
  }

  private static func value(_ value: JSON, isQuoted: Bool) -> String {
    switch value {
    case .object(let object):
      "{" + object.members.map { text($0, isQuoted: isQuoted) }.joined(separator: ", ") + "}"
    case .array(let elements):
      "[" + elements.map { Self.value($0, isQuoted: isQuoted) }.joined(separator: ", ") + "]"
    case .string(let text): name(text, isQuoted: isQuoted)
    case .null, .bool, .number: YAMLText.scalar(value)
    }
  }

  /// Finds the end of a mapping in braces. The caller reads the edited text again, and compares the values.
  private struct Scanner {
    let bytes: [UInt8]
    var at: Int
    var first: Int?
    var last: Int?
    /// Whether a scalar may begin here. Within a plain scalar, a quote is an ordinary character.
    private var isBeginning = true

    init(bytes: [UInt8], at: Int) {
      self.bytes = bytes
      self.at = at
    }

    mutating func close() -> Int? {
      var depth = 1
      while at < bytes.count {
        let byte = bytes[at]
        if Self.isSpace(byte) {
          at += 1
        } else if byte == UInt8(ascii: "#"), Self.isSpace(bytes[at - 1]) {
          while at < bytes.count, bytes[at] != 0x0A { at += 1 }
        } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
          depth -= 1
          if depth == 0 { return at }
          take(1)
          isBeginning = false
        } else {
          if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { depth += 1 }
          token(byte)
        }
      }
      return nil
    }

    private mutating func token(_ byte: UInt8) {
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ","):
        take(1)
        isBeginning = true
      case UInt8(ascii: ":"):
        // Without a space after it, a colon may be within a plain scalar, as in a URL.
        isBeginning = at + 1 >= bytes.count || Self.isSpace(bytes[at + 1]) || endsInQuote
        take(1)
      case UInt8(ascii: "\"") where isBeginning, UInt8(ascii: "'") where isBeginning:
        take(quotedLength(byte))
        isBeginning = false
      case UInt8(ascii: "&") where isBeginning, UInt8(ascii: "!") where isBeginning:
        var length = 1
        while at + length < bytes.count, !Self.isSpace(bytes[at + length]), !",[]{}".utf8.contains(bytes[at + length]) {
          length += 1
        }
        take(length)
      default:
        take(1)
        isBeginning = false
      }
    }

    private var endsInQuote: Bool { "\"'".utf8.contains(bytes[at - 1]) }

    /// The length of a quoted scalar, with both quotes.
    private func quotedLength(_ quote: UInt8) -> Int {
      var end = at + 1
      while end < bytes.count {
        if quote == UInt8(ascii: "\""), bytes[end] == UInt8(ascii: "\\") {
          end += 2
        } else if bytes[end] != quote {
          end += 1
        } else if quote == UInt8(ascii: "'"), end + 1 < bytes.count, bytes[end + 1] == quote {
          end += 2
        } else {
          return end + 1 - at
        }
      }
      return bytes.count - at
    }

    private mutating func take(_ count: Int) {
      first = first ?? at
      at = min(at + count, bytes.count)
      last = at
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
  }
}
