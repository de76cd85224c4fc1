import Testing

@testable import MCPAuthStores

@Suite struct HelperURLTests {
  @Test(
    "SecretStores#Helper: https://mcpauth/<lineage>/NAME/<version>, written and parsed",
    arguments: [("linear", "a1"), ("a.b-c_d", "V_-9")])
  func records(server: String, version: String) throws {
    let url = try #require(HelperURL.record(lineage: "7d0a", server: server, version: version))
    #expect(url == "https://mcpauth/7d0a/\(server)/\(version)")
    let parsed = try #require(HelperURL.parse(url, lineage: "7d0a"))
    #expect(parsed == (server, version))
    #expect(HelperURL.parse(url, lineage: "7d0") == nil)
  }

  @Test(
    "SecretStores#Helper: other programs' URLs in the helper are ignored",
    arguments: [
      "https://index.docker.io/v1/", "https://mcpauth/7d0a/linear", "https://mcpauth/7d0a/linear/a1/b",
      "https://mcpauth/7d0a/../a1", "https://mcpauth/7d0a/.orphans/00", "https://mcpauth/7d0a//a1",
      "http://mcpauth/7d0a/linear/a1", "https://mcpauth.evil/7d0a/linear/a1", "https://mcpauth/.stored/linear",
    ])
  func others(url: String) {
    #expect(HelperURL.parse(url, lineage: "7d0a") == nil)
  }

  @Test(
    "SecretStores#Helper: a part that does not match its pattern gives no URL",
    arguments: ["", "..", "a/b", ".stored", "a b", "ü"])
  func patterns(part: String) {
    #expect(HelperURL.record(lineage: part, server: "linear", version: "a1") == nil)
    #expect(HelperURL.record(lineage: "7d0a", server: part, version: "a1") == nil)
    #expect(HelperURL.record(lineage: "7d0a", server: "linear", version: part) == nil)
    #expect(HelperURL.orphan(lineage: part, issuer: "i", clientID: "c") == nil)
    #expect(HelperURL.stored(part) == nil)
  }

  @Test(
    "SecretStores#Helper: a client id is a user name only if no helper can read it as a path or an option",
    arguments: [
      ("abc-1_2.x", "abc-1_2.x"), ("../../etc/passwd", "mcpauth"), ("a/b", "mcpauth"), ("", "mcpauth"),
      (".ssh", "mcpauth"), ("-f", "mcpauth"), ("a\nb", "mcpauth"), ("https://x.example/client.json", "mcpauth"),
      (String(repeating: "a", count: 129), "mcpauth"),
    ])
  func usernames(clientID: String, expected: String) {
    #expect(HelperURL.username(clientID) == expected)
  }
}
