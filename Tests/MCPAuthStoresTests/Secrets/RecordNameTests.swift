import Testing

@testable import MCPAuthStores

@Suite struct RecordNameTests {
  @Test(
    "SecretStores#Names-and-folders: the version is the last part before the extension",
    arguments: [
      ("linear.a1.json", "linear", "a1"), ("a.b.c.json", "a.b", "c"), ("a.json.v-1_Z.json", "a.json", "v-1_Z"),
    ])
  func names(file: String, server: String, version: String) throws {
    let parsed = try #require(RecordName.json.parse(file))
    #expect(parsed == (server, version))
    #expect(RecordName.json.file(server: server, version: version) == file)
  }

  @Test(
    "SecretStores#Names-and-folders: other files are not records",
    arguments: [
      "linear.json", "linear.a1", ".linear.a1.json", "linear..json", ".linear.a1.json.0123456789abcdef.mcpauth-tmp",
      "Linear.a1.json", "orphans", ".gitignore", "linear.a1.json~",
    ])
  func others(file: String) {
    #expect(RecordName.json.parse(file) == nil)
  }

  @Test("SecretStores#Names-and-folders: no two pairs of issuer and client id have the same file")
  func orphans() {
    let names = [("a", "bc"), ("ab", "c"), ("a", "b"), ("", "ab")].map {
      RecordName.json.file(orphanOf: $0.0, clientID: $0.1)
    }
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.utf8.count == 64 + 5 })
  }
}
