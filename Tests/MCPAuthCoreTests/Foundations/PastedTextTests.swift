import MCPAuthCore
import Testing

/// Text that a user copies from a message (ThreatModel#Text-of-a-server).
@Suite struct PastedTextTests {
  @Test(
    "a word of a shell command is quoted where a shell would do more than to read it",
    arguments: [
      ("servers.yaml", "servers.yaml"), ("https://a.example/x?y", "'https://a.example/x?y'"), ("", "''"),
      ("-x", "'-x'"), ("it's", "'it'\\''s'"), ("~root/x", "'~root/x'"), ("a=~/x", "'a=~/x'"), ("=ls", "'=ls'"),
      ("a=b", "a=b"),
      // The quote and the mark after it are one Character.
      ("'\u{301};id;'\u{301}", "''\\''\u{301};id;'\\''\u{301}'"),
    ])
  func shell(text: String, word: String) {
    #expect(Array(PastedText.shell(text).utf8) == Array(word.utf8))
  }

  @Test(
    "a scalar of YAML is quoted where a reader could read something else",
    arguments: [
      ("https://a.example", "https://a.example"), ("null", "\"null\""), ("a: b", "\"a: b\""), ("a\"b", "\"a\\u0022b\""),
      ("$a ${B}", "\"$$a $${B}\""), ("\u{E9}", "\"\u{E9}\""), ("e\u{301}", "\"e\\u0301\""),
      ("\u{5D0}", "\"\\u05d0\""), ("\u{1F600}", "\"\\U0001f600\""), ("##[error]", "\"#\\u0023[error]\""),
    ])
  func yaml(text: String, word: String) {
    #expect(PastedText.yaml(text) == word)
  }
}
