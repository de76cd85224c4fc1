import MCPAuthPlan
import Testing

@testable import MCPAuthToolRendering

@Suite struct WrapTests {
  @Test("text that fits is one line")
  func fits() {
    #expect(Wrap.lines("a b c", first: 5, rest: 5) == ["a b c"])
    #expect(Wrap.lines("", first: 5, rest: 5) == [""])
  }

  @Test("lines break between words; the first may be shorter than the rest")
  func words() {
    #expect(Wrap.lines("one two three four", first: 8, rest: 12) == ["one two", "three four"])
  }

  @Test("a URL that is too long is complete on its own line")
  func url() {
    let url = "https://a.example/" + String(repeating: "x", count: 40)
    #expect(Wrap.lines("see \(url) for it", first: 20, rest: 20) == ["see", url, "for it"])
    // After a long label there is more space on the next line.
    #expect(Wrap.lines("https://a.example/x y", first: 10, rest: 30) == ["", "https://a.example/x y"])
  }

  @Test("wide characters count twice, and a text without spaces is broken between them")
  func wide() {
    let lines = Wrap.lines("漢字漢字漢字漢字漢字", first: 9, rest: 9)
    #expect(lines == ["漢字漢字", "漢字漢字", "漢字"])
    #expect(lines.allSatisfy { DisplayWidth.of($0) <= 9 })
  }

  @Test("indented text is a sample, and is not changed")
  func sample() {
    #expect(Wrap.lines("  client_id: a b c d e f", first: 10, rest: 10) == ["  client_id: a b c d e f"])
  }

  @Test(
    "ThreatModel#Text-of-a-server: no line begins with a command of a CI runner",
    arguments: ["::error::x", "## [error]x", "##[error]x"])
  func commands(_ word: String) {
    let lines = Wrap.lines("a server says \(word) and more", first: 14, rest: 14)
    #expect(lines.allSatisfy { !$0.hasPrefix("::") && !$0.hasPrefix("##") }, "\(lines)")
    #expect(lines.joined(separator: " ") == "a server says \(word) and more")
  }

  @Test("text is cut to a width, with an ellipsis inside it")
  func cut() {
    #expect(DisplayWidth.cut("abcdef", to: 6) == "abcdef")
    #expect(DisplayWidth.cut("abcdefg", to: 6) == "abcde…")
    #expect(DisplayWidth.of(DisplayWidth.cut("漢字漢字", to: 6)) <= 6)
  }

  @Test("a long list of names is cut, with a count")
  func names() {
    #expect(Wrap.names(["a", "b", "c"], limit: 2) == "a, b and 1 more")
  }

  @Test(
    "PlanAndApply#Formats: old → new on one line if it fits, else the removed and the added values",
    arguments: [
      (nil, ["scopes:  a, b → b, c"]), (18, ["scopes:  - a", "         + c", "           1 unchanged"]),
    ] as [(Int?, [String])])
  func lists(_ room: Int?, _ expected: [String]) {
    let field = FieldChange("scopes", from: .list(["a", "b"]), to: .list(["b", "c"]))
    #expect(FieldChangeText(room: room).lines([field]) == expected)
  }

  @Test("a text that is too long: old above new; null and the empty text have names")
  func texts() {
    let field = FieldChange("url", old: "https://a.example/mcp", new: "https://b.example/mcp")
    #expect(
      FieldChangeText(room: 40).lines([field], before: [("client", "x")])
        == ["client:  x", "url:       https://a.example/mcp", "         → https://b.example/mcp"])
    #expect(FieldChangeText.word(nil) == "(none)" && FieldChangeText.word(.list([])) == "(empty)")
  }
}
