import MCPAuthCore
import Testing

/// Step 1: the resource (Discovery#Protected-resource-metadata).
@Suite struct DiscoveryWalkTests {
  typealias World = DiscoveryWorld

  static let challengeURL = "https://mcp.example/meta"

  static func target(_ change: (inout DiscoveryTarget) -> Void) -> DiscoveryTarget {
    var target = DiscoveryTarget(.remote)
    change(&target)
    return target
  }

  @Test(
    "Discovery#Protected-resource-metadata, Discovery#Authorization-server-metadata: probe, path form, OAuth document; no other request"
  )
  func straight() throws {
    let transcript = World.good.run()
    #expect(transcript.asked == ["POST", "GET \(World.pathDocument)", "GET \(World.issuerDocument)"])
    let server = try transcript.result.get()
    #expect(server.resource == World.server && server.authorizationServer == World.issuer)
    #expect(server.route == .wellKnownPath && server.warnings.isEmpty)
    #expect(server.metadata.issuer == World.issuer)
    #expect(server.metadata.authorizationEndpoint == "https://as.example/authorize?a=b")
    #expect(server.requests.count == 3 && server.requests.allSatisfy { $0.note != nil })
    #expect(transcript.requests.map(\.provenance) == [.inventory, .inventory, .discovered])
  }

