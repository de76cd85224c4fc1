import MCPAuthSandbox
import Testing

@Suite struct ClientDocumentsTests {
  @Test(
    "draft 4: the document's client_id is its URL, with the query",
    arguments: ["", "?redirect_uri=http%3A%2F%2F127.0.0.1%3A7777%2Fcb"])
  func right(query: String) async throws {
    try await withSandbox(SandboxConfiguration(kinds: [])) { sandbox in
      let url = sandbox.origin + "/client.json" + query
      let answer = try await TestClient.get(url)
      #expect(answer.values("Content-Type") == ["application/json"])
      #expect(answer.json?["client_id"]?.string == url)
      let expected = query.isEmpty ? sandbox.configuration.clientRedirectURIs : ["http://127.0.0.1:7777/cb"]
      #expect(answer.json?["redirect_uris"]?.strings == expected)
      #expect(answer.json?["token_endpoint_auth_method"] == "none")
      #expect(answer.json?["client_secret"] == nil)
    }
  }

  @Test("the mistakes of the other documents")
  func wrong() async throws {
    try await withSandbox(SandboxConfiguration(kinds: [])) { sandbox in
      func get(_ name: String) async throws -> TestClient.Answer {
        try await TestClient.get("\(sandbox.origin)/client-\(name).json")
      }
      let otherID = try await get("wrong-id").json?["client_id"]
      #expect(otherID?.string == sandbox.origin + "/client.json")
      #expect(try await get("no-id").json?["client_id"] == nil)
      #expect(try await get("no-name").json?["client_name"] == nil)
      #expect(try await get("other-redirects").json?["redirect_uris"] == ["https://other.example/callback"])
      #expect(try await get("with-secret").json?["client_secret"] != nil)
      #expect(try await get("secret-method").json?["token_endpoint_auth_method"] == "client_secret_basic")
      #expect(try await get("html").json == nil)
      #expect(try await get("list").json == [])
      #expect(try await get("missing").status == 404)
      #expect(try await get("redirect").status == 302)
      #expect(try await get("broken").status == 500)
      #expect(try await get("never-heard-of").status == 404)
    }
  }
}
