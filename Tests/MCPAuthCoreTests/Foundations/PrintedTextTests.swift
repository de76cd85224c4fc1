import MCPAuthCore
import Testing

/// Text from a server is data (ThreatModel#Text-of-a-server), in lines for people and in documents for programs.
@Suite struct PrintedTextTests {
  @Test(
    "ThreatModel#Text-of-a-server: what a CI runner would run as a command within a line is broken up",
    arguments: [
      ("##[error]x", "## [error]x"), ("###[group]", "### [group]"), ("##vso[task]", "## vso[task]"),
      ("a ## b", "a ## b"), ("####", "####"), ("#[x]", "#[x]"), ("##", "##"), ("##1", "##1"),
      // Removing the character between the signs must not create a command.
      ("#\u{200B}#[x]", "# #[x]"), ("##\u{7}[x]", "## [x]"),
    ])
  func commands(text: String, shown: String) {
    #expect(ForeignText.printable(text) == shown)
    #expect(ForeignText.printable(ForeignText.printable(text)) == shown)
  }

  @Test(
    "SecretStores#Redaction: a printed document contains nothing that a terminal or a CI runner would run, and has the same value"
  )
  func printed() throws {
    let texts = [
      "\u{1B}[2J", "\u{9B}31m", "\u{202E}txt", "\u{2066}\u{2069}", "\u{200B}\u{FEFF}", "\u{0}\r\n\t", "::add-mask::x",
      "##[error]", "##vso[x]", ":::::", "\u{E0001}\u{10FFFF}", "ü 🙂 \"\\", "http://[::1]/",
    ]
    let value: JSON = [
      "texts": .array(texts.map { .string($0) }),
      "::name##[": .object(JSONObject(texts.map { .init($0, .string($0)) })),
    ]
    for bytes in [JSONWriter.printed(value), JSONWriter.printedLine(value)] {
      let text = String(decoding: bytes, as: UTF8.self)
      for part in ["::", "##", "\r", "\t"] { #expect(!text.contains(part), "\(text)") }
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !ForeignText.isHarmful($0) }, "\(text)")
      #expect(text.contains("ü 🙂 \\\"\\\\"))
      let parsed = try JSONParser.parse(bytes)
      #expect(JSONWriter.canonical(parsed) == JSONWriter.canonical(value))
    }
    #expect(!JSONWriter.printedLine(value).contains(0x0A))
  }
}