  @Test("Discovery#Challenges: scope and resource_metadata of the challenge; scopes of the document")
  func challenge() throws {
    let challenge = World.challenge(#"Basic, Bearer scope="a b", resource_metadata="\#(Self.challengeURL)""#)
    let world = World.good.probed(challenge)
      .with(Self.challengeURL, World.resource(.string(World.server), ["scopes_supported": ["x", "offline_access"]]))
    let transcript = world.run()
    let server = try transcript.result.get()
    #expect(transcript.documents == [Self.challengeURL, World.issuerDocument])
    #expect(server.route == .challenge)
    #expect(server.challengeScopes == ["a", "b"])
    #expect(server.resourceScopes == ["x", "offline_access"])
  }

  @Test("Registration#Scopes: offline_access in the resource's document never becomes a requested scope")
  func offlineAccess() throws {
    let world = World.good.with(
      World.pathDocument, World.resource(.string(World.server), ["scopes_supported": ["x", "offline_access"]]))
    let server = try world.run().result.get()
    let scopes = ScopeSelection.select(
      inventory: nil, challenge: server.challengeScopes, resource: server.resourceScopes,
      supported: server.metadata.scopesSupported)
    #expect(scopes.scopes == ["x"])
  }

  @Test(
    "Discovery#Candidates: if the challenge has a URL, no other URL is tried",
    arguments: [
      Case("absent", (World.status(404), DiagnosticCode.resourceMetadataUnavailable)),
      Case("denied", (World.status(403), .resourceMetadataUnavailable)),
      Case("no JSON", (World.html(), .resourceMetadataUnavailable)),
      Case("a refused redirect", (World.redirect("https://other.example/"), .redirectRefused)),
      Case("another resource", (World.resource("https://mcp.example/other"), .resourceMismatch)),
      Case("a blocked address", (.failure(.addressBlocked(reason: "x")), .addressBlocked)),
      Case("transient", (World.status(500), .unreachable)),
    ])
  func exclusive(row: Case<(World.Answer, DiagnosticCode)>) {
    let world = World.good.probed(World.challenge("Bearer resource_metadata=\"\(Self.challengeURL)\""))
      .with(Self.challengeURL, row.value.0)
    let transcript = world.run()
    #expect(transcript.code == row.value.1)
    #expect(Set(transcript.documents) == [Self.challengeURL])
    #expect(!transcript.help.isEmpty)
  }

  @Test(
    "Discovery#Challenges, RealServers#34: two resource_metadata are tried in order; discovery fails only if both fail"
  )
  func two() {
    let challenge = World.challenge(
      "Bearer resource_metadata=\"\(Self.challengeURL)1\", resource_metadata=\"\(Self.challengeURL)2\"")
    let first = World.good.probed(challenge).with(Self.challengeURL + "1", World.resource())
    #expect(first.run().documents == [Self.challengeURL + "1", World.issuerDocument])
    let second = World.good.probed(challenge).with(Self.challengeURL + "2", World.resource())
    #expect(second.run().documents == [Self.challengeURL + "1", Self.challengeURL + "2", World.issuerDocument])
    let neither = World.good.probed(challenge).run()
    #expect(neither.code == .resourceMetadataUnavailable && neither.documents.count == 2)
    let transient = World.good.probed(challenge).with(Self.challengeURL + "1", World.status(503))
      .with(Self.challengeURL + "2", World.resource()).run()
    #expect(transient.code == .unreachable && !transient.documents.contains(Self.challengeURL + "2"))
    let wrong = World.good.probed(challenge).with(Self.challengeURL + "2", World.resource("https://x.example/")).run()
    #expect(wrong.code == .resourceMismatch)
  }

  @Test(
    "Discovery#Requests: a challenge URL must be https, and is trusted only at the server's own origin",
    arguments: [
      ("http://mcp.example/meta", DiagnosticCode.insecureURL, "X-Forwarded-Proto"), ("/meta", .invalidURL, ""),
      ("https://u:p@mcp.example/", .invalidURL, ""), ("https://mcp.example/#x", .invalidURL, ""),
      ("http://127.0.0.1/meta", .insecureURL, ""),
    ])
  func challengeURLs(url: String, code: DiagnosticCode, help: String) {
    let transcript = World.good.probed(World.challenge("Bearer resource_metadata=\"\(url)\"")).run()
    #expect(transcript.code == code && transcript.documents.isEmpty)
    #expect(help.isEmpty || transcript.help.contains(help))
    #expect(!transcript.message.contains("u:p"))
  }

  @Test(
    "Discovery#Requests: provenance of a challenge URL",
    arguments: [
      ("https://mcp.example/meta", HTTPRequest.Provenance.inventory), ("https://mcp.example:8443/meta", .discovered),
      ("https://other.example/meta", .discovered),
    ])
  func challengeProvenance(url: String, due: HTTPRequest.Provenance) {
    let transcript = World.good.probed(World.challenge("Bearer resource_metadata=\"\(url)\"")).run()
    #expect(transcript.requests.last?.provenance == due)
  }

  @Test(
    "Discovery#Candidates: the root form is requested last, and only if the path form is absent or denied",
    arguments: [404, 410, 401, 403])
  func rootLast(status: Int) throws {
    let world = World.good.with(World.pathDocument, World.status(status))
      .with(World.rootDocument, World.resource("https://mcp.example/"))
    let transcript = world.run()
    #expect(transcript.documents == [World.pathDocument, World.rootDocument, World.issuerDocument])
    #expect(transcript.value?.route == .wellKnownRoot)
    #expect(transcript.warnings == [.resourceIsBroader])
    #expect(transcript.value?.resource == "https://mcp.example/")
  }

  @Test(
    "Discovery#Candidates: an invalid document at the path form ends discovery",
    arguments: [
      Case("another resource", (World.resource("https://mcp.example/other"), DiagnosticCode.resourceMismatch)),
      Case("no resource", (World.resource(.null), .resourceMismatch)),
      Case("a resource of another type", (World.resource(["https://mcp.example/mcp"]), .resourceMismatch)),
      Case("http", (World.resource("http://mcp.example/mcp"), .resourceMismatch)),
      Case("no authorization server", (World.resource(servers: []), .noAuthorizationServer)),
      Case("null for a list", (World.resource(servers: .null), .noAuthorizationServer)),
      Case("a string for a list", (World.resource(servers: "https://as.example"), .noAuthorizationServer)),
      Case("a list of nothing", (World.resource(servers: ["", 1, .null]), .noAuthorizationServer)),
      Case("an error as 200", (World.json(["error": "not_found"]), .resourceMismatch)),
      Case("too large", (.failure(.tooLarge(limit: 1)), .responseTooLarge)),
      Case("transient", (.failure(.notSent(reason: "x")), .unreachable)),
      Case("rate limited", (World.status(429), .rateLimited)),
    ])
  func wrongDocument(row: Case<(World.Answer, DiagnosticCode)>) {
    let transcript = World.good.with(World.pathDocument, row.value.0).with(World.rootDocument, World.resource()).run()
    #expect(transcript.code == row.value.1)
    #expect(Set(transcript.documents) == [World.pathDocument])
    #expect(transcript.result.error?.diagnostic.requests.count == transcript.asked.count)
    #expect(transcript.result.error?.diagnostic.notes.contains { $0.hasPrefix("while ") } == true)
  }

  @Test(
    "Discovery#Resource-check: the inventory's resource is used unchanged, for any value in the metadata",
    arguments: [
      World.resource("https://elsewhere.example/"), World.resource(.null), World.resource(),
    ])
  func writtenResource(answer: World.Answer) throws {
    let target = Self.target { $0.resource = "urn:our:resource" }
    let server = try World.good.with(World.pathDocument, answer).run(target).result.get()
    #expect(server.resource == "urn:our:resource" && server.warnings.isEmpty)
  }

  @Test(
    "Discovery#Protected-resource-metadata: resource_metadata_url replaces the URL of a challenge; the probe is still made, for its scopes"
  )
  func writtenURL() throws {
    let url = "https://elsewhere.example/prm"
    let target = Self.target { $0.resourceMetadata = .url(url) }
    let world = World.good.probed(World.challenge("Bearer scope=x, resource_metadata=\"\(Self.challengeURL)\""))
    let transcript = world.with(url, World.resource()).run(target)
    #expect(transcript.asked == ["POST", "GET \(url)", "GET \(World.issuerDocument)"])
    #expect(transcript.requests[1].provenance == .inventory)
    #expect(transcript.value?.route == .inventory && transcript.value?.challengeScopes == ["x"])
    #expect(world.run(target).code == .resourceMetadataUnavailable)
  }

  @Test(
    "Discovery#Protected-resource-metadata: resource_metadata_url none skips the step: authorization server and resource come from the inventory"
  )
  func noMetadata() throws {
    let target = Self.target {
      $0.resourceMetadata = .none
      $0.issuer = World.issuer
    }
    let transcript = World.good.run(target)
    #expect(transcript.asked == ["GET \(World.issuerDocument)"])
    #expect(transcript.requests.first?.provenance == .inventory)
    let server = try transcript.result.get()
    #expect(server.resource == World.server && server.route == .inventory && server.authorizationServer == World.issuer)
    #expect(World.good.run(Self.target { $0.resourceMetadata = .none }).code == .noAuthorizationServer)
  }

  @Test(
    "Discovery#Requests: the server's own URL",
    arguments: [
      ("http://mcp.example/mcp", DiagnosticCode.insecureURL), ("mcp.example", .invalidURL),
      ("https://a b/", .invalidURL),
      ("ftp://mcp.example/", .invalidURL),
    ])
  func ownURL(url: String, code: DiagnosticCode) {
    let error = #expect(throws: Diagnostic.self) { try ServerTrust(url) }
    #expect(error?.code == code)
  }

  @Test("Discovery#Requests: http only between loopback addresses")
  func loopback() throws {
    let prm = "http://127.0.0.1:9/.well-known/oauth-protected-resource/mcp"
    let world = World(documents: [
      prm: [World.resource("http://127.0.0.1:9/mcp", servers: ["http://localhost:8"])],
      "http://localhost:8/.well-known/oauth-authorization-server": [
        World.metadata("http://localhost:8", ["token_endpoint": "http://localhost:8/token"])
      ],
    ])
    #expect(world.run(DiscoveryTarget(.local)).value != nil)
    let outside = World.good.with(World.pathDocument, World.resource(servers: ["http://localhost:8"])).run()
    #expect(outside.code == .insecureURL)
    let inside = world.with(prm, World.resource("http://127.0.0.1:9/mcp", servers: ["http://as.example"]))
    #expect(inside.run(DiscoveryTarget(.local)).code == .insecureURL)
  }

  @Test(
    "Discovery#Servers-without-metadata: no answer requires authorization and nothing is published: no-auth-required")
  func noAuth() {
    let transcript = World().probed(World.status(200)).run()
    #expect(transcript.code == .noAuthRequired)
    #expect(transcript.help.contains("auth: none"))
    #expect(transcript.documents.filter { $0 != World.server } == [World.pathDocument, World.rootDocument])
    let nowhere = World().probed(World.status(404)).run()
    #expect(nowhere.code == .noAuthRequired && nowhere.help.contains("check the server's url"))
  }

  @Test("RealServers#3: a document counts even if the probe was never asked for authorization")
  func openProbe() {
    #expect(World.good.probed(World.status(200)).run().value?.route == .wellKnownPath)
  }

  @Test("Discovery#Requests: a failed probe never leads to a fallback")
  func failedProbe() {
    let transcript = World.good.probed(World.status(503)).run()
    #expect(transcript.code == .unreachable && transcript.asked == ["POST", "POST", "POST", "GET"])
    #expect(transcript.result.error?.isTransient == true)
  }

  @Test(
    "Discovery#Authorization-server-metadata: documents with wrong types everywhere, huge or deeply nested ones, end with an error code",
    arguments: [
      JSON.null, true, 1, "x", [], [[]], [:], ["a": [:]],
    ])
  func wrongTypes(value: JSON) {
    let names = [
      "resource", "authorization_servers", "scopes_supported", "issuer", "authorization_endpoint", "token_endpoint",
      "registration_endpoint", "revocation_endpoint", "code_challenge_methods_supported",
      "token_endpoint_auth_methods_supported",
      "grant_types_supported", "authorization_response_iss_parameter_supported",
      "client_id_metadata_document_supported",
    ]
    for name in names {
      let resource = World.resource(.string(World.server), [name: value])
      let world = World(documents: [
        World.pathDocument: [resource], World.issuerDocument: [World.metadata(.string(World.issuer), [name: value])],
      ])
      let transcript = world.run()
      #expect(transcript.value != nil || transcript.code != nil)
      #expect(transcript.documents.count <= 3)
    }
    #expect(World.good.with(World.pathDocument, World.json(value)).run().value == nil)
  }

  @Test("Discovery#Choice-of-authorization-server: a list of thousands of authorization servers is limited")
  func many() {
    let servers = JSON.array((1...10_000).map { .string("https://as\($0).example") })
    let transcript = World.good.with(World.pathDocument, World.resource(servers: servers)).run()
    #expect(transcript.code == .authorizationServerMetadataUnavailable)
    #expect(transcript.documents.count < 40)
  }
}
