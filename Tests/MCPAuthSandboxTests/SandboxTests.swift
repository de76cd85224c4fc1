import MCPAuthSandbox
import Testing

@Suite struct SandboxTests {
  @Test("a stopped sandbox does not listen any more, even with a request in progress")
  func stop() async throws {
    let sandbox = try await Sandbox.start()
    let hanging = Task {
      let flow = try await TestFlow.discover("silent", in: sandbox)
      return try await TestClient.post(flow.endpoint("registration_endpoint"), json: flow.registration())
    }
    while sandbox.registrations("silent") == 0 { await Task.yield() }
    await sandbox.stop()
    await #expect(throws: TestClient.Failure.self) { try await hanging.value }
    for url in [sandbox.url("challenge"), sandbox.url("root")] {
      await #expect(throws: TestClient.Failure.notConnected) { try await TestClient.get(url) }
    }
  }

  @Test("a port in use is reported, and nothing still listens")
  func portInUse() async throws {
    try await withSandbox(SandboxConfiguration(kinds: [])) { first in
      let port = try #require(Int(first.origin.split(separator: ":")[2]))
      await #expect(throws: SandboxError.portInUse(port)) { _ = try await Sandbox.start(port: port) }
    }
  }

  @Test("numbered servers share an authorization server")
  func numbered() async throws {
    var configuration = SandboxConfiguration(kinds: [])
    configuration.numberedServers = 10_000
    try await withSandbox(configuration) { sandbox in
      #expect(sandbox.servers.count == 10_000)
      #expect(sandbox.url("n-00001") == sandbox.origin + "/n/00001/mcp")
      let flow = try await TestFlow.register("n-00001", in: sandbox)
      _ = try await TestFlow.register("n-10000", in: sandbox)
      #expect(flow.resource == sandbox.url("n-00001"))
      #expect(sandbox.issuer("n-00001") == sandbox.issuer("n-10000"))
      #expect(sandbox.registrations("n-00001") == 2)
      #expect(try await flow.tokens()["access_token"] != nil)
      for absent in ["/n/10001/mcp", "/n/1/mcp", "/n/00000/mcp", "/n/mcp", "/n/00001"] {
        #expect(try await TestClient.get(sandbox.origin + absent).status == 404, "\(absent)")
      }
    }
  }

