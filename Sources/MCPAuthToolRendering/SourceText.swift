/// A file that a person wrote, by its lines: what diagnostics point into.
package struct SourceText: Sendable {
  package let file: String
  /// Without their ends.
  let lines: [[Unicode.Scalar]]

  package static func none(_ file: String) -> SourceText { SourceText(file: file, bytes: []) }

  /// Lines end where they end for YAML 1.1's scanner: at a line feed, a carriage return, both, and NEL, LS, PS.
  package init(file: String, bytes: [UInt8]) {
    self.file = file
    var lines: [[Unicode.Scalar]] = []
    var line: [Unicode.Scalar] = []
    var previous: Unicode.Scalar = " "
    var text = Substring(String(decoding: bytes, as: UTF8.self)).unicodeScalars
    // A byte order mark is no column.
    if text.first == "\u{FEFF}" { text.removeFirst() }
    for scalar in text {
      switch scalar {
      case "\n" where previous == "\r": break
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
        lines.append(line)
        line = []
      default: line.append(scalar)
      }
      previous = scalar
    }
    if !line.isEmpty { lines.append(line) }
    self.lines = lines
  }

  /// 1-based; nil beyond the file's end.
  func line(_ number: Int) -> [Unicode.Scalar]? {
    lines.indices.contains(number - 1) ? lines[number - 1] : nil
  }
}
