import Foundation
import MCPAuthCore
import MCPAuthPlan
import Testing

/// The inventories in `Tests/Schemas`. `check_schemas.py` compares them with the JSON schema.
@Suite struct InventoryFilesTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Schemas")

  private static let variables = InventoryVariables(
    environment: [:], assignments: ["MCP_HOST": "mcp.example.com", "MCP_EMPTY": ""])

  private static func names(_ kind: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: kind).path)
    return (names ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
  }

  private func read(_ path: String) throws -> (bytes: [UInt8], result: Result<Inventory, InventoryMistakes>) {
    let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: path)))
    return (bytes, InventoryReader.read(bytes, file: path, variables: Self.variables))
  }

  @Test("InventoryReference#Values: the folder has enough inventories")
  func enough() {
    #expect(Self.names("good").count >= 25)
    #expect(Self.names("bad").count >= 70)
  }

  @Test("InventoryReference#Values: a good inventory is read", arguments: names("good"))
  func good(_ name: String) throws {
    _ = try read("good/" + name).result.get()
  }

  @Test(
    "InventoryReference#Values: a bad inventory is refused, with the codes in its first line",
    arguments: names("bad"))
  func bad(_ name: String) throws {
    let (bytes, result) = try read("bad/" + name)
    let isUTF16 = bytes.starts(with: [0xFF, 0xFE])
    let text = isUTF16 ? String(data: Data(bytes), encoding: .utf16) : String(decoding: bytes, as: UTF8.self)
    let first = try #require(text?.split(whereSeparator: \.isNewline).first)
    try #require(first.hasPrefix("# expect: "))
    let expected = first.dropFirst("# expect: ".count).split(separator: ",").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    guard case .failure(let mistakes) = result else {
      Issue.record("it was read")
      return
    }
    let errors = mistakes.diagnostics.filter { $0.severity == .error }
    #expect(Set(errors.map(\.code.rawValue)) == Set(expected))
    #expect(errors.allSatisfy { ($0.location?.line ?? 0) >= 1 && ($0.location?.column ?? 0) >= 1 })
    // The style of messages: lower case, no full stop.
    for error in errors { try checkVoice([error.message] + error.notes + error.help) }
  }

  private func checkVoice(_ texts: [String]) throws {
    for text in texts {
      #expect(!text.hasSuffix(".") && text.first?.isUppercase != true || text.hasPrefix("MCPAUTH_"), "\(text)")
      #expect(!text.contains("hunter"), "a secret is shown: \(text)")
    }
  }
}
