import MCPAuth
import MCPAuthCore
import Synchronization
import Testing

/// Discovery as a library: only the two products, no inventory.
@Suite struct DiscovererTests {
  static let prm = "https://mcp.example/.well-known/oauth-protected-resource/mcp"
  static let document = "https://as.example/.well-known/oauth-authorization-server"

  static func resource(_ url: String = "https://mcp.example/mcp", as issuer: String = "https://as.example")
    -> HTTPResponse
  {
    json(#"{"resource": "\#(url)", "authorization_servers": ["\#(issuer)"], "scopes_supported": ["read"]}"#)
  }

  static func metadata(_ issuer: String = "https://as.example") -> HTTPResponse {
    json(
      """
      {"issuer": "\(issuer)", "authorization_endpoint": "\(issuer)/authorize", "token_endpoint": "\(issuer)/token",
       "registration_endpoint": "\(issuer)/register", "code_challenge_methods_supported": ["S256"],
       "token_endpoint_auth_methods_supported": ["none"]}
      """)
  }

  static func json(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, fields: [HTTPField("Content-Type", "application/json")], body: Array(text.utf8))
  }

  static func target(_ host: String = "mcp.example") -> DiscoveryTarget {
    DiscoveryTarget(.testing("https://\(host)/mcp"))
  }

  static let pages = [prm: resource(), document: metadata()]

