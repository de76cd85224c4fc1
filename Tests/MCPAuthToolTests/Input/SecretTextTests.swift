import MCPAuthCore
import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolInput
@testable import MCPAuthToolRendering

@Suite struct SecretTextTests {
  @Test(
    "SecretStores#Redaction: one line end at the end is removed; tabs and line ends within stay",
    arguments: [
      ("value", "value"), ("value\n", "value"), ("value\r\n", "value"), ("a\n\n", "a\n"), ("a\tb\nc", "a\tb\nc"),
      (" ", " "), ("sch\u{F6}n \u{1F511}", "sch\u{F6}n \u{1F511}"),
    ])
  func taken(text: String, value: String) throws {
    #expect(try SecretText.secret(Array(text.utf8)).open() == value)
  }

  @Test(
    "SecretStores#Redaction: an empty value, invalid UTF-8 and control characters are refused, without printing any of it",
    arguments: [
      (Array("".utf8), "it is empty"), (Array("\n".utf8), "it is empty"), ([0x61, 0xFF], "it is not UTF-8 text"),
      (Array("a\u{0}".utf8), "U+0000"), (Array("\u{1B}[1m".utf8), "U+001B"), (Array("a\u{7F}".utf8), "U+007F"),
      (Array("a\u{9B}".utf8), "U+009B"), ([UInt8](repeating: 0x61, count: SecretText.limit + 1), "over 65536 bytes"),
    ])
  func refused(bytes: [UInt8], words: String) throws {
    let problem = try #require(throws: SecretText.Problem.self) { try SecretText.secret(bytes) }
    #expect(problem.reason.contains(words))
  }

  @Test("SecretStores#Records: each line of a value is masked, also in the JSON form, with the escapes of a runner")
  func masks() {
    #expect(SecretMasking.lines([Secret("plain")]) == "::add-mask::plain\n")
    #expect(
      SecretMasking.lines([Secret("50%\nsay \"x\"")])
        == "::add-mask::50%25\n::add-mask::50%25\\nsay \\\"x\\\"\n::add-mask::say \"x\"\n")
  }

  @Test(
    "SecretStores#Redaction: text that a runner would run as a command is detected",
    arguments: [
      ("::error::x", true), ("a\n  ::set-output", true), ("a##[group]", true), ("a::b", false), ("plain", false),
    ])
  func commands(text: String, isCommand: Bool) {
    #expect(SecretMasking.looksLikeCommand(Secret(text)) == isCommand)
  }
}
