import MCPAuthCore
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct JournalTextTests {
  static let events: [JournalEvent] = [Sample.intent("i1"), .failed(intent: "i1"), .unknown(intent: "i2")]
  static let lines = [JournalText.head(lineage: "abc")] + events.map { JournalText.line($0) }
  static let whole = lines.flatMap { $0 }

  func scan(_ bytes: [UInt8]) throws -> JournalText.Scan { try JournalText.scan(bytes, file: "journal.jsonl") }

  @Test("Reliability#Journal: the first line has format and lineage; each line is a JSON object with a checksum")
  func format() throws {
    let text = String(decoding: Self.whole, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(text[0].hasPrefix(#"{"format":1,"kind":"mcpauth-journal","lineage":"abc","sum":""#))
    #expect(text[2].hasPrefix(#"{"event":"failed","intent":"i1","sum":""#))
    for line in text { #expect(try JSONParser.parse(Array(line.utf8))["sum"]?.string?.count == 16) }
  }

  @Test("Reliability#Journal: a journal torn at any byte keeps every line before, and no part of the torn one")
  func torn() throws {
    var ends = [0]
    for line in Self.lines { ends.append((ends.last ?? 0) + line.count) }
    for size in 0...Self.whole.count {
      let found = try scan(Array(Self.whole.prefix(size)))
      // A line without only its line end is complete.
      let lines = ends.lastIndex { $0 <= size + 1 && size > 0 || $0 == 0 } ?? 0
      #expect(found.journal.events == Array(Self.events.prefix(max(0, lines - 1))), "at byte \(size)")
      #expect(found.journal.lineage == (lines > 0 ? "abc" : nil))
      #expect(found.end == min(ends[lines], size))
      #expect(found.lacksNewline == (lines > 0 && ends[lines] == size + 1))
    }
  }

  @Test(
    "Reliability#Journal: any byte changed in a line before the last is journal-invalid, with the line",
    arguments: 0..<3)
  func damaged(line: Int) throws {
    let start = Self.lines[..<line].reduce(0) { $0 + $1.count }
    for offset in 0..<Self.lines[line].count - 1 {
      var bytes = Self.whole
      bytes[start + offset] ^= 0x01
      let refusal = try #require(throws: Diagnostic.self) { try scan(bytes) }
      #expect(refusal.code == .journalInvalid)
      // If the changed byte becomes a line end, the damage is reported at the same line.
      #expect(refusal.location == SourceLocation(file: "journal.jsonl", line: line + 1, column: 1))
      #expect(!refusal.help.isEmpty)
    }
  }

  @Test("Reliability#Journal: damage in the last line, and zeros after a power failure, count as torn")
  func lastLine() throws {
    var damaged = Self.whole
    damaged[damaged.count - 30] ^= 0x01
    for bytes in [damaged, Self.whole + [UInt8](repeating: 0, count: 4096)] {
      let found = try scan(bytes)
      #expect(found.end < bytes.count)
      #expect(found.journal.events.first == Self.events.first)
    }
  }

  @Test("Reliability#Journal: an empty file counts as no journal")
  func empty() throws {
    #expect(try scan([]) == JournalText.Scan())
  }

  @Test("Reliability#Journal: a valid line with an unknown event or format is journal-invalid, also as the last line")
  func strange() throws {
    let cases: [(JSON, Int)] = [
      (["event": "later"], 2), (["kind": "mcpauth-journal", "format": 2, "lineage": "x"], 1),
    ]
    for (json, line) in cases {
      let bytes = (line == 1 ? [] : Self.lines[0]) + JournalText.line(json)
      let refusal = try #require(throws: Diagnostic.self) { try scan(bytes) }
      #expect(refusal.code == .journalInvalid)
      #expect(refusal.location?.line == line)
    }
  }
}
