import MCPAuthSandbox
import Testing

@Suite struct ManagementTests {
  struct Managed {
    var flow: TestFlow
    var url: String
    var token: String

    init(_ kind: String, in sandbox: Sandbox, method: String? = nil) async throws {
      flow = try await TestFlow.register(kind, in: sandbox, method: method)
      url = try #require(flow.registered["registration_client_uri"]?.string)
      token = try #require(flow.registered["registration_access_token"]?.string)
    }

    func send(_ method: String, token: String? = nil, json: SandboxJSON? = nil) async throws -> TestClient.Answer {
      try await TestClient.send(
        method, url,
        fields: [("Authorization", "Bearer \(token ?? self.token)")]
          + (json == nil ? [] : [("Content-Type", "application/json")]), body: json?.text())
    }

    func update(_ changes: [String: SandboxJSON] = [:]) throws -> SandboxJSON {
      var members = try #require(flow.registration().object)
      members["client_id"] = .string(flow.clientID)
      members.merge(changes) { $1 }
      return .object(members)
    }
  }

  @Test("RFC 7592 2: read, update, delete")
  func cycle() async throws {
    try await withSandbox { sandbox in
      let managed = try await Managed("managed", in: sandbox)
      let read = try await managed.send("GET")
      #expect(read.status == 200)
      #expect(read.json?["client_id"]?.string == managed.flow.clientID)
      #expect(read.json?["client_secret"]?.string == managed.flow.secret)
      #expect(read.json?["registration_access_token"]?.string == managed.token)

      let other = "http://127.0.0.1:7777/callback/other"
      let updated = try await managed.send("PUT", json: managed.update(["redirect_uris": [.string(other)]]))
      #expect(updated.status == 200)
      #expect(updated.json?["redirect_uris"] == [.string(other)])
      #expect(updated.json?["client_secret"]?.string == managed.flow.secret)
      #expect(sandbox.clients().map(\.redirectURIs) == [[other]])

      #expect(try await managed.send("DELETE").status == 204)
      #expect(sandbox.clients().isEmpty)
      #expect(try await managed.send("GET").status == 401)
      #expect(try await managed.flow.exchange("made-up").json?["error"] == "invalid_client")
    }
  }

  @Test(
    "RFC 7592 2.2: what an update must not contain, and what it must",
    arguments: [
      (["registration_access_token": "x"], "invalid_request"), (["registration_client_uri": "x"], "invalid_request"),
      (["client_secret_expires_at": 0], "invalid_request"), (["client_id_issued_at": 0], "invalid_request"),
      (["client_id": "other"], "invalid_client_id"), (["client_secret": "other"], "invalid_client_metadata"),
      (["redirect_uris": []], "invalid_redirect_uri"),
    ] as [([String: SandboxJSON], String)])
  func refusedUpdate(changes: [String: SandboxJSON], error: String) async throws {
    try await withSandbox { sandbox in
      let managed = try await Managed("managed", in: sandbox)
      let before = sandbox.clients()
      let answer = try await managed.send("PUT", json: managed.update(changes))
      #expect(answer.status == 400)
      #expect(answer.json?["error"]?.string == error)
      #expect(sandbox.clients() == before)
    }
  }

  @Test("RealServers#72: each read and update issues a new token, and invalidates the old one at once")
  func rotation() async throws {
    try await withSandbox { sandbox in
      let managed = try await Managed("managed-rotating", in: sandbox)
      let read = try await managed.send("GET")
      let second = try #require(read.json?["registration_access_token"]?.string)
      #expect(second != managed.token)
      #expect(try await managed.send("GET").status == 401)
      let updated = try await managed.send("PUT", token: second, json: managed.update())
      #expect(updated.status == 200)
      let third = try #require(updated.json?["registration_access_token"]?.string)
      #expect(third != second)
      #expect(updated.json?["client_secret"]?.string != managed.flow.secret)
      #expect(try await managed.send("DELETE", token: second).status == 401)
      #expect(try await managed.send("DELETE", token: third).status == 204)
    }
  }

  @Test("RealServers#71: a wrong token as 400 access_denied; a DELETE that answers 200")
  func otherStatus() async throws {
    try await withSandbox { sandbox in
      let managed = try await Managed("managed-public", in: sandbox)
      let wrong = try await managed.send("GET", token: "wrong")
      #expect(wrong.status == 400)
      #expect(wrong.json?["error"] == "access_denied")
      #expect(try await managed.send("DELETE").status == 200)
    }
  }

  @Test("RealServers#73: none changed to a method with a secret, and no secret is issued")
  func forgottenSecret() async throws {
    try await withSandbox { sandbox in
      let managed = try await Managed("managed-public", in: sandbox)
      let updated = try await managed.send(
        "PUT", json: managed.update(["token_endpoint_auth_method": "client_secret_basic"]))
      #expect(updated.status == 200)
      #expect(updated.json?["token_endpoint_auth_method"] == "client_secret_basic")
      #expect(updated.json?["client_secret"] == nil)
    }
  }

  @Test("an update renews a secret that expires")
  func renewal() async throws {
    var configuration = SandboxConfiguration(kinds: ["managed"])
    configuration.kinds[0].registration.secretSeconds = 3600
    try await withSandbox(configuration) { sandbox in
      let managed = try await Managed("managed", in: sandbox)
      sandbox.expireSecrets()
      #expect(try await managed.flow.exchange("made-up").json?["error"] == "invalid_client")
      let updated = try await managed.send("PUT", json: managed.update())
      let secret = try #require(updated.json?["client_secret"]?.string)
      #expect(secret != managed.flow.secret)
      var flow = managed.flow
      flow.secret = secret
      #expect(try await flow.exchange("made-up").json?["error"] == "invalid_grant")
    }
  }

  @Test("issued tokens become invalid, and the client still exists")
  func forgotten() async throws {
    try await withSandbox { sandbox in
      let managed = try await Managed("managed", in: sandbox)
      sandbox.forgetManagement(of: "managed")
      #expect(try await managed.send("GET").status == 401)
      #expect(try await managed.flow.exchange("made-up").json?["error"] == "invalid_grant")
    }
  }
}