  @Test("Discovery#Requests: concurrent registrations are counted")
  func atOnce() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["challenge", "silent"])) { sandbox in
      let silent = try await TestFlow.discover("silent", in: sandbox)
      let url = try silent.endpoint("registration_endpoint")
      let hanging = (1...2).map { _ in Task { try await TestClient.post(url, json: silent.registration()) } }
      while sandbox.registrations("silent") < 2 { await Task.yield() }
      #expect(sandbox.mostRegistrationsAtOnce("silent") == 2)
      for _ in 0..<2 { _ = try await TestFlow.register("challenge", in: sandbox) }
      #expect(sandbox.mostRegistrationsAtOnce("challenge") == 1)
      await sandbox.stop()
      for task in hanging { _ = await task.result }
    }
  }

  @Test("a registration is answered after its delay; other requests are answered in the meantime")
  func delayed() async throws {
    var configuration = SandboxConfiguration(kinds: ["challenge"])
    configuration.registrationDelay = .seconds(3600)
    try await withSandbox(configuration) { sandbox in
      let registration = Task { try await TestFlow.register("challenge", in: sandbox) }
      while sandbox.registrations("challenge") == 0 { await Task.yield() }
      let other = try await TestClient.call(sandbox.url("challenge"), "initialize")
      #expect(other.status == 401)
      #expect(sandbox.mostRegistrationsAtOnce("challenge") == 1)
      await sandbox.stop()
      _ = await registration.result
    }
  }

  @Test("answers of a script come first, then a table, then the kind")
  func scripted() async throws {
    var configuration = SandboxConfiguration(kinds: ["challenge"])
    configuration.answers = ["GET /page": .html(), "GET /challenge/mcp": .text(418, "{kind}")]
    configuration.script = { request in
      request.endpoint == .oauthMetadata && request.kind == "challenge" ? .text(501, "no") : nil
    }
    try await withSandbox(configuration) { sandbox in
      #expect(try await TestClient.get(sandbox.origin + "/page").values("Content-Type") == ["text/html; charset=utf-8"])
      let teapot = try await TestClient.get(sandbox.url("challenge") + "?query=1")
      #expect(teapot.status == 418)
      #expect(teapot.body == "challenge")
      #expect(try await TestClient.get(TestFlow.wellKnown(sandbox.issuer("challenge"))[0]).status == 501)
      #expect(try await TestClient.call(sandbox.url("challenge"), "initialize").status == 401)

      sandbox.answer("GET", "/once", with: .redirect(301, to: "{origin}/elsewhere"), times: 1)
      let once = try await TestClient.get(sandbox.origin + "/once")
      #expect(
        once.values("Location") == [sandbox.origin + "/elsewhere"] || once.values("Location") == ["{origin}/elsewhere"])
      #expect(try await TestClient.get(sandbox.origin + "/once").status == 404)
      #expect(sandbox.requests().map(\.status) == [200, 418, 501, 401, 301, 404])
    }
  }

  @Test("a kind is changed while the server runs")
  func changed() async throws {
    try await withSandbox { sandbox in
      sandbox.change("challenge") { $0.metadataChanges["scopes_supported"] = ["read"] }
      let document = try await TestClient.get(sandbox.metadataURL("challenge")).json
      #expect(document?["scopes_supported"] == ["read"])
      sandbox.reset()
      #expect(try await TestClient.get(sandbox.metadataURL("challenge")).json?["scopes_supported"] == nil)
    }
  }

  @Test("only a limited number of requests is kept: the newest ones")
  func kept() async throws {
    var configuration = SandboxConfiguration(kinds: ["challenge"])
    configuration.keptRequests = 4
    try await withSandbox(configuration) { sandbox in
      for _ in 0..<40 { _ = try await TestClient.get(sandbox.url("challenge")) }
      #expect(sandbox.requests().count <= 21)
      #expect(sandbox.requests().last?.number == 40)
    }
  }

  @Test("header fields, queries and bodies are recorded as received")
  func recorded() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      _ = try await TestClient.send(
        "POST", sandbox.url("challenge") + "?a=b%20c&d", fields: [("X-Twice", "1"), ("x-twice", "2")], body: "body")
      let request = try #require(sandbox.requests().first)
      #expect(request.method == "POST")
      #expect(request.path == "/challenge/mcp")
      #expect(request.query == "a=b%20c&d")
      #expect(request.queryValues == ["a": "b c", "d": ""])
      #expect(request.values(of: "X-TWICE") == ["1", "2"])
      #expect(request.body == "body")
      #expect(request.endpoint == .mcp)
    }
  }

  @Test("the inventory has every server that a client can register at")
  func inventory() async throws {
    var configuration = SandboxConfiguration()
    configuration.numberedServers = 2
    try await withSandbox(configuration) { sandbox in
      let text = SandboxInventory.text(for: sandbox)
      for kind in SandboxKind.all where kind.endsWith == "client" {
        #expect(text.contains("\n  \(kind.name):"), "\(kind.name)")
        #expect(text.contains("\n    url: \(sandbox.url(kind.name))\n"))
      }
      #expect(text.contains("  n-0002:\n    url: \(sandbox.origin)/n/0002/mcp\n"))
      #expect(text.contains("  open:  # asks for nothing\n    url: \(sandbox.url("open"))\n    auth: none\n"))
      #expect(text.contains("      issuer: \"\(sandbox.issuer("protected"))\"\n"))
      #expect(!text.contains("wrong-issuer"))
      #expect(SandboxInventory.text(for: sandbox, servers: ["wrong-issuer"]).contains("\n  wrong-issuer:"))
      // The inventory can be written for a port without a running server, except for kinds that need ports of their own.
      let port = try #require(Int(sandbox.origin.split(separator: ":")[2]))
      let foretold = SandboxInventory.text(for: configuration, port: port).split(separator: "\n")
      #expect(foretold.count == text.split(separator: "\n").count)
      #expect(foretold.contains("    url: \(sandbox.url("challenge"))"))
      #expect(foretold.contains("    url: http://127.0.0.1:\(port + 1)/mcp"))
    }
  }
}
