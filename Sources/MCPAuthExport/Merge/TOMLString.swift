/// Reads one of the four strings of TOML.
struct TOMLString {
  let bytes: [UInt8]
  /// The first quote; after reading, the position after the last quote.
  var at: Int

  mutating func read() throws(TOMLParser.Problem) -> String {
    let start = at
    let quote = bytes[at]
    let isBasic = quote == UInt8(ascii: "\"")
    let isLong = count(quote, from: at) >= 3
    if count(quote, from: at) == 2 {
      at += 2
      return ""
    }
    at += isLong ? 3 : 1
    // A line end directly after the opening quotes is not part of the string.
    if isLong { skipLineEnd() }
    var out: [UInt8] = []
    while at < bytes.count {
      let byte = bytes[at]
      if byte == quote {
        let run = count(quote, from: at)
        if !isLong {
          at += 1
          return String(decoding: out, as: UTF8.self)
        }
        if run >= 3 {
          // Up to two quotes may precede the closing quotes.
          let inside = min(run, 5) - 3
          out += Array(repeating: quote, count: inside)
          at += inside + 3
          return String(decoding: out, as: UTF8.self)
        }
        out += Array(repeating: quote, count: run)
        at += run
      } else if byte == 0x0A, !isLong {
        break
      } else if isBasic, byte == UInt8(ascii: "\\") {
        out += try escape(isLong: isLong)
      } else {
        out.append(byte)
        at += 1
      }
    }
    throw TOMLParser.Problem(message: "a string that does not end", offset: start)
  }

  private func count(_ quote: UInt8, from start: Int) -> Int { bytes[start...].prefix { $0 == quote }.count }

  private mutating func skipLineEnd() {
    if at < bytes.count, bytes[at] == 0x0D { at += 1 }
    if at < bytes.count, bytes[at] == 0x0A { at += 1 }
  }

  private mutating func escape(isLong: Bool) throws(TOMLParser.Problem) -> [UInt8] {
    let start = at
    at += 2
    guard at <= bytes.count else { throw TOMLParser.Problem(message: "a string that does not end", offset: start) }
    switch bytes[at - 1] {
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "e"): return [0x1B]
    case UInt8(ascii: "\""): return [UInt8(ascii: "\"")]
    case UInt8(ascii: "\\"): return [UInt8(ascii: "\\")]
    case UInt8(ascii: "x"): return try scalar(digits: 2, start)
    case UInt8(ascii: "u"): return try scalar(digits: 4, start)
    case UInt8(ascii: "U"): return try scalar(digits: 8, start)
    case 0x20, 0x09, 0x0A, 0x0D:
      guard isLong else { break }
      at -= 1
      // A backslash at the end of a line removes all white space up to the next text.
      while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
      return []
    default: break
    }
    throw TOMLParser.Problem(message: "an unknown escape", offset: start)
  }

  private mutating func scalar(digits: Int, _ start: Int) throws(TOMLParser.Problem) -> [UInt8] {
    let end = at + digits
    guard end <= bytes.count, let value = UInt32(String(decoding: bytes[at..<end], as: UTF8.self), radix: 16),
      let scalar = Unicode.Scalar(value)
    else { throw TOMLParser.Problem(message: "an unknown escape", offset: start) }
    at = end
    return Array(String(scalar).utf8)
  }
}