  @Test("Discovery#Protected-resource-metadata: a library discovers a server, then registers a client there")
  func discoverAndRegister() async throws {
    let transport = FakeWorld(Self.pages)
    await transport.answer("https://as.example/register", [.success(Self.json(#"{"client_id": "c1"}"#, status: 201))])
    let server = try await Discoverer(transport: transport).discover(Self.target()).get()
    #expect(server.route == .wellKnownPath)
    let client = ClientMetadata(clientName: "Library", redirectURIs: ["https://app.example/callback"])
    let choice = try RegistrationChoice.choose(strategy: .auto, client: client, metadata: server.metadata)
    guard case .dcr(let endpoint) = choice.way else {
      Issue.record("no registration endpoint")
      return
    }
    let scopes = ScopeSelection.select(
      inventory: nil, challenge: server.challengeScopes, resource: server.resourceScopes,
      supported: server.metadata.scopesSupported)
    let request = try RegistrationRequest(
      endpoint: endpoint,
      requested: RequestedRegistration(resolving: client, scopes: scopes, metadata: server.metadata),
      trust: Self.target().trust)
    let registered = try await Registrar(transport: transport, now: { Timestamp(seconds: 0) })
      .register(request, metadata: server.metadata).get()
    #expect(registered.clientID == "c1" && registered.scopes == ["read"])
    #expect(
      await transport.asked == [
        "POST https://mcp.example/mcp", "GET \(Self.prm)", "GET \(Self.document)", "POST https://as.example/register",
      ])
  }

  /// Its clock stands still: however busy the machine is, no server's time ends.
  private static func discoverer(_ transport: FakeWorld) -> Discoverer {
    Discoverer(transport: transport, environment: ManualTime().environment)
  }

  @Test("Discovery#Probe: the document that is read next is requested while the probe is under way, and only once")
  func requestedBesideProbe() async throws {
    let transport = FakeWorld(Self.pages)
    await transport.hold("https://mcp.example/mcp")
    async let found = Self.discoverer(transport).discover(Self.target(), readsAhead: true)
    await transport.waitForRequests("GET \(Self.prm)", 1)
    await transport.release("https://mcp.example/mcp")
    let server = try await found.get()
    #expect(server.route == .wellKnownPath && server.resourceScopes == ["read"])
    #expect(await transport.count("GET \(Self.prm)") == 1)
    #expect(server.requests.map(\.method) == ["POST", "GET", "GET"], "in the order in which they are used")
  }

  private static func challenge(_ url: String) -> HTTPResponse {
    HTTPResponse(status: 401, fields: [HTTPField("WWW-Authenticate", "Bearer resource_metadata=\"\(url)\"")])
  }

  @Test("Discovery#Probe: a challenge that names the document which was requested meanwhile is the route")
  func requestedAndNamed() async throws {
    let transport = FakeWorld(Self.pages.merging(["https://mcp.example/mcp": Self.challenge(Self.prm)]) { $1 })
    let server = try await Self.discoverer(transport).discover(Self.target(), readsAhead: true).get()
    #expect(server.route == .challenge && server.requests.count == 3)
    #expect(await transport.count("GET \(Self.prm)") == 1)
  }

  @Test(
    "Discovery#Challenges: a document that was requested beside the probe does not count if a challenge names another")
  func requestedAndNotNamed() async throws {
    let other = "https://mcp.example/meta"
    let wrong = Self.resource("https://evil.example/mcp")
    var pages = [Self.prm: wrong, Self.document: Self.metadata(), "https://mcp.example/mcp": Self.challenge(other)]
    let absent = FakeWorld(pages)
    let failure = await Self.discoverer(absent).discover(Self.target(), readsAhead: true).failure
    #expect(failure?.diagnostic.code == .resourceMetadataUnavailable)
    let requests = failure?.diagnostic.requests ?? []
    #expect(requests.map(\.url) == ["https://mcp.example/mcp", Self.prm, other])
    #expect(requests.dropFirst().first?.note == "not used: a challenge names another document")
    pages[other] = Self.resource()
    let present = FakeWorld(pages)
    #expect(
      try await Self.discoverer(present).discover(Self.target(), readsAhead: true).get().route == .challenge)
  }

  @Test("Discovery#Probe: a request that is not needed ends with the discovery, even if it is never answered")
  func notNeededAndNeverAnswered() async throws {
    let other = "https://mcp.example/meta"
    let pages = [
      other: Self.resource(), Self.document: Self.metadata(), "https://mcp.example/mcp": Self.challenge(other),
    ]
    let transport = FakeWorld(pages)
    await transport.hold(Self.prm)
    #expect(
      try await Self.discoverer(transport).discover(Self.target(), readsAhead: true).get().route == .challenge)
  }

  @Test("Discovery#Probe: if the probe fails, the document that was requested meanwhile is not used")
  func requestedAndProbeFailed() async throws {
    let transport = FakeWorld(Self.pages)
    await transport.answer("https://mcp.example/mcp", [.failure(.notSent(reason: "connection refused"))])
    let failure = await Self.discoverer(transport).discover(Self.target(), readsAhead: true).failure
    #expect(failure?.diagnostic.code == .unreachable)
    #expect(failure?.diagnostic.requests.last?.note == "not used: the probe failed")
    #expect(failure?.diagnostic.requests.count == 5)
  }

  @Test("Discovery#Retries: the request beside the probe is the first of the three attempts")
  func requestedAndRetried() async throws {
    let transport = FakeWorld(Self.pages)
    await transport.answer(Self.prm, [.success(HTTPResponse(status: 500))])
    let failure = await Self.discoverer(transport).discover(Self.target(), readsAhead: true).failure
    #expect(failure?.diagnostic.code == .unreachable)
    #expect(await transport.count("GET \(Self.prm)") == 3)
  }

  @Test(
    "Discovery#Protected-resource-metadata: with resource_metadata_url: none nothing but the issuer's document is read")
  func nothingBesideProbe() async throws {
    let transport = FakeWorld(Self.pages)
    var target = Self.target()
    target.resourceMetadata = .none
    target.issuer = "https://as.example"
    _ = try await Self.discoverer(transport).discover(target, readsAhead: true).get()
    #expect(await transport.asked == ["GET \(Self.document)"])
  }

  @Test("Discovery#Requests: the document of an authorization server is fetched once and shared, also if it is absent")
  func shared() async throws {
    var pages: [String: HTTPResponse] = [
      "https://as.example/.well-known/openid-configuration": Self.metadata()
    ]
    for host in ["a.example", "b.example", "c.example"] {
      pages["https://\(host)/.well-known/oauth-protected-resource/mcp"] = Self.resource("https://\(host)/mcp")
    }
    let transport = FakeWorld(pages)
    let discoverer = Discoverer(transport: transport)
    for host in ["a.example", "b.example", "c.example"] {
      let server = try await discoverer.discover(Self.target(host)).get()
      #expect(server.requests.count == 4, "each report is whole")
    }
    #expect(await transport.count("GET \(Self.document)") == 1)
    #expect(await transport.count("GET https://as.example/.well-known/openid-configuration") == 1)
    _ = await Discoverer(transport: transport).discover(Self.target("a.example"))
    #expect(await transport.count("GET \(Self.document)") == 2, "another discoverer shares nothing")
  }

  @Test(
    "Discovery#Addresses: documents at inventory URLs and at discovered URLs are not shared, nor between different allowances"
  )
  func notShared() async throws {
    let transport = FakeWorld(Self.pages)
    let discoverer = Discoverer(transport: transport)
    var pinned = Self.target()
    pinned.issuer = "https://as.example"
    let allowing = DiscoveryTarget(.testing("https://mcp.example/mcp", allowPrivate: ["10.0.0.0/8"]))
    for _ in 1...2 {
      _ = try await discoverer.discover(Self.target()).get()
      _ = try await discoverer.discover(pinned).get()
      _ = try await discoverer.discover(allowing).get()
    }
    #expect(await transport.count("GET \(Self.document)") == 3)
    let asked = await transport.requests.filter { $0.url.text == Self.document }
    #expect(asked.map(\.provenance) == [.discovered, .inventory, .discovered])
    #expect(asked.map(\.allowance.hosts) == [[], [], ["10.0.0.0/8"]])
  }

  @Test("Discovery#Addresses: loopback is allowed if the server's own URL is loopback, and only then")
  func loopbackAllowance() async throws {
    let transport = FakeWorld([:])
    let discoverer = Discoverer(transport: transport)
    _ = await discoverer.discover(DiscoveryTarget(.testing("http://127.0.0.1:9/mcp")))
    #expect(await transport.requests.allSatisfy { $0.allowance.loopback })
    _ = await discoverer.discover(Self.target())
    #expect(await transport.requests.last?.allowance.loopback == false)
  }

  @Test("Discovery#Requests: a transient failure is not reused as the answer of a later request")
  func transientNotKept() async throws {
    let transport = FakeWorld(Self.pages)
    await transport.answer(
      Self.document,
      [
        .failure(.notSent(reason: "x")), .failure(.notSent(reason: "x")), .failure(.notSent(reason: "x")),
        .success(Self.metadata()),
      ])
    let discoverer = Discoverer(transport: transport, environment: ManualTime().environment)
    guard case .failure(let failure) = await discoverer.discover(Self.target()) else {
      Issue.record("found")
      return
    }
    #expect(failure.diagnostic.code == .unreachable && failure.isTransient)
    #expect(failure.diagnostic.requests.count == 5)
    _ = try await discoverer.discover(Self.target()).get()
  }

  @Test("Discovery#Retries: a wait that a server asks for does not count as its time, and frees its slot")
  func retryAfter() async throws {
    let transport = FakeWorld(Self.pages)
    let later = Result<HTTPResponse, HTTPFailure>.success(
      HTTPResponse(status: 429, fields: [HTTPField("Retry-After", "30")]))
    await transport.answer(Self.prm, [later, later, .success(Self.resource())])
    let time = ManualTime()
    _ = try await Discoverer(transport: transport, environment: time.environment).discover(Self.target(), timeout: 5)
      .get()
    #expect(time.log == ["idle", "pause 30000", "back", "idle", "pause 30000", "back"])
  }

  @Test("Discovery#Limits: the wait for a place does not count as the server's time", arguments: [false, true])
  func place(readsAhead: Bool) async throws {
    let time = ManualTime()
    let places = Mutex((begun: 0, ended: 0))
    var environment = time.environment
    environment.willSend = {
      time.pass(60_000)
      places.withLock { $0.begun += 1 }
    }
    environment.didSend = { places.withLock { $0.ended += 1 } }
    let transport = FakeWorld(Self.pages)
    _ = try await Discoverer(transport: transport, environment: environment)
      .discover(Self.target(), timeout: 5, readsAhead: readsAhead).get()
    let requests = await transport.requests.count
    // The request beside the probe takes no place of its own.
    #expect(places.withLock { $0 } == (requests - (readsAhead ? 1 : 0), requests - (readsAhead ? 1 : 0)))
  }

  @Test("Discovery#Limits: at the end of a server's time the result is timeout with the step; no request runs longer")
  func timeout() async {
    let time = ManualTime()
    let transport = FakeWorld(Self.pages) { request in time.pass(request.timeout * 1000) }
    await transport.answer(Self.prm, [.failure(.timeout(seconds: 10, sent: true))])
    guard
      case .failure(let failure) = await Discoverer(transport: transport, environment: time.environment)
        .discover(Self.target(), timeout: 15)
    else {
      Issue.record("found")
      return
    }
    #expect(failure.diagnostic.code == .timeout)
    #expect(failure.diagnostic.notes == ["while reading the protected resource metadata"])
    #expect(failure.diagnostic.requests.count == 2)
    #expect(await transport.requests.map(\.timeout) == [10, 5])
  }

  @Test("Discovery#Retries: while a document is being fetched, other servers wait for it")
  func joined() async throws {
    let transport = FakeWorld(Self.pages)
    await transport.hold(Self.document)
    let discoverer = Discoverer(transport: transport)
    let found = try await withThrowingTaskGroup(of: DiscoveredServer.self) { group in
      for _ in 1...8 { group.addTask { try await discoverer.discover(Self.target()).get() } }
      await transport.waitForRequests("GET \(Self.prm)", 8)
      await transport.release(Self.document)
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(found.count == 8 && Set(found.map(\.metadata.issuer)) == ["https://as.example"])
    #expect(await transport.count("GET \(Self.document)") == 1)
  }

  @Test("Discovery#Retries: one of the waiting servers repeats a cancelled fetch; the cancelled one is interrupted")
  func cancelledLeader() async throws {
    let transport = FakeWorld(Self.pages)
    await transport.hold(Self.document)
    let discoverer = Discoverer(transport: transport)
    let leader = Task { await discoverer.discover(Self.target()) }
    await transport.waitForRequests("GET \(Self.document)", 1)
    let follower = Task { await discoverer.discover(Self.target()) }
    await transport.waitForRequests("GET \(Self.prm)", 2)
    leader.cancel()
    guard case .failure(let failure) = await leader.value else {
      Issue.record("found")
      return
    }
    #expect(failure.diagnostic.code == .interrupted && failure.isTransient)
    await transport.waitForRequests("GET \(Self.document)", 2)
    await transport.release(Self.document)
    #expect((try? await follower.value.get()) != nil)
  }

  @Test("Discovery#Retries: a server that waits for another's fetch can be cancelled, and has its own time limit")
  func impatientFollowers() async throws {
    let transport = FakeWorld(Self.pages)
    await transport.hold(Self.document)
    let time = ManualTime()
    let discoverer = Discoverer(transport: transport, environment: time.environment)
    let leader = Task { await discoverer.discover(Self.target(), timeout: 1000) }
    await transport.waitForRequests("GET \(Self.document)", 1)
    // The manual pause ends at once: the follower's time is over while the leader still waits.
    guard case .failure(let late) = await discoverer.discover(Self.target(), timeout: 5) else {
      Issue.record("found")
      return
    }
    #expect(late.diagnostic.code == .timeout)
    #expect(late.diagnostic.requests.last?.note?.hasPrefix("waiting") == true)
    await transport.release(Self.document)
    #expect((try? await leader.value.get()) != nil)

    let real = Discoverer(transport: transport)
    await transport.hold(Self.document)
    let first = Task { await real.discover(Self.target()) }
    await transport.waitForRequests("GET \(Self.document)", 2)
    let second = Task { await real.discover(Self.target()) }
    await transport.waitForRequests("GET \(Self.prm)", 4)
    second.cancel()
    guard case .failure(let cancelled) = await second.value else {
      Issue.record("found")
      return
    }
    #expect(cancelled.diagnostic.code == .interrupted)
    await transport.release(Self.document)
    #expect((try? await first.value.get()) != nil)
  }

  @Test("Discovery#Retries: a wait that is asked of the leader does not count as time of those who wait for it")
  func pausedLeader() async throws {
    let transport = FakeWorld(Self.pages)
    let later = HTTPResponse(status: 429, fields: [HTTPField("Retry-After", "20")])
    await transport.answer(Self.document, [.success(later), .success(Self.metadata())])
    let time = ManualTime()
    var environment = time.environment
    let manual = environment.pause
    environment.pause = { milliseconds in
      // The leader's pause lasts until the follower's time was over twice. After that the follower has no time limit.
      let late = { time.log.count { $0 == "pause 5000" } }
      while milliseconds == 20_000, late() < 2 { await Task.yield() }
      if milliseconds == 5000, late() == 2 { try await Task.sleep(for: .seconds(3600)) }
      try await manual(milliseconds)
    }
    let discoverer = Discoverer(transport: transport, environment: environment)
    async let leader = discoverer.discover(Self.target())
    while !time.log.contains("idle") { await Task.yield() }
    let follower = await discoverer.discover(Self.target(), timeout: 5)
    #expect((try? follower.get()) != nil)
    #expect((try? await leader.get()) != nil)
    #expect(await transport.count("GET \(Self.document)") == 2)
  }
}
