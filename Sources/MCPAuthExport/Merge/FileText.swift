/// The text of a file that is edited, with helpers for lines and indentation.
enum FileText {
  /// The line end that the file uses.
  static func newline(_ bytes: [UInt8]) -> String {
    guard let first = bytes.firstIndex(of: 0x0A), first > 0, bytes[first - 1] == 0x0D else { return "\n" }
    return "\r\n"
  }

  static func replacing(_ range: Range<Int>, in bytes: [UInt8], with text: String) -> [UInt8] {
    Array(bytes[..<range.lowerBound]) + Array(text.utf8) + Array(bytes[range.upperBound...])
  }

  /// The white space at the beginning of the line of a place.
  static func indentation(at offset: Int, in bytes: [UInt8]) -> String {
    let start = lineStart(offset, in: bytes)
    return String(decoding: bytes[start...].prefix { $0 == 0x20 || $0 == 0x09 }, as: UTF8.self)
  }

  /// The same if nothing else is before the place on its line; otherwise nil.
  static func margin(before offset: Int, in bytes: [UInt8]) -> String? {
    let start = lineStart(offset, in: bytes)
    // On the first line there may be a byte order mark.
    guard bytes[start..<offset].allSatisfy({ $0 == 0x20 || $0 == 0x09 }), start > 0 else { return nil }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  static func lineStart(_ offset: Int, in bytes: [UInt8]) -> Int {
    (bytes[..<offset].lastIndex(of: 0x0A) ?? -1) + 1
  }

  /// The beginning of the white space before a place.
  ///
  /// - Parameter stoppingAtComment: include at most one line end.
  static func endOfText(before offset: Int, in bytes: [UInt8], stoppingAtComment: Bool = false) -> Int {
    var at = offset
    while at > 0, [0x20, 0x09, 0x0D, 0x0A].contains(bytes[at - 1]) {
      at -= 1
      if stoppingAtComment, bytes[at] == 0x0A {
        return at > 0 && bytes[at - 1] == 0x0D ? at - 1 : at
      }
    }
    return at
  }

  /// The end of the line, if only comments follow a place; otherwise the place itself.
  static func endOfLineComment(after offset: Int, in bytes: [UInt8]) -> Int {
    var at = offset
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x09: at += 1
      case 0x0A: return at > offset && bytes[at - 1] == 0x0D ? at - 1 : at
      case 0x0D: return at
      case UInt8(ascii: "/") where at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "/"):
        while at < bytes.count, bytes[at] != 0x0A, bytes[at] != 0x0D { at += 1 }
        return at
      case UInt8(ascii: "/") where at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "*"):
        var end = at + 2
        while end + 1 < bytes.count, bytes[end] != UInt8(ascii: "*") || bytes[end + 1] != UInt8(ascii: "/") {
          if bytes[end] == 0x0A { return offset }
          end += 1
        }
        at = end + 2
      default: return offset
      }
    }
    return min(at, bytes.count)
  }
}
