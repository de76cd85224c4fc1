import MCPAuthSandbox
import Testing

@Suite struct AdministrationTests {
  @Test("the page shows the requests, escaped")
  func page() async throws {
    try await withSandbox { sandbox in
      let url = sandbox.issuer("challenge") + "/register"
      _ = try await TestClient.post(url, json: ["client_name": "<script>alert('x')</script>\u{202E}&"])
      let page = try await TestClient.get(sandbox.origin + "/admin")
      #expect(page.status == 200)
      #expect(page.body.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\\u{202E}&amp;"))
      #expect(!page.body.contains("<script"))
      #expect(!page.body.contains("\u{202E}"))
    }
  }

  @Test("requests, clients and counts as data")
  func data() async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register("confidential-basic", in: sandbox)
      let requests = try #require(try await TestClient.get(sandbox.origin + "/admin/requests.json").json?.array)
      #expect(requests.compactMap { $0["endpoint"]?.string } == ["resource-metadata", "oauth-metadata", "register"])
      let last = try #require(requests.last)
      #expect(last["method"] == "POST")
      #expect(last["status"] == 201)
      #expect(last["note"] == "created")
      #expect(last["kind"] == "confidential-basic")
      #expect(last["path"] == "/as/confidential-basic/register")
      #expect(last["body"]?.string?.contains("client_name") == true)
      let clients = try await TestClient.get(sandbox.origin + "/admin/clients.json?kind=confidential-basic").json
      #expect(clients?.array?.map { $0["client_id"]?.string } == [flow.clientID])
      let others = try await TestClient.get(sandbox.origin + "/admin/clients.json?kind=challenge").json
      #expect(others?.array?.isEmpty == true)
      let counts = try #require(try await TestClient.get(sandbox.origin + "/admin/counts.json").json)
      #expect(counts["registrations"]?[sandbox.issuer("confidential-basic")] == 1)
    }
  }

  @Test("reset, purge and expiry")
  func changes() async throws {
    try await withSandbox { sandbox in
      func post(_ path: String) async throws -> TestClient.Answer {
        try await TestClient.post(sandbox.origin + path, json: [:])
      }
      let basic = try await TestFlow.register("confidential-basic", in: sandbox)
      let other = try await TestFlow.register("challenge", in: sandbox)
      #expect(try await post("/admin/expire?kind=challenge").json?["clients"] == 0)
      #expect(try await post("/admin/expire").json?["clients"] == 1)
      #expect(try await basic.exchange("made-up").json?["error"] == "invalid_client")
      #expect(try await post("/admin/forget-clients?kind=confidential-basic").json?["clients"] == 1)
      #expect(sandbox.clients().map(\.clientID) == [other.clientID])
      #expect(try await post("/admin/reset").status == 204)
      #expect(sandbox.clients().isEmpty)
      #expect(sandbox.requests().isEmpty)
      #expect(sandbox.registrationsByIssuer().isEmpty)
    }
  }

  @Test("Registration#Binding-to-the-issuer: an issuer moves, and the old one still exists")
  func movedIssuer() async throws {
    try await withSandbox { sandbox in
      let flow = try await TestFlow.register("challenge", in: sandbox)
      let old = sandbox.issuer("challenge")
      let answer = try await TestClient.post(
        sandbox.origin + "/admin/config", json: ["kind": "challenge", "issuer_path": "/as/challenge/moved"])
      #expect(answer.status == 204)
      #expect(sandbox.issuer("challenge") == old + "/moved")
      let moved = try await TestFlow.register("challenge", in: sandbox)
      #expect(try moved.endpoint("token_endpoint") == old + "/moved/token")
      #expect(try await flow.exchange("made-up").json?["error"] == "invalid_grant")
      // A client of one issuer is unknown at the other.
      var stranger = flow
      stranger.metadata = moved.metadata
      #expect(try await stranger.exchange("made-up").json?["error"] == "invalid_client")
      #expect(sandbox.registrations("challenge") == 1)
    }
  }

  @Test("a fault is switched on and off")
  func fault() async throws {
    try await withSandbox { sandbox in
      let config = sandbox.origin + "/admin/config"
      let fault: SandboxJSON = [
        "kind": "challenge",
        "faults": [
          "resource-metadata": ["status": 502, "headers": ["Retry-After": "7"], "body": "bad {kind}", "times": 1]
        ],
      ]
      #expect(try await TestClient.post(config, json: fault).status == 204)
      let first = try await TestClient.get(sandbox.metadataURL("challenge"))
      #expect(first.status == 502)
      #expect(first.values("Retry-After") == ["7"])
      #expect(first.body == "bad challenge")
      #expect(try await TestClient.get(sandbox.metadataURL("challenge")).status == 200)
    }
  }

  @Test(
    "an unknown change is refused",
    arguments: [
      [:], ["kind": "nothing"], ["kind": "challenge", "colour": "red"], ["kind": "challenge", "secret_seconds": "1"],
      ["kind": "challenge", "issuer_path": "/as/other"], ["kind": "challenge", "faults": ["nowhere": [:]]],
      ["kind": "challenge", "faults": ["register": ["status": 99]]], ["kind": "challenge", "redirects": "some"],
    ] as [SandboxJSON])
  func refused(change: SandboxJSON) async throws {
    try await withSandbox { sandbox in
      let answer = try await TestClient.post(sandbox.origin + "/admin/config", json: change)
      #expect([400, 404].contains(answer.status))
      #expect(answer.json?["error"]?.string?.isEmpty == false)
    }
  }
}
