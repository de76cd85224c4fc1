import Foundation
import MCPAuthSandbox
import Testing

@Suite struct KindTests {
  /// The kinds that a client can use without special knowledge.
  static let passable = SandboxKind.all.filter { kind in
    kind.endsWith == "client" && kind.registration.isOffered && kind.registration.initialAccessToken == nil
      && kind.registration.redirects != .httpsOnly && !["slow", "forgetful", "multi-as"].contains(kind.name)
  }.map(\.name)

  @Test("MCP 2026-07-28: documents, registration, PKCE, token and an authorized call", arguments: passable)
  func wholeWay(name: String) async throws {
    try await withSandbox(SandboxConfiguration(kinds: [name])) { sandbox in
      // "flaky" answers 503 twice for each document, and refuses a registration twice with an answer that asks to wait.
      for url in [sandbox.metadataURL(name)] + TestFlow.wellKnown(sandbox.issuer(name)) where name == "flaky" {
        for _ in 0..<2 { _ = try await TestClient.get(url) }
      }
      var flow = try await TestFlow.discover(name, in: sandbox)
      let asked = flow.registration()
      var answer = try await TestClient.post(flow.endpoint("registration_endpoint"), json: asked)
      if answer.status == 429 || answer.status == 503 {
        answer = try await TestClient.post(flow.endpoint("registration_endpoint"), json: asked)
      }
      try #require(answer.status == (name == "sloppy" ? 200 : 201), "\(answer.body)")
      try flow.take(try #require(answer.json), asked: asked)
      // "silent-method" and "public-only" require the client to use the listed method.
      let client = try #require(sandbox.clients().first)
      #expect(client.clientID == flow.clientID)
      #expect(client.method == flow.method)
      #expect(sandbox.registrations(name) == 1)

      let tokens = try await flow.tokens()
      let access = try #require(tokens["access_token"]?.string)
      if name != "event-stream" {
        let result = try await TestClient.call(sandbox.url(name), "tools/list", token: access)
        #expect(result.status == 200)
        #expect(result.json?["result"]?["tools"]?.array?.count == 1)
      }
    }
  }

  @Test("Discovery#Probe: which kinds require authorization, and when")
  func asking() async throws {
    try await withSandbox { sandbox in
      let posts: [(kind: String, method: String, status: Int)] = [
        ("challenge", "initialize", 401), ("well-known", "initialize", 401), ("root", "server/discover", 401),
        ("scoped", "ping", 401), ("post-only", "initialize", 401), ("open", "tools/list", 200),
        ("quiet", "tools/list", 200),
        ("quiet", "tools/call", 401), ("list-only", "initialize", 200), ("list-only", "tools/list", 401),
        ("get-only", "tools/list", 200), ("forbidden", "initialize", 403), ("broken", "initialize", 500),
        ("event-stream", "initialize", 405),
      ]
      for (kind, method, status) in posts {
        let answer = try await TestClient.call(sandbox.url(kind), method)
        #expect(answer.status == status, "\(kind) \(method)")
      }
      #expect(try await TestClient.get(sandbox.url("get-only")).status == 401)
      #expect(try await TestClient.get(sandbox.url("post-only")).status == 405)
    }
  }

  @Test(
    "Discovery#Challenges: the challenges of each kind",
    arguments: [
      ("challenge", #"Bearer resource_metadata="{metadata}""#), ("well-known", "Bearer"),
      ("scoped", #"Bearer resource_metadata="{metadata}", scope="read""#),
      ("dangling", #"Bearer resource_metadata="{origin}/nowhere""#),
    ])
  func challenge(kind: String, expected: String) async throws {
    try await withSandbox { sandbox in
      let answer = try await TestClient.call(sandbox.url(kind), "server/discover")
      let filled =
        expected
        .replacing("{metadata}", with: sandbox.metadataURL(kind))
        .replacing("{origin}", with: sandbox.origin)
      #expect(answer.values("WWW-Authenticate") == [filled])
    }
  }

  @Test("Discovery#Candidates: where protected resource metadata is, and where it is not")
  func metadataPlaces() async throws {
    try await withSandbox { sandbox in
      let own = String(sandbox.url("root").dropLast("/mcp".count))
      #expect(own != sandbox.origin)
      let wellKnown = "/.well-known/oauth-protected-resource"
      #expect(try await TestClient.get(own + wellKnown).status == 200)
      #expect(try await TestClient.get(own + wellKnown + "/mcp").status == 404)
      #expect(try await TestClient.get(sandbox.origin + wellKnown).status == 404)
      #expect(try await TestClient.get(sandbox.origin + wellKnown + "/well-known/mcp").status == 200)
      #expect(try await TestClient.get(sandbox.origin + wellKnown + "/elsewhere/mcp").status == 404)
      #expect(try await TestClient.get(sandbox.metadataURL("elsewhere")).status == 200)
      let denied = String(sandbox.url("denied-metadata").dropLast("/mcp".count))
      #expect(try await TestClient.get(denied + wellKnown + "/mcp").status == 403)
      #expect(try await TestClient.get(denied + wellKnown).status == 200)
      let page = try await TestClient.get(String(sandbox.url("html").dropLast("/mcp".count)) + wellKnown)
      #expect(page.status == 200)
      #expect(page.values("Content-Type") == ["text/html; charset=utf-8"])
    }
  }

  @Test(
    "Discovery#Authorization-server-metadata: which of an issuer's three addresses has a document",
    arguments: [
      ("challenge", [200, 404, 404]), ("path-issuer", [200, 404, 404]), ("openid", [404, 200, 404]),
      ("openid-appended", [404, 404, 200]), ("login-page", [200, 404, 200]), ("legacy-document", [200, 404, 404]),
      ("legacy-endpoints", [404, 404, 404]), ("html", [200, 200, 200]),
    ])
  func issuerAddresses(kind: String, expected: [Int]) async throws {
    try await withSandbox { sandbox in
      var statuses: [Int] = []
      for url in TestFlow.wellKnown(sandbox.issuer(kind)) {
        statuses.append(try await TestClient.get(url).status)
      }
      #expect(statuses == expected)
      if kind == "path-issuer" {
        // There is never a document at a parent of the issuer.
        let parent = sandbox.origin + "/.well-known/oauth-authorization-server/as/path-issuer"
        #expect(try await TestClient.get(parent).status == 404)
      }
    }
  }

  @Test(
    "the mistakes in documents",
    arguments: [
      ("wrong-resource", true, "resource", "{resource}-other"), ("no-resource", true, "resource", nil),
      ("broader", true, "resource", "{origin}/"), ("wrong-issuer", false, "issuer", "{origin}/as/somebody-else"),
      ("trailing-slash", false, "issuer", "{issuer}/"), ("no-issuer", false, "issuer", nil),
      ("no-pkce", false, "code_challenge_methods_supported", nil),
      ("no-registration", false, "registration_endpoint", nil), ("cimd", false, "registration_endpoint", nil),
      ("no-token-endpoint", false, "token_endpoint", nil),
      ("no-methods", false, "token_endpoint_auth_methods_supported", nil),
    ] as [(String, Bool, String, String?)])
  func changedMember(kind: String, isResource: Bool, member: String, expected: String?) async throws {
    try await withSandbox { sandbox in
      let url = isResource ? sandbox.metadataURL(kind) : TestFlow.wellKnown(sandbox.issuer(kind))[0]
      let document = try #require(try await TestClient.get(url).json)
      let filled = expected?
        .replacing("{resource}", with: sandbox.url(kind))
        .replacing("{issuer}", with: sandbox.issuer(kind))
        .replacing("{origin}", with: sandbox.origin)
      #expect(document.object != nil)
      #expect(document[member]?.string == filled)
    }
  }

  @Test("several authorization servers: the first one does not exist")
  func several() async throws {
    try await withSandbox { sandbox in
      let document = try #require(try await TestClient.get(sandbox.metadataURL("multi-as")).json)
      let issuers = try #require(document["authorization_servers"]?.strings)
      #expect(issuers == [sandbox.origin + "/as/absent", sandbox.issuer("multi-as")])
      for url in TestFlow.wellKnown(issuers[0]) {
        #expect(try await TestClient.get(url).status == 404)
      }
    }
  }

  @Test("Discovery#Limits: flaky documents are available at the third attempt, and after a reset fail again")
  func flaky() async throws {
    try await withSandbox { sandbox in
      var statuses: [Int] = []
      for _ in 0..<4 { statuses.append(try await TestClient.get(sandbox.metadataURL("flaky")).status) }
      #expect(statuses == [503, 503, 200, 200])
      sandbox.reset()
      let first = try await TestClient.get(sandbox.metadataURL("flaky"))
      #expect(first.status == 503)
      #expect(first.values("Retry-After") == ["0"])
    }
  }

  @Test("large and deep documents have the stated size and depth")
  func unwieldy() async throws {
    try await withSandbox { sandbox in
      let huge = try await TestClient.get(sandbox.metadataURL("huge-metadata"))
      #expect(huge.body.utf8.count > 2 << 20)
      #expect(huge.json?["resource"]?.string == sandbox.url("huge-metadata"))
      let deep = try await TestClient.get(sandbox.metadataURL("deep-metadata"))
      #expect(deep.body.contains(String(repeating: "[", count: 1000)))
    }
  }

  @Test("every kind is listed once, with the expected result for a client")
  func table() {
    let names = SandboxKind.all.map(\.name)
    #expect(Set(names).count == names.count)
    for kind in SandboxKind.all {
      #expect(kind.name.wholeMatch(of: /[a-z0-9][a-z0-9-]*/) != nil)
      #expect(!kind.summary.isEmpty && !kind.endsWith.isEmpty)
    }
  }

  @Test("the table in the documentation lists the same kinds")
  func documentation() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/MCPAuthSandbox/Kinds/SandboxKinds.swift")
    let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { $0.drop { $0 == " " } }
      .filter { $0.hasPrefix("/// | `") }
    #expect(rows == SandboxKind.all.map { "/// | `\($0.name)` | `\($0.endsWith)` | \($0.summary) |" })
  }
}
