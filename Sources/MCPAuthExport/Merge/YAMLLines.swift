internal import MCPAuthYAML

/// The lines of a YAML text. Lines and columns count from 1; columns count Unicode scalars.
struct YAMLLines {
  let bytes: [UInt8]
  let newline: String
  /// The offset of each line; one more at the end when the text ends with a line end.
  private let starts: [Int]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    newline = FileText.newline(bytes)
    var starts = [bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0]
    for (index, byte) in bytes.enumerated() where byte == 0x0A { starts.append(index + 1) }
    self.starts = starts
  }

  /// The offset of a line; the end of the text for a line after the last.
  private func start(_ line: Int) -> Int { line - 1 < starts.count ? starts[line - 1] : bytes.count }

  private func text(_ line: Int) -> ArraySlice<UInt8> {
    var end = start(line + 1)
    while end > start(line), bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
    return bytes[start(line)..<end]
  }

  func offset(_ line: Int, _ column: Int) -> Int {
    var at = start(line)
    for _ in 1..<max(1, column) where at < bytes.count {
      at += 1
      while at < bytes.count, bytes[at] & 0xC0 == 0x80 { at += 1 }
    }
    return at
  }

  /// The byte at a place.
  func firstByte(at mark: YAMLMark) -> UInt8? {
    let at = offset(mark.line, mark.column)
    return at < bytes.count ? bytes[at] : nil
  }

  /// The first byte of a node, after its anchor and tag.
  func firstByte(of mark: YAMLMark) -> UInt8? {
    let at = content(of: mark)
    return at < bytes.count ? bytes[at] : nil
  }

  /// The offset of a node's content, after its anchor and tag.
  func content(of mark: YAMLMark) -> Int {
    var at = offset(mark.line, mark.column)
    while at < bytes.count, bytes[at] == UInt8(ascii: "&") || bytes[at] == UInt8(ascii: "!") {
      while at < bytes.count, ![0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
      while at < bytes.count, [0x20, 0x09].contains(bytes[at]) { at += 1 }
    }
    return at
  }

  func isFirstOnLine(_ mark: YAMLMark) -> Bool {
    bytes[start(mark.line)..<offset(mark.line, mark.column)].allSatisfy { $0 == 0x20 }
  }

  /// The line after an entry that begins at `line`. Blank lines and comments at its end belong to the next entry.
  ///
  /// - Parameters:
  ///   - next: the line of the next key outside; nil: there is none.
  ///   - indent: of the entry's key.
  ///   - keepsComments: the same for comments that are indented more than the key.
  func endOfBlock(from line: Int, to next: Int?, indent: Int, keepsComments: Bool) -> Int {
    var end = next ?? starts.count + 1
    for other in (line + 1)..<max(line + 1, end) {
      let text = text(other)
      // The end of the document, or a merge key, which is not an entry of the tree.
      if text.starts(with: "...".utf8)
        || (Self.indent(text) == indent && text.dropFirst(indent).starts(with: "<<".utf8))
      {
        end = other
        break
      }
    }
    while end > line + 1 {
      let text = text(end - 1)
      let depth = Self.indent(text)
      let rest = text.dropFirst(depth)
      let isBlank = rest.allSatisfy { $0 == 0x20 || $0 == 0x09 }
      let isComment = rest.first == UInt8(ascii: "#") && (keepsComments || depth <= indent)
      guard isBlank || isComment else { break }
      end -= 1
    }
    return end
  }

  /// The first line from this line on that is not empty.
  func endOfEmptyLines(from line: Int) -> Int {
    var line = line
    while start(line) < bytes.count, text(line).allSatisfy({ $0 == 0x20 }) { line += 1 }
    return line
  }

  func replacing(_ range: Range<Int>, with text: String) -> [UInt8] {
    var edited = FileText.replacing(start(range.lowerBound)..<start(range.upperBound), in: bytes, with: text)
    // A last line without a line end stays without one.
    if start(range.upperBound) == bytes.count, bytes.last != 0x0A, text.hasSuffix(newline) {
      edited.removeLast(newline.utf8.count)
    }
    return edited
  }

  func inserting(_ text: String, after line: Int) -> [UInt8] {
    let at = start(line + 1)
    let needsEnd = at > 0 && bytes[at - 1] != 0x0A
    return FileText.replacing(at..<at, in: bytes, with: (needsEnd ? newline : "") + text)
  }

  private static func indent(_ text: ArraySlice<UInt8>) -> Int { text.prefix { $0 == 0x20 }.count }
}
