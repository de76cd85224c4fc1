import MCPAuthPlan
import Testing

@testable import MCPAuthToolRendering

/// Tables on terminals of different widths (PlanAndApply#Messages).
@Suite struct TableTests {
  static let columns = [
    Table.Column("STATE", .words), Table.Column("SERVER"), Table.Column("ISSUER", .middle),
    Table.Column("CLIENT", .middle), Table.Column("EMPTY"), Table.Column("CHANGED"),
  ]

  static let rows = [
    [
      "secret-expiring, no-value-here", "linear", "https://login.eu-central.example.com/realms/mcp",
      "client-0123456789abcdef0123456789abcdef", "", "2026-10-01",
    ],
    ["ok", "docs", "-", "-", "", "-"],
    // Wide characters, and letters with combining accents.
    [
      "ok", "tickets", "https://例え.テスト/" + String(repeating: "漢字", count: 30),
      String(repeating: "e\u{301}", count: 90), "", "2026-10-02",
    ],
  ]

  static let table = Table(columns, rows)

  private func lines(_ wrap: Int?) -> [String] {
    let layout = Self.table.layout(wrap)
    return [layout.head].compactMap(\.self) + layout.rows.flatMap(\.self)
  }

  @Test(
    "PlanAndApply#Messages: no line of a table is wider than the terminal, and no name is shortened",
    arguments: [20, 30, 40, 60, 80, 100, 120, 160, 200])
  func widths(_ wrap: Int) {
    let lines = lines(wrap)
    for line in lines { #expect(DisplayWidth.of(line) <= wrap, "\(DisplayWidth.of(line)): \(line)") }
    for name in ["linear", "docs", "tickets"] {
      #expect(lines.contains { $0.contains(name) }, "\(lines)")
    }
  }

  @Test("PlanAndApply#Messages: without a limit nothing is shortened, and a row is one line")
  func pipe() {
    let layout = Self.table.layout(nil)
    #expect(layout.head?.hasPrefix("STATE  ") == true)
    #expect(layout.head?.contains("EMPTY") == false)
    #expect(layout.rows.map(\.count) == [1, 1, 1])
    for (row, lines) in zip(Self.rows, layout.rows) {
      for cell in row { #expect(lines[0].contains(cell), "\(lines)") }
    }
  }

  @Test("PlanAndApply#Messages: ids and issuers are shortened in the middle, the widest first")
  func middle() {
    let lines = lines(100)
    #expect(lines[1].hasPrefix("secret-expiring, no-value-here  linear   login.eu-"), "\(lines[1])")
    let ids = #/realms/mcp  client-0\S*…\S*abcdef  2026-10-01$/#
    #expect(lines[1].firstMatch(of: ids) != nil, "\(lines[1])")
    #expect(lines.count == 4)
  }

  @Test("PlanAndApply#Messages: columns that do not fit are written below the row, with their headers")
  func below() {
    let layout = Self.table.layout(60)
    #expect(layout.head?.contains("CLIENT") == false)
    #expect(layout.rows[0].last?.contains("changed: 2026-10-01") == true, "\(layout.rows[0])")
    // A value that does not exist has no line.
    #expect(layout.rows[1].count == 1)
  }

  @Test("PlanAndApply#Messages: where the name does not fit beside the state, it is complete below it")
  func stacked() {
    let name = String(repeating: "n", count: 63)
    let layout = Table(Self.columns, [["secret-missing", name, "i", "c", "", "-"]]).layout(40)
    #expect(layout.head == nil)
    #expect(layout.rows[0].first == "secret-missing")
    #expect(layout.rows[0].allSatisfy { $0.count <= 40 }, "\(layout.rows[0])")
    let joined = layout.rows[0].map { $0.drop { $0 == " " } }.joined()
    #expect(joined.contains(name), "\(layout.rows[0])")
  }

  @Test("a table without rows has no header")
  func empty() {
    #expect(Table(Self.columns, []).layout(80) == Table.Layout(head: nil, rows: []))
  }

  @Test("PlanAndApply#Messages: a line below a row is shortened at its value")
  func detail() {
    let value = "https://coder.example.com/a/long/path/to/the/callback"
    #expect(Table.detail("redirect URI ", value, ": accepted", wrap: nil) == "  redirect URI \(value): accepted")
    let short = Table.detail("redirect URI ", value, ": accepted", wrap: 50)
    #expect(short.hasPrefix("  redirect URI coder.exam") && short.hasSuffix("callback: accepted"), "\(short)")
    #expect(short.count == 50)
    #expect(Table.detail("redirect URI ", value, ": accepted", wrap: 20).count <= 20)
  }

  @Test("the middle of a text is replaced by an ellipsis; a combining mark stays with its letter")
  func shortened() {
    #expect(DisplayWidth.middle("abcdef", to: 6) == "abcdef")
    #expect(DisplayWidth.middle("abcdefg", to: 6) == "abc…fg")
    #expect(DisplayWidth.middle("abcdefg", to: 1) == "…")
    #expect(DisplayWidth.middle("漢字漢字漢字", to: 7) == "漢…漢字")
    let accents = DisplayWidth.middle(String(repeating: "e\u{301}", count: 9), to: 5)
    #expect(Array(accents.unicodeScalars) == Array("e\u{301}e\u{301}…e\u{301}e\u{301}".unicodeScalars))
  }

  @Test("a word that is too long is broken where nothing may be wider")
  func broken() {
    #expect(Wrap.broken("a bcdefghijklmnop", first: 10, rest: 10) == ["a", "bcdefghijk", "lmnop"])
    #expect(Wrap.broken("one two", first: 10, rest: 10) == ["one two"])
  }
}
