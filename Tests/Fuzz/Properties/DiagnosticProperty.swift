import MCPAuthCore

/// Properties of every diagnostic.
enum DiagnosticProperty {
  /// Checks that foreign text in it is printable (ThreatModel#Text-of-a-server), and that its length is limited.
  static func check(_ diagnostic: Diagnostic) throws(Violation) {
    // A help text of mcpauth may have several lines.
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

  /// All text of the diagnostic, to search it for secrets.
  static func words(of diagnostic: Diagnostic) -> String {
    ([diagnostic.message] + diagnostic.notes + diagnostic.help
      + diagnostic.requests.flatMap { [$0.url, $0.contentType ?? "", $0.note ?? ""] }).joined(separator: "\n")
  }

  /// Checks that its place is in the file: an existing line, and a column of that line or the one after its end.
  static func checkPlace(_ location: SourceLocation?, in lines: FileLines) throws(Violation) {
    guard let location else { throw Violation("a diagnostic has no place") }
    try lines.check(line: location.line, column: location.column, endColumn: location.endColumn)
  }
}

/// The lines of a file, to check places.
struct FileLines {
  /// The length of each line in Unicode scalars, without line end and byte order mark.
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
