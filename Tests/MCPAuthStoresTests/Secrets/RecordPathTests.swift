import Testing

@testable import MCPAuthStores

@Suite struct RecordPathTests {
  @Test(
    "SecretStores#Helper: <lineage>/NAME/<version>, written and parsed",
    arguments: [("linear", "a1"), ("a.b-c_d", "V_-9")])
  func records(server: String, version: String) throws {
    let path = try #require(RecordPath.record(lineage: "7d0a", server: server, version: version))
    #expect(path == "7d0a/\(server)/\(version)")
    let parsed = try #require(RecordPath.parse(path, lineage: "7d0a"))
    #expect(parsed == (server, version))
    #expect(RecordPath.parse(path, lineage: "7d0") == nil)
  }

  @Test(
    "SecretStores#Helper: other programs' names are ignored",
    arguments: [
      "https://index.docker.io/v1/", "7d0a/linear", "7d0a/linear/a1/b", "7d0a/../a1", "7d0a/.orphans/00", "7d0a//a1",
      "/7d0a/linear/a1", "https://mcpauth/7d0a/linear/a1", ".stored/linear",
    ])
  func others(path: String) {
    #expect(RecordPath.parse(path, lineage: "7d0a") == nil)
  }

  @Test(
    "SecretStores#Helper: a part that does not match its pattern gives no path",
    arguments: ["", "..", "a/b", ".stored", "a b", "ü"])
  func patterns(part: String) {
    #expect(RecordPath.record(lineage: part, server: "linear", version: "a1") == nil)
    #expect(RecordPath.record(lineage: "7d0a", server: part, version: "a1") == nil)
    #expect(RecordPath.record(lineage: "7d0a", server: "linear", version: part) == nil)
    #expect(RecordPath.orphan(lineage: part, issuer: "i", clientID: "c") == nil)
    #expect(RecordPath.stored(part) == nil)
  }

  @Test(
    "SecretStores#Helper: a client id is a user name only if no helper can read it as a path or an option",
    arguments: [
      ("abc-1_2.x", "abc-1_2.x"), ("../../etc/passwd", "mcpauth"), ("a/b", "mcpauth"), ("", "mcpauth"),
      (".ssh", "mcpauth"), ("-f", "mcpauth"), ("a\nb", "mcpauth"), ("https://x.example/client.json", "mcpauth"),
      (String(repeating: "a", count: 129), "mcpauth"),
    ])
  func usernames(clientID: String, expected: String) {
    #expect(HelperKeychain.username(clientID) == expected)
  }
}
