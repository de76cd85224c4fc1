import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import Testing

/// GettingStarted#Add-a-server: the text of an inventory with new servers.
@Suite struct InventoryEditorTests {
  private func added(_ servers: [NewServer], to text: String) throws -> String {
    let editor = try InventoryEditor(Array(text.utf8), file: "servers.yaml")
    return String(decoding: try editor.adding(servers), as: UTF8.self)
  }

  @Test("GettingStarted#Add-a-server: several servers, with every kind of credentials, are read back as they are")
  func kinds() throws {
    var client = NewServer.Client()
    client.registration = .preregistered
    client.id = "a$b: #"
    client.secret = .stored("c-client-secret")
    client.scopes = ["read", "on"]
    var full = NewServer("c", url: "https://c.example/mcp", .client(client))
    full.displayName = "Ünï \"quoted\" ${X}"
    full.transport = .sse
    full.toolAllowList = []
    let servers = [
      NewServer("a", url: "https://a.example/mcp", .none),
      NewServer("b", url: "https://b.example/mcp", .apiKey(header: "X-Key", value: .env("B_KEY"))), full,
      NewServer(
        "d", url: "https://d.example/mcp",
        .headers([(name: "X-A", value: .literal("$1")), (name: "Authorization", value: .reference(.env("D")))])),
    ]
    for text in ["version: 1\nservers: {}\n", "{version: 1, servers: {}}", "version: 1"] {
      let edited = try added(servers, to: text)
      let inventory = try InventoryReader.read(
        Array(edited.utf8), file: "servers.yaml", variables: InventoryVariables(environment: [:])
      ).get()
      #expect(inventory.servers.map(\.name) == ["a", "b", "c", "d"])
      #expect(inventory.servers[0].mode == .none)
      #expect(inventory.servers[1].mode == .apiKey(header: "X-Key", value: .env("B_KEY")))
      #expect(inventory.servers[2].displayName == full.displayName && inventory.servers[2].transport == .sse)
      #expect(inventory.servers[2].toolAllowList == [])
      let settings = try #require(inventory.servers[2].mode.oauth2)
      #expect(settings.clientID == "a$b: #" && settings.scopes == ["read", "on"])
      #expect(settings.clientSecret == .stored("c-client-secret"))
      let headers = InventoryServer.Mode.customHeaders([
        (name: "X-A", value: .literal("$1")), (name: "Authorization", value: .reference(.env("D"))),
      ])
      #expect(inventory.servers[3].mode == headers)
    }
  }

  @Test("GettingStarted#Add-a-server: a quote within a plain text does not begin a quoted text")
  func quotes() throws {
    let text =
      "version: 1\nservers: {a: {url: https://a.example, auth: none, display_name: it's ', description: '}'}}\n"
    let edited = try added([NewServer("b", url: "https://b.example", .none)], to: text)
    let expected = String(text.dropLast(2)) + ", b: {url: https://b.example, auth: none}}\n"
    #expect(edited == expected)
  }

  @Test("GettingStarted#Add-a-server: a stored secret is renamed where the server refers to it")
  func renames() {
    var server = NewServer(
      "a", url: "https://a.example", .headers([(name: "A", value: .reference(.stored("k")))]))
    server.rename(stored: "k", to: "k-2")
    let headers: JSON = ["A": ["stored": "k-2"]]
    #expect(server.member.value["custom_headers"] == headers)
  }

  @Test("GettingStarted#Add-a-server: text without a mapping, and servers that are none, are refused")
  func refused() {
    for text in ["- a", "version: 1\nservers: 5\n", "servers: {a: 1, a: 2}", "version: 1\nx: {a: [}\n", "# nothing\n"] {
      #expect(throws: Diagnostic.self) { try added([NewServer("b", url: "https://b.example")], to: text) }
    }
  }
}
