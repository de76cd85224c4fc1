import Foundation
import MCPAuthSandbox
import Testing

@Suite struct TokenTests {
  static func error(_ answer: TestClient.Answer) -> String? { answer.json?["error"]?.string }

  @Test("RFC 9207: the authorization answer has code, state and iss")
  func authorization() async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register("trailing-slash", in: sandbox)
      let back = try await flow.authorize()
      #expect(back["code"] != nil)
      #expect(back["state"] == "s t&te")
      #expect(back["iss"] == sandbox.issuer("trailing-slash") + "/")
    }
  }

  @Test(
    "OAuth 2.1 4.1.2.1: errors that are sent to the redirect URI",
    arguments: [
      (["response_type": "token"], "unsupported_response_type"), (["code_challenge": nil], "invalid_request"),
      (["code_challenge_method": "plain"], "invalid_request"), (["code_challenge": "short"], "invalid_request"),
      (["scope": "admin"], "invalid_scope"), (["resource": "https://other.example/mcp"], "invalid_target"),
    ] as [([String: String?], String)])
  func authorizationError(changes: [String: String?], error: String) async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register("challenge", in: sandbox)
      let back = try await flow.authorize(changes: changes)
      #expect(back["error"] == error)
      #expect(back["code"] == nil)
      #expect(back["iss"] == sandbox.issuer("challenge"))
    }
  }

  @Test("OAuth 2.1 4.1.2.1: for a wrong client or redirect URI there is no redirect")
  func noRedirect() async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register("challenge", in: sandbox)
      let start = try flow.endpoint("authorization_endpoint") + "?response_type=code&state=x"
      for query in [
        "&client_id=nobody&redirect_uri=\(TestFlow.redirect)",
        "&client_id=\(flow.clientID)&redirect_uri=https://evil.example/",
        "&client_id=\(flow.clientID)&redirect_uri=\(TestFlow.redirect)/more",
      ] {
        let answer = try await TestClient.get(start + query)
        #expect(answer.status == 400)
        #expect(answer.values("Location").isEmpty)
      }
    }
  }

  @Test("RFC 8252 7.3: a loopback redirect URI may have any port")
  func loopbackPort() async throws {
    try await withSandbox { sandbox in
      var flow = try await TestFlow.register("challenge", in: sandbox)
      flow.redirect = "http://127.0.0.1:50123/callback/test"
      #expect(try await flow.tokens()["access_token"] != nil)
    }
  }

  @Test(
    "RFC 6749 5.2: an invented code of a known client is invalid_grant",
    arguments: ["challenge", "confidential-basic", "confidential-post"])
  func knownClient(kind: String) async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register(kind, in: sandbox)
      // The requests of `verify`: without a verifier too, and with the client id in the form and Basic.
      for changes in [[:], ["code_verifier": nil], ["client_id": flow.clientID]] as [[String: String?]] {
        let answer = try await flow.exchange("made-up", changes: changes)
        #expect(answer.status == 400)
        #expect(Self.error(answer) == "invalid_grant", "\(answer.body)")
      }
    }
  }

  @Test("RFC 6749 5.2: a client that cannot be authenticated is invalid_client")
  func unknownClient() async throws {
    try await withSandbox { sandbox in
      let form = ["grant_type": "authorization_code", "code": "made-up", "code_verifier": "x"]
      var unknown = try await TestFlow.discover("challenge", in: sandbox)
      unknown.clientID = "nobody"
      let answer = try await unknown.token(form)
      #expect(answer.status == 401)
      #expect(Self.error(answer) == "invalid_client")

      let basic = try await TestFlow.register("confidential-basic", in: sandbox)
      let wrong = try await basic.token(form, secret: "wrong")
      #expect(wrong.status == 401)
      #expect(Self.error(wrong) == "invalid_client")
      #expect(wrong.values("WWW-Authenticate") == ["Basic realm=\"token\""])
      // The client must use its method.
      #expect(Self.error(try await basic.token(form, method: "client_secret_post")) == "invalid_client")
      #expect(Self.error(try await basic.token(form, method: "none")) == "invalid_client")
      // A client of another issuer.
      let other = try await TestFlow.discover("method-post-only", in: sandbox)
      var stranger = basic
      stranger.metadata = other.metadata
      #expect(Self.error(try await stranger.token(form)) == "invalid_client")
      // An expired secret.
      #expect(Self.error(try await basic.token(form)) == "invalid_grant")
      sandbox.expireSecrets(of: "confidential-basic")
      #expect(Self.error(try await basic.token(form)) == "invalid_client")
      // A purged client.
      let again = try await TestFlow.register("challenge", in: sandbox)
      sandbox.forgetClients()
      #expect(Self.error(try await again.token(form)) == "invalid_client")
    }
  }

  @Test(
    "RFC 7636 4.6, RFC 6749 4.1.3: a code is bound to verifier, redirect URI and resource",
    arguments: [
      (["code_verifier": "wrong"], "invalid_grant"), (["code_verifier": nil], "invalid_request"),
      (["redirect_uri": "http://127.0.0.1:1/callback/test"], "invalid_grant"),
      (["resource": "https://other.example"], "invalid_target"), (["code": "other"], "invalid_grant"),
      (["grant_type": nil], "invalid_request"), (["grant_type": "password"], "unsupported_grant_type"),
      (["code": nil], "invalid_request"),
    ] as [([String: String?], String)])
  func bound(changes: [String: String?], error: String) async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register("challenge", in: sandbox)
      let code = try #require(try await flow.authorize()["code"])
      let answer = try await flow.exchange(code, changes: changes)
      #expect(answer.status == 400)
      #expect(Self.error(answer) == error)
      // The right request is still accepted.
      #expect(try await flow.exchange(code).status == 200)
    }
  }

  @Test("RFC 6749 4.1.2: a code that is used twice revokes its tokens")
  func reuse() async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register("challenge", in: sandbox)
      let code = try #require(try await flow.authorize()["code"])
      let tokens = try #require(try await flow.exchange(code).json)
      let access = try #require(tokens["access_token"]?.string)
      #expect(try await TestClient.call(flow.resource, "ping", token: access).status == 200)
      #expect(Self.error(try await flow.exchange(code)) == "invalid_grant")
      #expect(try await TestClient.call(flow.resource, "ping", token: access).status == 401)
    }
  }

  @Test("OAuth 2.1 4.3.1: a refresh token is valid once, and only for its client")
  func refresh() async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register("challenge", in: sandbox)
      let stranger = try await TestFlow.register("challenge", in: sandbox)
      let refresh = try #require(try await flow.tokens()["refresh_token"]?.string)
      let form = ["grant_type": "refresh_token", "refresh_token": refresh]
      #expect(Self.error(try await stranger.token(form)) == "invalid_grant")
      let answer = try await flow.token(form)
      #expect(answer.status == 200)
      let access = try #require(answer.json?["access_token"]?.string)
      #expect(try await TestClient.call(flow.resource, "ping", token: access).status == 200)
      #expect(Self.error(try await flow.token(form)) == "invalid_grant")
    }
  }

  @Test("RFC 6749 5.2: a grant type that the client is not registered for")
  func unauthorized() async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register("no-refresh", in: sandbox)
      #expect(try await flow.tokens()["refresh_token"] == nil)
      let answer = try await flow.token(["grant_type": "refresh_token", "refresh_token": "x"])
      #expect(Self.error(answer) == "unauthorized_client")
    }
  }

  @Test("RFC 7009 2: a revoked token is refused, and another client revokes nothing")
  func revocation() async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register("challenge", in: sandbox)
      let stranger = try await TestFlow.register("challenge", in: sandbox)
      let access = try #require(try await flow.tokens()["access_token"]?.string)
      let url = try flow.endpoint("revocation_endpoint")
      #expect(try await TestClient.post(url, form: ["token": access, "client_id": stranger.clientID]).status == 200)
      #expect(try await TestClient.call(flow.resource, "ping", token: access).status == 200)
      #expect(try await TestClient.post(url, form: ["token": access, "client_id": flow.clientID]).status == 200)
      let answer = try await TestClient.call(flow.resource, "ping", token: access)
      #expect(answer.status == 401)
      #expect(answer.values("WWW-Authenticate").first?.contains("error=\"invalid_token\"") == true)
    }
  }

  @Test("RFC 8707: a token for one resource is refused by another")
  func audience() async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register("challenge", in: sandbox)
      let access = try #require(try await flow.tokens()["access_token"]?.string)
      #expect(try await TestClient.call(sandbox.url("well-known"), "ping", token: access).status == 401)
    }
  }

  @Test("Client ID Metadata Documents: the document's URL is the client id")
  func clientMetadataDocument() async throws {
    try await withSandbox { sandbox in
      var flow = try await TestFlow.discover("cimd", in: sandbox)
      #expect(flow.metadata["client_id_metadata_document_supported"] == true)
      flow.clientID = sandbox.origin + "/client.json?redirect_uri=" + TestClient.encoded(TestFlow.redirect)
      #expect(try await flow.tokens()["access_token"] != nil)
      for wrong in ["/client-wrong-id.json", "/client-with-secret.json", "/client-secret-method.json", "/nothing.json"]
      {
        flow.clientID = sandbox.origin + wrong
        #expect(Self.error(try await flow.exchange("made-up")) == "invalid_client", "\(wrong)")
      }
      flow.metadata = try await TestFlow.discover("challenge", in: sandbox).metadata
      flow.clientID = sandbox.origin + "/client.json"
      #expect(Self.error(try await flow.exchange("made-up")) == "invalid_client")
    }
  }
}
