import MCPAuthCore

/// What holds for every diagnostic, whoever caused it.
enum DiagnosticProperty {
  /// Nothing that a stranger wrote is in it but as printable text (ThreatModel#Text-of-a-server), and it is of a size that one can read.
  static func check(_ diagnostic: Diagnostic) throws(Violation) {
    // A way out may have lines: they are ours.
    let help = diagnostic.help.flatMap { $0.split(separator: "\n").map(String.init) }
    for text in [diagnostic.message] + diagnostic.notes + help {
      try require(
        !text.unicodeScalars.contains(where: ForeignText.isHarmful),
        "\(diagnostic.code.rawValue) says what is not printable: \(text.debugDescription)")
      try require(text.utf8.count <= 4096, "\(diagnostic.code.rawValue) says \(text.utf8.count) bytes")
    }
    try require(!diagnostic.message.isEmpty, "\(diagnostic.code.rawValue) says nothing")
    for record in diagnostic.requests { try check(record) }
  }

  static func check(_ diagnostics: [Diagnostic]) throws(Violation) {
    for diagnostic in diagnostics { try check(diagnostic) }
  }

  static func check(_ record: RequestRecord) throws(Violation) {
    for text in [record.url, record.contentType ?? "", record.note ?? ""] {
      try require(
        !text.unicodeScalars.contains(where: ForeignText.isHarmful),
        "a record says what is not printable: \(text.debugDescription)")
    }
  }

  /// Every word of it, to look for secrets in.
  static func words(of diagnostic: Diagnostic) -> String {
    ([diagnostic.message] + diagnostic.notes + diagnostic.help
      + diagnostic.requests.flatMap { [$0.url, $0.contentType ?? "", $0.note ?? ""] }).joined(separator: "\n")
  }

  /// That its place is one in the file: a line that is there, a column of it, or the one behind its end.
  static func checkPlace(_ location: SourceLocation?, in lines: FileLines) throws(Violation) {
    guard let location else { throw Violation("a diagnostic has no place") }
    try lines.check(line: location.line, column: location.column, endColumn: location.endColumn)
  }
}

/// The lines of a file, to hold places against.
struct FileLines {
  /// In Unicode scalars, without line ends and byte order mark.
  private let widths: [Int]

  init(_ file: [UInt8]) {
    let bytes = file.starts(with: [0xEF, 0xBB, 0xBF]) ? file[3...] : file[...]
    widths = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self).unicodeScalars.count
    }
  }

  func check(line: Int, column: Int, endColumn: Int?) throws(Violation) {
    try require(widths.indices.contains(line - 1), "line \(line) of \(widths.count)")
    let width = widths[line - 1]
    try require((1...width + 1).contains(column), "column \(column) of line \(line), which has \(width)")
    guard let endColumn else { return }
    try require(
      endColumn >= column && endColumn <= max(width + 1, column + 1),
      "end column \(endColumn) after \(column) of line \(line), which has \(width)")
  }
}
