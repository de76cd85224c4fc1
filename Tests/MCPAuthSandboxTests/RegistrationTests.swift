import MCPAuthSandbox
import Testing

@Suite struct RegistrationTests {
  @Test("RFC 7591 3.2.1: the answer contains all registered metadata")
  func answer() async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.discover("expiring", in: sandbox)
      let asked = flow.registration(scope: "read write")
      let answer = try await TestClient.post(flow.endpoint("registration_endpoint"), json: asked)
      #expect(answer.status == 201)
      #expect(answer.values("Cache-Control") == ["no-store"])
      let json = try #require(answer.json)
      for (name, value) in try #require(asked.object) { #expect(json[name] == value, "\(name)") }
      let issued = try #require(json["client_id_issued_at"]?.integer)
      #expect(json["client_secret_expires_at"]?.integer == issued + 90 * 86400)
      #expect(json["registration_client_uri"] == nil)
    }
  }

  @Test(
    "RFC 7591 3.2.2: which registrations are refused, and with which error",
    arguments: [
      ("challenge", ["redirect_uris": []], "invalid_redirect_uri"),
      ("challenge", ["redirect_uris": ["/callback"]], "invalid_redirect_uri"),
      ("challenge", ["redirect_uris": ["https://a.example/#f"]], "invalid_redirect_uri"),
      ("challenge", ["redirect_uris": ["http://a.example/callback"]], "invalid_redirect_uri"),
      ("challenge", ["redirect_uris": ["http://127.0.0.1.a.example/callback"]], "invalid_redirect_uri"),
      ("challenge", ["application_type": "web"], "invalid_redirect_uri"),
      ("challenge", ["token_endpoint_auth_method": "private_key_jwt"], "invalid_client_metadata"),
      ("challenge", ["grant_types": ["implicit"]], "invalid_client_metadata"),
      ("challenge", ["response_types": ["token"]], "invalid_client_metadata"),
      ("challenge", ["scope": "read admin"], "invalid_client_metadata"),
      ("challenge", ["client_name": 7], "invalid_client_metadata"),
      ("method-post-only", ["token_endpoint_auth_method": "none"], "invalid_client_metadata"),
      ("no-refresh", ["grant_types": ["authorization_code", "refresh_token"]], "invalid_client_metadata"),
      ("rejects-scope", ["scope": "read"], "invalid_client_metadata"),
      ("strict", ["resource": "https://mcp.example"], "invalid_client_metadata"),
      ("strict", ["client_uri": ""], "invalid_client_metadata"),
      ("loopback-only", ["redirect_uris": ["https://a.example/cb"]], "invalid_redirect_uri"),
      ("https-only", [:], "invalid_redirect_uri"),
      ("no-statements", ["software_statement": "e.y.J"], "unapproved_software_statement"),
      ("rejects-metadata", [:], "invalid_client_metadata"),
    ] as [(String, SandboxJSON, String)])
  func refused(kind: String, changes: SandboxJSON, error: String) async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.discover(kind, in: sandbox)
      var members = try #require(flow.registration().object)
      members.merge(try #require(changes.object)) { $1 }
      let answer = try await TestClient.post(flow.endpoint("registration_endpoint"), json: .object(members))
      #expect(answer.status == 400)
      #expect(answer.json?["error"]?.string == error, "\(answer.body)")
      #expect(sandbox.clients().isEmpty)
      #expect(sandbox.registrations(kind) == 0)
    }
  }

  @Test(
    "refusals that RFC 7591 does not define",
    arguments: [
      ("protected", 401), ("trusted-hosts", 403), ("allow-list", 403), ("registration-gone", 404),
      ("rate-limited", 429),
      ("teapot", 418), ("registration-redirects", 307),
    ])
  func refusedOtherwise(kind: String, status: Int) async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.discover(kind, in: sandbox)
      let answer = try await TestClient.post(flow.endpoint("registration_endpoint"), json: flow.registration())
      #expect(answer.status == status)
      #expect(sandbox.clients().isEmpty)
    }
  }

  @Test("RFC 7591 3: an initial access token is required by a protected endpoint")
  func initialAccessToken() async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.discover("protected", in: sandbox)
      let url = try flow.endpoint("registration_endpoint")
      let wrong = try await TestClient.post(url, json: flow.registration(), fields: [("Authorization", "Bearer wrong")])
      #expect(wrong.status == 401)
      let right = try await TestClient.post(
        url, json: flow.registration(), fields: [("Authorization", "Bearer \(SandboxKind.initialAccessToken)")])
      #expect(right.status == 201)
    }
  }

  @Test(
    "reliability: a registration whose answer is lost has created a client",
    arguments: ["lost-answer", "server-error", "half-answer", "endless-answer", "html-answer", "silent"])
  func lost(kind: String) async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.discover(kind, in: sandbox)
      let url = try flow.endpoint("registration_endpoint")
      let outcome = await Self.outcome {
        try await TestClient.send(
          "POST", url, fields: [("Content-Type", "application/json")], body: flow.registration().text(),
          seconds: kind == "silent" ? 1 : 20, limit: 1 << 20)
      }
      let expected: [String: Result<Int, TestClient.Failure>] = [
        "lost-answer": .failure(.closed), "server-error": .success(500), "half-answer": .failure(.cut),
        "endless-answer": .success(200), "html-answer": .success(201), "silent": .failure(.timeout),
      ]
      #expect(outcome == expected[kind])
      while sandbox.requests().last?.endpoint != .register { await Task.yield() }
      #expect(sandbox.registrations(kind) == 1)
      #expect(sandbox.clients().count == 1)
      #expect(sandbox.requests().last?.note.hasPrefix("created, then ") == true)
    }
  }

  @Test(
    "Registration#Strategies: answers that make a client unusable",
    arguments: [
      ("alters-redirects", "redirect_uris"), ("no-secret", "client_secret"), ("no-client-id", "client_id"),
      ("no-code-grant", "grant_types"), ("unsaid-expiry", "client_secret_expires_at"),
      ("silent-method", "token_endpoint_auth_method"),
    ])
  func changed(kind: String, member: String) async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.discover(kind, in: sandbox)
      let asked = flow.registration()
      let answer = try await TestClient.post(flow.endpoint("registration_endpoint"), json: asked)
      #expect(answer.status == 201)
      // The server's own record has the right value.
      let client = try #require(sandbox.clients().first?.record)
      #expect(client[member] != nil)
      #expect(answer.json?[member] != client[member])
    }
  }

  @Test("renewal: the same client and secret each time")
  func deduplicated() async throws {
    try await withSandbox { sandbox in
      let first = try await TestFlow.register("same-secret", in: sandbox)
      let second = try await TestFlow.register("same-secret", in: sandbox)
      #expect(first.clientID == second.clientID)
      #expect(first.secret == second.secret)
      #expect(sandbox.registrations("same-secret") == 2)
      #expect(sandbox.clients().count == 1)
    }
  }

  @Test("RealServers#67: a forgetful server answers, but stores nothing")
  func forgetful() async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register("forgetful", in: sandbox)
      let answer = try await flow.exchange("made-up")
      #expect(answer.json?["error"] == "invalid_client")
    }
  }
}

extension RegistrationTests {
  static func outcome(_ body: () async throws -> TestClient.Answer) async -> Result<Int, TestClient.Failure> {
    do {
      return .success(try await body().status)
    } catch let failure as TestClient.Failure {
      return .failure(failure)
    } catch {
      return .failure(.notHTTP)
    }
  }
}
