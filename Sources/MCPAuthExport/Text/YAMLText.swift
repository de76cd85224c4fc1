internal import MCPAuthCore

/// Block YAML with the same values for readers of YAML 1.1 and 1.2.
enum YAMLText {
  /// Words that some YAML readers do not read as a string.
  private static let reserved: Set<String> = [
    "true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf",
  ]

  /// The members of an object, with line ends.
  static func block(_ object: JSONObject, indent: Int, unit: Int = 2, newline: String = "\n") -> String {
    object.members.map { entry($0.name, $0.value, indent: indent, unit: unit, newline: newline) }.joined()
  }

  /// One member with all its lines.
  static func entry(_ name: String, _ value: JSON, indent: Int, unit: Int = 2, newline: String = "\n") -> String {
    let margin = String(repeating: " ", count: indent)
    let key = margin + string(name) + ":"
    switch value {
    case .object(let object) where !object.members.isEmpty:
      return key + newline + block(object, indent: indent + unit, unit: unit, newline: newline)
    case .array(let elements) where !elements.isEmpty:
      let inner = margin + String(repeating: " ", count: unit) + "- "
      return key + newline + elements.map { inner + scalar($0) + newline }.joined()
    default: return key + " " + scalar(value) + newline
    }
  }

  /// A value on one line: a scalar, or an empty collection.
  static func scalar(_ value: JSON) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .number(let text): text
    case .string(let text): string(text)
    case .array(let elements): "[" + elements.map(scalar).joined(separator: ", ") + "]"
    case .object(let object):
      "{" + object.members.map { string($0.name) + ": " + scalar($0.value) }.joined(separator: ", ") + "}"
    }
  }

  /// Plain if every reader reads it as a string, otherwise in double quotes.
  static func string(_ text: String) -> String { isPlain(text) ? text : quoted(text) }

  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last, isLetter(first) || first == UInt8(ascii: "/"),
      last != UInt8(ascii: ":"), !reserved.contains(text.lowercased())
    else { return false }
    // No `: `, no ` #`, and no sign that has a meaning in a flow collection.
    return text.utf8.allSatisfy { isLetter($0) || $0.isASCIIDigit || "-._/:@%+=?&~".utf8.contains($0) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { byte.isASCIILetter || byte == UInt8(ascii: "_") }

  private static func quoted(_ text: String) -> String {
    text.quoted { scalar, _ in
      if isPrintable(scalar) { return String(scalar) }
      return switch scalar.value {
      case ..<0x100: scalar.escaped("\\x", width: 2)
      case ..<0x10000: scalar.escaped("\\u")
      default: scalar.escaped("\\U", width: 8)
      }
    }
  }

  /// Characters that YAML allows without an escape, except those that a reader may read as a line end or a byte order mark.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
  }
}
