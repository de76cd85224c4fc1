import MCPAuthCore
import MCPAuthPlan
import Testing

@Suite struct LockEntryTests {
  private let client = LockedClient(
    .dcr, id: "client-1", authMethod: .basic, redirectURIs: ["http://127.0.0.1/callback"], scopes: ["read"])

  private var entry: LockEntry { LockEntry(mode: .discovered, url: "https://a.example/mcp", client: client) }

  @Test("a change of a copy does not change the original")
  func copies() {
    let original = entry
    var copy = original
    #expect(copy == original)
    copy.client?.isLost = true
    copy.generation += 1
    copy.protect.toggle()
    copy.inputs["scope"] = "read"
    copy.url = "https://b.example/mcp"
    copy.mode = .manual
    copy.endpoints = nil
    #expect(original == entry)
    #expect(copy.isLost && copy.generation == 1 && copy.protect && copy.inputs["scope"] == "read")
    #expect(copy.url == "https://b.example/mcp" && copy.mode == .manual && copy.clientID == "client-1")
  }

  @Test("entries with the same members are equal, and any other member makes them different")
  func equality() {
    var others = [entry, entry, entry, entry, entry]
    others[0].client = nil
    others[1].generation = 2
    others[2].protect = true
    others[3].inputs = ["scope": "read"]
    others[4].url += "/"
    #expect(entry == entry)
    for other in others { #expect(other != entry) }
  }
}
