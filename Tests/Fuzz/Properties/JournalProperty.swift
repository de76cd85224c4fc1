import MCPAuthCore
import MCPAuthReconciler

@testable import MCPAuthStores

/// The lines of the journal: as they are, and with correct checksums. Without these, every mutation would fail at the checksum.
enum JournalProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    _ = try scan(bytes)
    let sealed = sealed(bytes)
    guard let scan = try scan(sealed), let lineage = scan.journal.lineage else { return }
    var written = JournalText.head(lineage: lineage)
    for event in scan.journal.events { written += JournalText.line(event) }
    guard let again = try self.scan(written) else { throw Violation("what was written is refused") }
    try require(again.journal == scan.journal, "it is another journal after a print")
    try require(again.end == written.count && !again.lacksNewline, "the end is \(again.end) of \(written.count)")
    try checkTorn(written, whole: again)
  }

  private static func scan(_ bytes: [UInt8]) throws(Violation) -> JournalText.Scan? {
    let scan: JournalText.Scan
    do throws(Diagnostic) {
      scan = try JournalText.scan(bytes, file: "mcpauth.journal")
    } catch {
      try DiagnosticProperty.check(error)
      try DiagnosticProperty.checkPlace(error.location, in: FileLines(bytes))
      return nil
    }
    try require((0...bytes.count).contains(scan.end), "the end is \(scan.end) of \(bytes.count)")
    return scan
  }

  /// If a write ends at any byte, only the complete lines before it are read.
  private static func checkTorn(_ written: [UInt8], whole: JournalText.Scan) throws(Violation) {
    for cut in stride(from: 0, to: written.count, by: max(1, written.count / 24)) {
      guard let torn = try scan(Array(written[..<cut])) else { throw Violation("torn at \(cut), it is refused") }
      try require(
        whole.journal.events.starts(with: torn.journal.events), "torn at \(cut), other events come out of it")
      try require(torn.end <= cut, "torn at \(cut), the next line goes to \(torn.end)")
    }
  }

  /// Every line that is JSON, framed with its right checksum.
  static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for line in bytes.split(separator: 0x0A) {
      if let json = try? JSONParser.parse(Array(line)), var object = json.object, !object.members.isEmpty {
        object["sum"] = nil
        out += object.members.isEmpty ? Array(line) + [0x0A] : JournalText.line(.object(object))
      } else {
        out += Array(line) + [0x0A]
      }
    }
    return out
  }
}
