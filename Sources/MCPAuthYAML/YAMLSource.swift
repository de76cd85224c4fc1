/// The bytes of a file after the checks that come before parsing: size, encoding, characters.
struct YAMLSource {
  /// The bytes without the byte order mark.
  let bytes: ArraySlice<UInt8>
  /// The offset where each line begins.
  private let lineStarts: [Int]

  /// - Throws: `tooLarge`; `syntax` if the file is not UTF-8, or contains a character that YAML forbids or that editors and libyaml count
  ///   differently. With such a character, the places in all messages would be wrong, and a reviewer would see something other than what
  ///   mcpauth reads.
  init(_ file: [UInt8]) throws(YAMLProblem) {
    guard file.count <= YAMLReader.maximumBytes else {
      throw YAMLProblem(
        .tooLarge, "the file is larger than \(YAMLReader.maximumBytes >> 20) MiB", at: YAMLMark(line: 1, column: 1))
    }
    try Self.refuseOtherEncodings(file)
    let bytes = file.starts(with: [0xEF, 0xBB, 0xBF]) ? file[3...] : file[...]
    var lineStarts = [bytes.startIndex]
    var at = bytes.startIndex
    while at < bytes.endIndex {
      let byte = bytes[at]
      switch byte {
      case 0x20...0x7E, 0x09: at += 1
      case 0x0A:
        at += 1
        lineStarts.append(at)
      case 0x0D where at + 1 < bytes.endIndex && bytes[at + 1] == 0x0A: at += 1
      case 0..<0x80:
        throw Self.forbidden(
          byte, at: Self.mark(of: at, in: bytes, lineStart: lineStarts[lineStarts.count - 1], lineStarts.count))
      default:
        let width = try Self.checkedScalar(bytes, at, lineStarts)
        at += width
      }
    }
    self.bytes = bytes
    self.lineStarts = lineStarts
  }

  /// The text of a line without its line end. Empty for a line that does not exist.
  func line(_ number: Int) -> String {
    guard lineStarts.indices.contains(number - 1) else { return "" }
    let end = number < lineStarts.count ? lineStarts[number] - 1 : bytes.endIndex
    var line = bytes[lineStarts[number - 1]..<end]
    if line.last == 0x0D { line = line.dropLast() }
    return String(decoding: line, as: UTF8.self)
  }

  /// The bytes of lines with their line ends. Lines count from 1.
  func bytes(ofLines lines: Range<Int>) -> ArraySlice<UInt8> {
    guard !lines.isEmpty, lines.lowerBound >= 1, lines.lowerBound <= lineCount else { return [] }
    let end = lines.upperBound <= lineCount ? lineStarts[lines.upperBound - 1] : bytes.endIndex
    return bytes[lineStarts[lines.lowerBound - 1]..<end]
  }

  var lineCount: Int { lineStarts.count }

  /// The column after the last column of a line.
  func endColumn(ofLine number: Int) -> Int { line(number).unicodeScalars.count + 1 }

  /// An error at the end of the file is shown after the last text of the file, because the line after it is empty.
  func beforeTheEnd(_ failure: YAMLParserFailure) -> YAMLParserFailure {
    var number = failure.position.line
    guard number >= lineStarts.count, line(number).isEmpty else { return failure }
    while number > 1, line(number).allSatisfy({ $0 == " " || $0 == "\t" }) { number -= 1 }
    let there = YAMLEvent.Position(line: number, column: endColumn(ofLine: number))
    var moved = failure
    if moved.contextPosition == moved.position { moved.contextPosition = there }
    moved.position = there
    return moved
  }

  /// The line of the first marker of a merge conflict.
  var conflictLine: Int? {
    lineStarts.firstIndex { bytes[$0...].starts(with: "<<<<<<< ".utf8) }.map { $0 + 1 }
  }

  var hasConflict: Bool { conflictLine != nil }

  /// The nearest line above that is not empty and not a comment.
  func significantLine(above number: Int) -> Int? {
    var number = number - 1
    while number > 0 {
      let first = line(number).first { $0 != " " && $0 != "\t" }
      if let first, first != "#" { return number }
      number -= 1
    }
    return nil
  }

  private static func refuseOtherEncodings(_ file: [UInt8]) throws(YAMLProblem) {
    let isOther = file.starts(with: [0xFE, 0xFF]) || file.starts(with: [0xFF, 0xFE]) || file.prefix(4).contains(0)
    guard isOther else { return }
    throw YAMLProblem(
      .syntax, "the file is not UTF-8: it looks like UTF-16 or UTF-32", at: YAMLMark(line: 1, column: 1),
      help: ["save it as UTF-8"])
  }

  private static func forbidden(_ byte: UInt8, at mark: YAMLMark) -> YAMLProblem {
    if byte == 0x0D {
      return YAMLProblem(
        .syntax, "a carriage return without a line feed: programs do not agree on whether a line ends here", at: mark,
        help: ["save the file with LF or CRLF line ends"])
    }
    return forbidden(Unicode.Scalar(byte), at: mark)
  }

  private static func forbidden(_ scalar: Unicode.Scalar, at mark: YAMLMark) -> YAMLProblem {
    return YAMLProblem(
      .syntax, "the control character \(YAMLSlips.number(scalar)) is not allowed in a YAML file", at: mark,
      help: ["remove it, or write it as an escape in double quotes"])
  }

  private static func mark(of offset: Int, in bytes: ArraySlice<UInt8>, lineStart: Int, _ line: Int) -> YAMLMark {
    let column = String(decoding: bytes[lineStart..<offset], as: UTF8.self).unicodeScalars.count + 1
    return YAMLMark(line: line, column: column, endColumn: column + 1)
  }

  /// The number of bytes of the multi-byte scalar at `at`.
  private static func checkedScalar(
    _ bytes: ArraySlice<UInt8>, _ at: Int, _ lineStarts: [Int]
  ) throws(YAMLProblem) -> Int {
    let first = bytes[at]
    let width = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    let lineStart = lineStarts[lineStarts.count - 1]
    guard at + width <= bytes.endIndex, let text = String(validating: bytes[at..<at + width], as: UTF8.self),
      let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1
    else {
      throw YAMLProblem(
        .syntax, "the file is not UTF-8", at: mark(of: at, in: bytes, lineStart: lineStart, lineStarts.count),
        help: ["save it as UTF-8"])
    }
    switch scalar.value {
    // libyaml reads NEL and the two separators as line ends. YAML 1.2 and editors do not.
    case 0x80...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
      throw forbidden(scalar, at: mark(of: at, in: bytes, lineStart: lineStart, lineStarts.count))
    default: return width
    }
  }
}
