/// The ASCII armor: strict PEM (RFC 7468 section 3, figure 3) with the label `AGE ENCRYPTED FILE`. White space before and after the armor
/// and CRLF line ends are allowed. Everything else is refused, because a lenient reader would accept several encodings of the same file.
enum AgeArmor {
  private static let begin = Array("-----BEGIN AGE ENCRYPTED FILE-----".utf8)
  private static let end = Array("-----END AGE ENCRYPTED FILE-----".utf8)
  private static let columns = 64

  /// The result ends with a line feed.
  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    let text = Base64.encode(bytes, padded: true)
    var out = begin
    out.reserveCapacity(text.count + text.count / columns + begin.count + end.count + 4)
    out.append(lineFeed)
    for start in stride(from: 0, to: text.count, by: columns) {
      out += text[start..<min(start + columns, text.count)]
      out.append(lineFeed)
    }
    out += end
    out.append(lineFeed)
    return out
  }

  /// Whether the file must be read as armor: after white space, it begins with five hyphens. No binary age file begins like that.
  static func isArmored(_ file: [UInt8]) -> Bool {
    file.drop(while: isSpace).starts(with: begin.prefix(5))
  }

  static func decode(_ file: [UInt8]) throws(AgeProblem) -> [UInt8] {
    let start = file.firstIndex { !isSpace($0) } ?? file.endIndex
    var lines = Lines(rest: file[start...], number: file[..<start].count { $0 == lineFeed })
    // The begin line must be alone on its line: no blanks may come before it.
    guard start == 0 || file[start - 1] == lineFeed, lines.next()?.elementsEqual(begin) == true else {
      throw .armor(.beginLine, line: max(lines.number, 1))
    }
    var out: [UInt8] = []
    out.reserveCapacity(file.count / 4 * 3)
    var isLast = false
    while true {
      guard let line = lines.next() else { throw .armor(.endLine, line: lines.number + 1) }
      if line.elementsEqual(end) { break }
      if line.first == UInt8(ascii: "-") { throw .armor(.endLine, line: lines.number) }
      guard !isLast, !line.isEmpty, line.count <= columns else { throw .armor(.lineLength, line: lines.number) }
      // Padding and a short line are allowed in the last line only.
      isLast = line.count < columns || line.last == Base64.pad
      do { out += try Base64.decode(line, padded: true) } catch { throw .armor(.base64(error), line: lines.number) }
    }
    guard lines.rest.allSatisfy(isSpace) else { throw .armor(.trailingData, line: lines.number + 1) }
    return out
  }

  /// Splits a text into lines. A line ends with LF, with CRLF, or at the end of the text.
  private struct Lines {
    var rest: ArraySlice<UInt8>
    /// The number of the line that was read last. The first line is 1.
    var number: Int

    mutating func next() -> ArraySlice<UInt8>? {
      guard !rest.isEmpty else { return nil }
      number += 1
      guard let end = rest.firstIndex(of: lineFeed) else {
        defer { rest = [] }
        return rest
      }
      defer { rest = rest[(end + 1)...] }
      let line = rest[..<end]
      return line.last == carriageReturn ? line.dropLast() : line
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
}
