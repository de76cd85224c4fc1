internal import MCPAuthCore
internal import MCPAuthYAML

extension InventoryContext {
  /// Reports text that looks like a literal secret on a line that is not valid YAML. The message for the mistake shows that line, and the parser
  /// read nothing that could tell what to mask. The mark covers the text from the value to the end of the line.
  ///
  /// - Parameter lines: all lines of the file, without their line feeds.
  mutating func reportLiterals(onLine number: Int, of lines: [ArraySlice<UInt8>]) {
    guard lines.indices.contains(number - 1) else { return }
    var line = lines[number - 1]
    if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
    if line.last == 0x0D { line = line.dropLast() }
    guard let start = Self.literal(in: line) else { return }
    let column = String(decoding: line[..<start], as: UTF8.self).unicodeScalars.count + 1
    let end = String(decoding: line, as: UTF8.self).unicodeScalars.count + 1
    report(
      .inlineSecret, "this looks like a secret, and this file must not contain secrets",
      at: YAMLMark(line: number, column: column, endColumn: end),
      help: ["write a reference, {env: NAME}, {file: PATH} or {stored: KEY}"])
  }

  /// The start of the value of the first `client_secret:`, `Authorization:`, `value:` or similar key whose value is neither a reference nor empty.
  private static func literal(in line: ArraySlice<UInt8>) -> Int? {
    var wordStart = line.startIndex
    for at in line.indices {
      if VariableExpansion.isNameByte(line[at]) || line[at] == UInt8(ascii: "-") { continue }
      defer { wordStart = at + 1 }
      if line[at] == UInt8(ascii: " "), wordStart < at, let value = valueWithoutColon(in: line, wordStart..<at) {
        return value
      }
      var colon = at
      if line[at] == UInt8(ascii: "\"") || line[at] == UInt8(ascii: "'") { colon += 1 }
      guard colon < line.endIndex, line[colon] == UInt8(ascii: ":") else { continue }
      let word = String(decoding: line[wordStart..<at], as: UTF8.self)
      guard soundsSecret(word) || word == "value" else { continue }
      let value = line[(colon + 1)...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      guard let first = value.first, !"{*#|>".utf8.contains(first) else { continue }
      return value.startIndex
    }
    return nil
  }

  /// The start of the text after a name at the beginning of a line, where the colon was forgotten.
  private static func valueWithoutColon(in line: ArraySlice<UInt8>, _ word: Range<Int>) -> Int? {
    guard line[line.startIndex..<word.lowerBound].allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }),
      soundsSecret(String(decoding: line[word], as: UTF8.self))
    else { return nil }
    let value = line[word.upperBound...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard let first = value.first, !"{*#|>:".utf8.contains(first) else { return nil }
    return value.startIndex
  }
}
