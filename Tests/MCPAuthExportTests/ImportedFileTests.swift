import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import Testing

/// GettingStarted#Import-what-you-have: which values of a consumer's file are secrets.
@Suite struct ImportedFileTests {
  private func file(_ format: ImportFormat, _ text: String) throws -> ImportedFile {
    try ImportedFile(Array(text.utf8), as: format, file: "source")
  }

  /// The values that are stored, and the lines of the inventory.
  private func stored(_ file: ImportedFile) -> (values: [String], lines: String) {
    (file.servers.flatMap(\.secrets).map { $0.value.open() }, InventoryEditor.lines(of: file.servers.map(\.server)))
  }

  @Test("GettingStarted#Import-what-you-have: what server.json marks as a secret is never in the inventory")
  func registry() throws {
    let file = try file(
      .registry,
      #"""
      {"servers": [
        {"name": "a", "remotes": [{"url": "https://a.example/{path}/mcp",
          "variables": {"path": {"value": "hunter2", "isSecret": true}}}]},
        {"name": "b", "remotes": [{"url": "https://b.example/{area}/mcp",
          "variables": {"area": {"value": "eu"}, "unused": {"value": "hunter3", "isSecret": true}},
          "headers": [{"name": "X-Pin", "value": "hunter4", "isSecret": true}, {"name": "X-Area", "value": "eu"}]}]}]}
      """#)
    #expect(file.leftOut.map(\.source) == ["a"])
    #expect(file.leftOut.first?.reason == "its URL has the secret variable 'path'")
    let stored = stored(file)
    #expect(stored.values == ["hunter4"])
    #expect(stored.lines.contains("url: https://b.example/eu/mcp\n") && stored.lines.contains("X-Area: "))
    #expect(!stored.lines.contains("hunter"), "\(stored.lines)")
  }
}
