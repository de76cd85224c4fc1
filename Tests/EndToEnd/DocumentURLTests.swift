import Foundation
import MCPAuthSandbox
import Testing

/// Which servers another `client.metadata_url` changes (Registration#Strategies). Tests of the binary.
@Suite struct DocumentURLTests {
  @Test("Registration#Strategies: another client.metadata_url changes only the servers whose client is the document")
  func changed() async throws {
    try await withSandbox(.init(kinds: ["cimd", "challenge"])) { sandbox in
      let servers = """
        cimd: {url: "\(sandbox.url("cimd"))"}
        registered: {url: "\(sandbox.url("challenge"))"}
        named: {url: "\(sandbox.url("challenge"))", oauth2: {registration: preregistered, client_id: mine}}
        manual:
          url: https://manual.example/mcp
          oauth2:
            client_id: mine
            authorization_endpoint: https://manual.example/authorize
            token_endpoint: https://manual.example/token
        """
      func client(_ document: String) -> String {
        "name: a\n  redirect_uris: [\"\(Workplace.redirectURI)\"]\n  metadata_url: \"\(sandbox.origin)\(document)\""
      }
      let place = try Workplace(servers: servers, client: client("/client.json"))
      let first = try await place.run("apply")
      #expect(first.exit == 0, "\(first.all)")
      #expect(try place.entry("cimd")["registration"].string == "cimd")
      #expect(try place.entry("registered")["registration"].string == "dcr")

      let query = "?redirect_uri=http://127.0.0.1:7777/callback/cimd"
      try place.write(servers: servers, client: client("/client.json" + query))
      sandbox.forgetRequests()
      let plan = try await place.run("plan", "--format", "json")
      let actions = try plan.json()["servers"].array.map { $0["action"].string }
      #expect(actions == ["replace", "unchanged", "unchanged", "unchanged"], "\(plan.all)")
      #expect(!sandbox.requests().contains { $0.path.contains("challenge") })
      // Also when every server is discovered again.
      let refreshed = try await place.run("apply", "--refresh", "--format", "json")
      #expect(try refreshed.json()["summary"]["replace"].integer == 1, "\(refreshed.all)")
      #expect(try refreshed.json()["summary"]["unchanged"].integer == 3, "\(refreshed.all)")
      #expect(sandbox.clients().count == 1)
      #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
    }
  }
}
