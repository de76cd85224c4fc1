/// The value of a scalar.
package enum YAMLScalarValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  /// A number that is not an `Int`: it has a fraction or an exponent, or it is infinite or too large.
  case number
  case string
}

extension YAMLScalar {
  /// Follows the core schema of YAML 1.2 (section 10.3.2), with one difference: the only spellings of a boolean are `true` and `false`.
  /// `True` is a mistake in the same way as `yes`.
  package var value: YAMLScalarValue {
    if tag == .str { return .string }
    if style == .quoted, tag == nil { return .string }
    return Self.resolve(text)
  }

  static func resolve(_ text: String) -> YAMLScalarValue {
    guard let first = text.utf8.first else { return .null }
    switch first {
    case UInt8(ascii: "t"): return text == "true" ? .bool(true) : .string
    case UInt8(ascii: "f"): return text == "false" ? .bool(false) : .string
    case UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "~"):
      return text == "null" || text == "~" || text == "Null" || text == "NULL" ? .null : .string
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
      return number(text)
    default: return .string
    }
  }

  private static func number(_ text: String) -> YAMLScalarValue {
    let bytes = Array(text.utf8)
    if bytes.count > 2, bytes[0] == UInt8(ascii: "0"), bytes[1] == UInt8(ascii: "o") || bytes[1] == UInt8(ascii: "x") {
      let radix = bytes[1] == UInt8(ascii: "o") ? 8 : 16
      let digits = text.dropFirst(2)
      guard digits.utf8.allSatisfy({ isDigit($0, radix: radix) }) else { return .string }
      return Int(digits, radix: radix).map(YAMLScalarValue.integer) ?? .number
    }
    var rest = bytes[...]
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    if [".inf", ".Inf", ".INF"].contains(where: { rest.elementsEqual($0.utf8) }) { return .number }
    if [".nan", ".NaN", ".NAN"].contains(where: { bytes.elementsEqual($0.utf8) }) { return .number }
    let whole = rest.prefix { isDigit($0, radix: 10) }
    rest = rest.dropFirst(whole.count)
    if rest.isEmpty {
      guard !whole.isEmpty else { return .string }
      return Int(text).map(YAMLScalarValue.integer) ?? .number
    }
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = rest.prefix { isDigit($0, radix: 10) }.count
      rest = rest.dropFirst(fraction)
    }
    guard !whole.isEmpty || fraction > 0 else { return .string }
    guard let mark = rest.first else { return .number }
    guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return .string }
    rest = rest.dropFirst()
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    return !rest.isEmpty && rest.allSatisfy { isDigit($0, radix: 10) } ? .number : .string
  }

  private static func isDigit(_ byte: UInt8, radix: Int) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0")) < radix
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): radix == 16
    default: false
    }
  }
}
