import MCPAuthCore
import Testing

@Suite struct ServerTrustTests {
  @Test("Discovery#Requests: http is accepted only on loopback, and only for a server on loopback")
  func plaintext() throws {
    #expect(try ServerTrust.local.endpoint("http://localhost:8/token", called: "token endpoint").port == 8)
    for (trust, text) in [
      (ServerTrust.remote, "http://localhost:8/token"), (.remote, "http://as.example/token"),
      (.local, "http://as.example/token"),
    ] {
      let error = #expect(throws: Diagnostic.self) { try trust.endpoint(text, called: "token endpoint") }
      #expect(error?.code == .insecureURL && error?.message.contains("token endpoint '\(text)'") == true)
    }
    #expect(throws: Diagnostic.self) { try ServerTrust("http://mcp.example/mcp") }
  }

  @Test("Discovery#Addresses: the allowance comes from the inventory, and includes loopback for a server on loopback")
  func allowance() throws {
    let allowed = try ServerTrust("https://mcp.example/mcp", allowPrivate: ["10.0.0.0/8"])
    #expect(allowed.allowance == AddressAllowance(hosts: ["10.0.0.0/8"]))
    #expect(ServerTrust.local.allowance == AddressAllowance(loopback: true))
  }

  @Test(
    "Discovery#Requests: an endpoint at the server's own origin is trusted like its URL",
    arguments: [
      ("https://mcp.example/token", true), ("https://MCP.example:443/x", true), ("https://mcp.example:8443/", false),
      ("https://as.example/token", false),
    ])
  func provenance(endpoint: String, isOwn: Bool) throws {
    let url = try ServerTrust.remote.endpoint(endpoint, called: "token endpoint")
    #expect(ServerTrust.remote.provenance(of: url) == (isOwn ? .inventory : .discovered))
    #expect(ServerTrust.remote.provenance(of: url, isFromInventory: true) == .inventory)
  }

  @Test("Discovery#Resource-check: the URL is kept as written")
  func written() throws {
    let trust = try ServerTrust("HTTPS://MCP.Example:443/mcp")
    #expect(trust.written == "HTTPS://MCP.Example:443/mcp" && trust.url.text == "https://mcp.example/mcp")
  }
}
