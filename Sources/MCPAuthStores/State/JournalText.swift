import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// The text of the journal (Reliability#Journal): one JSON object per line. The last member of each object is a checksum of all text before it.
///
/// `{"event":"failed","intent":"a1","sum":"0123456789abcdef"}`, where the sum is the first 64 bits of the SHA-256 of
/// `{"event":"failed","intent":"a1"}`. The first line contains the format and the lineage.
enum JournalText {
  static let format = 1

  /// The result of reading the bytes of a journal.
  struct Scan: Sendable, Equatable {
    var journal = Journal()
    /// The position of the next line. The data after it is incomplete.
    var end = 0
    /// Whether the last line is complete except for its line end.
    var lacksNewline = false
  }

  static func head(lineage: String) -> [UInt8] {
    line(["format": .number(String(format)), "kind": "mcpauth-journal", "lineage": .string(lineage)])
  }

  static func line(_ event: JournalEvent) -> [UInt8] { line(event.json) }

  /// - Throws: `journal-invalid` with the line number, for a damaged line that is not the last.
  static func scan(_ bytes: [UInt8], file: String) throws(Diagnostic) -> Scan {
    var scan = Scan()
    var start = 0
    var number = 0
    while start < bytes.count {
      number += 1
      let newline = bytes[start...].firstIndex(of: 0x0A)
      let end = newline ?? bytes.count
      let next = newline.map { $0 + 1 } ?? end
      guard let json = body(of: bytes[start..<end]) else {
        // Only the last write can be incomplete. It was never reported as durable, so no later step depends on it.
        if next == bytes.count { return scan }
        throw invalid("it is damaged", line: number, file: file)
      }
      if number == 1 {
        scan.journal.lineage = try lineage(of: json, file: file)
      } else {
        do throws(LockShapeError) {
          scan.journal.events.append(try JournalEvent(json: json))
        } catch {
          throw invalid(error.message, line: number, file: file)
        }
      }
      scan.end = next
      scan.lacksNewline = newline == nil
      start = next
    }
    return scan
  }

  private static func lineage(of json: JSON, file: String) throws(Diagnostic) -> String {
    guard json["kind"]?.string == "mcpauth-journal", let found = json["format"]?.integer else {
      throw invalid("it is not the first line of a journal", line: 1, file: file)
    }
    guard found == format else {
      throw invalid("its format is \(found); this mcpauth knows \(format)", line: 1, file: file)
    }
    guard let lineage = json["lineage"]?.string else { throw invalid("it has no lineage", line: 1, file: file) }
    return lineage
  }

  private static func invalid(_ problem: String, line: Int, file: String) -> Diagnostic {
    Diagnostic(
      .error, .journalInvalid, "line \(line) of the journal '\(file)' cannot be used: \(problem)",
      at: SourceLocation(file: file, line: line, column: 1),
      help: [
        "restore the file from a backup; it says which registrations had begun, and nothing was written",
        "or note the servers that it names, and move it away: a client that only the journal names may be left behind at its server",
      ])
  }

  // MARK: Lines and their checksums

  private static let sumStart = Array(#","sum":""#.utf8)
  private static let sumEnd = Array(#""}"#.utf8)
  private static let sumDigits = 16

  static func line(_ json: JSON) -> [UInt8] {
    var text = JSONWriter.compact(json)
    let sum = checksum(text)
    text.removeLast()
    text += sumStart + sum + sumEnd + [0x0A]
    return text
  }

  /// The object without its checksum; nil when the checksum is wrong.
  private static func body(of line: ArraySlice<UInt8>) -> JSON? {
    let tail = sumStart.count + sumDigits + sumEnd.count
    guard line.count > tail, line.suffix(tail).starts(with: sumStart), line.suffix(sumEnd.count).elementsEqual(sumEnd)
    else { return nil }
    let text = Array(line.dropLast(tail)) + [UInt8(ascii: "}")]
    guard line.suffix(sumDigits + sumEnd.count).starts(with: checksum(text)) else { return nil }
    return try? JSONParser.parse(text, refusingDuplicates: true)
  }

  private static func checksum(_ text: [UInt8]) -> [UInt8] {
    Array(Fingerprint.of(text).utf8.prefix(sumDigits))
  }
}
