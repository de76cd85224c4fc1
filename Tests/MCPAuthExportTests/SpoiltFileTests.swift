import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import Testing

/// Consumers#Export: any file that is to be updated is either updated correctly or refused.
@Suite struct SpoiltFileTests {
  static let files: [(target: ExportTarget, text: String)] = [
    (
      .cursor,
      "{ // a\n  \"x\": [1, {\"y\": \"\\u00e9\\\\\"}], /* b */\n  \"mcpServers\": {\n    \"docs\": {\"url\": \"https://docs.example.com/x\", \"m\": 1},\n  },\n}\n"
    ),
    (
      .litellm,
      "a: &a {b: [1, 'x']} # c\nmcp_servers:\n  x:\n    <<: *a\n  docs:\n    url: \"https://docs.example.com/x\" # d\n    t: |\n      e\n\nz: >-\n  f\n"
    ),
    (
      .codex,
      "a = '''x'''\nb.c = { d = [1, \"y\\n\"], e = 07:32:00 } # f\n\n[mcp_servers.docs]\nurl = \"https://docs.example.com/x\"\n\n[[z]]\ng = \"\"\"h\"\"\"\n"
    ),
  ]

  @Test("Consumers#Export: every prefix of a file, and every byte replaced", arguments: files.indices)
  func spoilt(index: Int) throws {
    let (target, text) = Self.files[index]
    let world = try ExportWorld()
    let whole = Array(text.utf8)
    var updated = 0
    func check(_ bytes: [UInt8]) {
      let options = ExportOptions(target, only: ["docs"], existing: bytes)
      guard let result = try? world.export(options) else { return }
      updated += 1
      // A result is accepted again, and does not change.
      var again = options
      again.existing = result.text
      #expect((try? world.export(again))?.text == result.text)
    }
    for end in whole.indices { check(Array(whole[..<end])) }
    for at in whole.indices {
      for byte in Array("\"'\\\n\r\t {}[]:,#&*!=-.a0/".utf8) + [0x00, 0xC3, 0xFF] where byte != whole[at] {
        var bytes = whole
        bytes[at] = byte
        check(bytes)
      }
    }
    #expect(updated > 300)
  }
}
