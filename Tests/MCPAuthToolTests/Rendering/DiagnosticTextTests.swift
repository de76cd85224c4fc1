import MCPAuthCore
import Testing

@testable import MCPAuthToolRendering

@Suite struct DiagnosticTextTests {
  private func render(_ diagnostics: [Diagnostic], in text: String, width: Int = 120, style: Style = .plain) -> String {
    DiagnosticText(style: style, width: width)
      .render(diagnostics, in: SourceText(file: "servers.yaml", bytes: Array(text.utf8)))
  }

  private func at(_ line: Int, _ column: Int, _ end: Int? = nil) -> Place {
    Place(file: "servers.yaml", line: line, column: column, endColumn: end)
  }

  private static let sampleLines =
    String(repeating: "\n", count: 13) + "      client_id: Iv1.0123456789abcdef\n"

  private static let sample = Diagnostic(
    .error, .partialOAuth2Config, "'github' gives client_id but not authorization_endpoint, token_endpoint",
    at: Place(file: "servers.yaml", line: 14, column: 7, endColumn: 16),
    help: ["give all three to use your own client, or none of them to discover and register automatically"])

  @Test("InventoryReference#Mistakes: the sample, with the exact text")
  func sample() {
    #expect(
      render([Self.sample], in: Self.sampleLines) == """
        servers.yaml:14:7: error[partial-oauth2-config]: 'github' gives client_id but not authorization_endpoint, token_endpoint
           14 |       client_id: Iv1.0123456789abcdef
              |       ^~~~~~~~~
          help: give all three to use your own client, or none of them to discover and register automatically
        1 error in servers.yaml

        """)
  }

  @Test("the sample with colours")
  func colored() {
    let escape = "\u{1B}["
    #expect(
      render([Self.sample], in: Self.sampleLines, style: .colored)
        == """
        servers.yaml:14:7: \(escape)1;31merror[partial-oauth2-config]\(escape)0m: 'github' gives client_id but not authorization_endpoint, token_endpoint
        \(escape)34m   14 |\(escape)0m       client_id: Iv1.0123456789abcdef
        \(escape)34m      |\(escape)0m       \(escape)1;31m^~~~~~~~~\(escape)0m
          \(escape)1mhelp\(escape)0m: give all three to use your own client, or none of them to discover and register automatically
        \(escape)1;31m1 error\(escape)0m in servers.yaml

        """.replacing("      \(escape)1;31m^", with: "\(escape)1;31m      ^"))
  }

  @Test("InventoryReference#Mistakes: in the order of the lines, first those without a place, and counted")
  func order() {
    let text = render(
      [
        Diagnostic(.error, .unknownKey, "third", at: at(2, 1)), .warning(.duplicateURL, "second", at: at(1, 5)),
        Diagnostic(.error, .yamlSyntax, "first"), Diagnostic(.error, .missingKey, "fourth", at: at(2, 3)),
      ], in: "abcdefgh\nabcdef\n")
    #expect(
      text == """
        error[yaml-syntax]: first
        servers.yaml:1:5: warning[duplicate-url]: second
            1 | abcdefgh
              |     ^
        servers.yaml:2:1: error[unknown-key]: third
            2 | abcdef
              | ^
        servers.yaml:2:3: error[missing-key]: fourth
            2 | abcdef
              |   ^
        3 errors, 1 warning in servers.yaml

        """)
  }

  @Test("notes, and the further lines of a help, are below their text")
  func severalLines() {
    let diagnostic = Diagnostic(
      .error, .duplicateKey, "twice", notes: ["first given at line 4"], help: ["write:\na:\n  b: c\n\nd: e", "or not"])
    #expect(
      DiagnosticText(style: .plain, width: 80).render(diagnostic, mask: nil) == """
        error[duplicate-key]: twice
          note: first given at line 4
          help: write:
                a:
                  b: c

                d: e
          help: or not

        """)
  }

  @Test(
    "ErrorCodes#What-a-failure-says: every request in columns: method, URL, status, content type, interpretation")
  func requests() {
    let text = DiagnosticText(style: .plain, width: 80).render(
      Diagnostic(.error, .unreachable, "no", requests: Samples.blockedError.requests), mask: nil)
    #expect(
      text == """
        error[unreachable]: no
          requests:
            POST  https://api.example.com/mcp/                                      401        text/plain
            GET   https://api.example.com/.well-known/oauth-protected-resource/mcp  404        text/html   absent
            GET   https://auth.example.com/x                                        no answer              no connection

        """)
  }

  @Test("with tabs and wide characters the caret is still under its place")
  func widths() {
    let text = render([Diagnostic(.error, .unknownKey, "x", at: at(1, 8, 11))], in: "\tname: 漢字\u{301}k\n")
    // One tab of four columns, six ASCII characters, then two wide characters, a mark of width zero, and a letter.
    #expect(text.contains("    1 |     name: 漢字\u{301}k\n      |           ^~~~\n"))
  }

  @Test("a long line is cut around the caret")
  func longLine() throws {
    let line = String(repeating: "a", count: 300) + "HERE" + String(repeating: "b", count: 300)
    let lines = render([Diagnostic(.error, .unknownKey, "x", at: at(1, 301, 305))], in: line, width: 60)
      .split(separator: "\n")
    let shown = try #require(lines.first { $0.contains("1 |") })
    let caret = try #require(lines.first { $0.contains("^") })
    #expect(shown.count <= 60)
    #expect(shown.contains("| …aaa") && shown.hasSuffix("b…"))
    let column = caret.prefix { $0 != "^" }.count
    #expect(shown.dropFirst(column).hasPrefix("HERE"))
    #expect(caret.hasSuffix("^~~~"))
  }

  @Test("escape sequences and bidirectional controls of the file do not reach the terminal")
  func harmful() {
    let text = render(
      [Diagnostic(.error, .unknownKey, "bad \u{1B}[31mname\nx", at: at(1, 2))], in: "a\u{1B}[31m\u{202E}b\r\n")
    #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" || $0 == "\r" })
    #expect(text.contains("error[unknown-key]: bad  [31mname x\n    1 | a\u{FFFD}[31m\u{FFFD}b\n      |  ^\n"))
  }

  @Test("a place beyond the end of the line or of the file does not crash")
  func beyond() {
    let text = render(
      [Diagnostic(.error, .yamlSyntax, "x", at: at(1, 99, 120)), Diagnostic(.error, .yamlSyntax, "y", at: at(9, 1))],
      in: "abc")
    #expect(
      text == """
        servers.yaml:1:99: error[yaml-syntax]: x
            1 | abc
              |    ^
        servers.yaml:9:1: error[yaml-syntax]: y
        2 errors in servers.yaml

        """)
  }

  @Test("lines end as in the scanner; a byte order mark is not a column")
  func lineEnds() {
    let source = SourceText(file: "f", bytes: Array("\u{FEFF}a\r\nb\rc\nd\u{2028}e".utf8))
    #expect(source.lines.map { String($0.map(Character.init)) } == ["a", "b", "c", "d", "e"])
  }

  @Test("for a place in another file the file is named, and no line of this file is shown")
  func otherFile() {
    let place = Place(file: "servers.lock.json", line: 1, column: 1)
    #expect(
      render([Diagnostic(.error, .lockInvalid, "x", at: place)], in: "version: 1\n")
        == "servers.lock.json:1:1: error[lock-invalid]: x\n1 error in servers.yaml\n")
  }
}
