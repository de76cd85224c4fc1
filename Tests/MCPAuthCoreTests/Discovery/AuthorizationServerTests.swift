import MCPAuthCore
import Testing

/// Step 2: the authorization server (Discovery#Choice-of-authorization-server, Discovery#Servers-without-metadata, Discovery#Authorization-server-metadata).
@Suite struct AuthorizationServerTests {
  typealias World = DiscoveryWorld

  static func target(_ change: (inout DiscoveryTarget) -> Void) -> DiscoveryTarget {
    DiscoveryWalkTests.target(change)
  }

  static func listing(_ servers: String...) -> World {
    World.good.with(World.pathDocument, World.resource(servers: .array(servers.map(JSON.string))))
  }

  static func document(_ issuer: String) -> String { issuer + "/.well-known/oauth-authorization-server" }

  // MARK: The document

  @Test(
    "Discovery#Authorization-server-metadata: the OAuth document first, then OpenID; an absent and a denied document both lead to the next one",
    arguments: [
      World.status(404), World.status(401), World.html(), World.redirect("https://login.example/"),
    ])
  func openID(answer: World.Answer) {
    let transcript = World.good.with(World.issuerDocument, answer).with(World.openIDDocument, World.metadata()).run()
    #expect(transcript.value != nil)
    #expect(transcript.documents == [World.pathDocument, World.issuerDocument, World.openIDDocument])
  }

  @Test("Discovery#Authorization-server-metadata: for an issuer with a path the root document is never requested")
  func pathIssuer() {
    let world = Self.listing("https://as.example/realms/x/")
    let transcript = world.run()
    #expect(transcript.code == .authorizationServerMetadataUnavailable)
    #expect(
      transcript.documents.dropFirst() == [
        "https://as.example/.well-known/oauth-authorization-server/realms/x",
        "https://as.example/.well-known/openid-configuration/realms/x",
        "https://as.example/realms/x/.well-known/openid-configuration",
      ])
    let last = world.with(
      "https://as.example/realms/x/.well-known/openid-configuration", World.metadata("https://as.example/realms/x/"))
    #expect(last.run().value?.metadata.issuer == "https://as.example/realms/x/")
  }

  @Test("Discovery#Authorization-server-metadata, RealServers#21: a resource that lists itself gets a specific message")
  func listsItself() {
    let transcript = Self.listing(World.server).run()
    #expect(transcript.code == .authorizationServerMetadataUnavailable)
    #expect(transcript.message.contains("lists the resource itself"))
    #expect(transcript.requests.allSatisfy { $0.provenance == .inventory })
    #expect(!Self.listing("https://other.example").run().message.contains("lists the resource itself"))
  }

  @Test(
    "Discovery#Authorization-server-metadata, RFC 8414 3.3: another issuer, or none, ends discovery: no other document, no endpoint",
    arguments: [
      JSON.string("https://evil.example"), "https://as.example/x", "https://AS.example", "https://as.example//",
      "http://as.example",
      "https://as.example:443", .null, "", 1, ["https://as.example"],
    ])
  func mismatch(issuer: JSON) {
    let transcript = World.good.with(World.issuerDocument, World.metadata(issuer)).with(
      World.openIDDocument, World.metadata()
    ).run()
    #expect(transcript.code == .issuerMismatch)
    #expect(transcript.documents == [World.pathDocument, World.issuerDocument])
    #expect(transcript.message.contains("'https://as.example'"))
  }

  @Test(
    "Discovery#Authorization-server-metadata, RealServers#15: one trailing slash is accepted with a warning, and the string of the document is kept",
    arguments: [
      ("https://as.example", "https://as.example/"), ("https://as.example/", "https://as.example"),
    ])
  func slash(listed: String, issuer: String) throws {
    let transcript = Self.listing(listed).with(World.issuerDocument, World.metadata(.string(issuer))).run()
    let server = try transcript.result.get()
    #expect(server.metadata.issuer == issuer && server.authorizationServer == listed)
    #expect(transcript.warnings == [.issuerTrailingSlash])
  }

  @Test(
    "Discovery#Authorization-server-metadata: both endpoints are required and absolute",
    arguments: [
      Case("missing", (JSON?.none, DiagnosticCode.metadataInvalid)), Case("null", (JSON.null, .metadataInvalid)),
      Case("empty", ("", .metadataInvalid)),
      Case("a list", (JSON.array(["https://as.example/x"]), .metadataInvalid)),
      Case("relative", ("/token", .invalidURL)),
      Case("a fragment", ("https://as.example/x#y", .invalidURL)), Case("http", ("http://as.example/x", .insecureURL)),
    ])
  func endpoints(row: Case<(JSON?, DiagnosticCode)>) {
    for name in ["authorization_endpoint", "token_endpoint"] {
      let transcript = World.good.with(World.issuerDocument, World.metadata(member: name, row.value.0))
        .run()
      #expect(transcript.code == row.value.1)
      #expect(transcript.message.contains(name))
      #expect(row.value.1 != .insecureURL || transcript.help.contains("X-Forwarded-Proto"))
      #expect(transcript.documents.count == 2)
    }
  }

  static func pkceRow(
    _ name: String, _ methods: JSON?, assumed: Bool = false, _ code: DiagnosticCode? = .pkceUnsupported
  ) -> Case<(JSON?, Bool, DiagnosticCode?)> {
    Case(name, (methods, assumed, code))
  }

  @Test(
    "Discovery#Authorization-server-metadata: PKCE requires S256",
    arguments: [
      pkceRow("S256 among others", .array(["plain", "S256"]), nil), pkceRow("absent", nil), pkceRow("null", .null),
      pkceRow("an empty list", .array([])), pkceRow("plain alone", .array(["plain"])),
      pkceRow("another case", .array(["s256"])),
      pkceRow("a string", "S256"), pkceRow("absent, assumed", nil, assumed: true, nil),
      pkceRow("empty, assumed", .array([]), assumed: true, nil),
      pkceRow("plain alone, assumed", .array(["plain"]), assumed: true),
    ])
  func pkce(row: Case<(JSON?, Bool, DiagnosticCode?)>) {
    let world = World.good.with(
      World.issuerDocument, World.metadata(member: "code_challenge_methods_supported", row.value.0))
    let transcript = world.run(Self.target { $0.assumesS256 = row.value.1 })
    #expect(transcript.code == row.value.2)
    #expect(transcript.warnings.contains(.pkceAssumed) == (row.value.1 && row.value.2 == nil))
  }

  @Test(
    "Discovery#Authorization-server-metadata: null, \"\" and empty lists count as absent; a wrong type is a warning; unknown members are ignored"
  )
  func lenient() throws {
    let world = World.good.with(
      World.issuerDocument,
      World.metadata(
        .string(World.issuer),
        [
          "registration_endpoint": "", "revocation_endpoint": .null, "grant_types_supported": [],
          "scopes_supported": "a b",
          "token_endpoint_auth_methods_supported": ["none", 1], "client_id_metadata_document_supported": "true",
          "authorization_response_iss_parameter_supported": true, "x": [1, [2]],
        ]))
    let transcript = world.run()
    let metadata = try transcript.result.get().metadata
    #expect(
      metadata.registrationEndpoint == nil && metadata.revocationEndpoint == nil && metadata.grantTypesSupported == nil)
    #expect(metadata.scopesSupported == nil && metadata.tokenEndpointAuthMethodsSupported == ["none"])
    #expect(metadata.authorizationResponseIssParameterSupported && !metadata.clientIDMetadataDocumentSupported)
    #expect(transcript.warnings == Array(repeating: .metadataMemberIgnored, count: 3))
    let revocation = World.good.with(
      World.issuerDocument, World.metadata(.string(World.issuer), ["revocation_endpoint": "http://as.example/r"])
    ).run()
    #expect(revocation.value?.metadata.revocationEndpoint == nil && revocation.warnings == [.metadataMemberIgnored])
  }

  @Test(
    "Discovery#Requests: an issuer whose metadata cannot be requested",
    arguments: [
      ("http://as.example", DiagnosticCode.insecureURL), ("as.example", .invalidURL),
      ("https://as.example?x=1", .invalidURL),
      ("https://as.example/#x", .invalidURL),
    ])
  func badIssuer(issuer: String, code: DiagnosticCode) {
    let transcript = Self.listing(issuer).run()
    #expect(transcript.code == code && transcript.documents == [World.pathDocument])
  }

  // MARK: Choice of the authorization server

  static let other = "https://other.example"

  @Test(
    "Discovery#Choice-of-authorization-server: the first usable authorization server is chosen; the others are skipped with a warning",
    arguments: [
      Case("absent", World.status(404)), Case("denied", World.status(403)),
      Case("another issuer", World.metadata("https://x.example")),
      Case("no PKCE", World.metadata("https://other.example", without: ["code_challenge_methods_supported"])),
      Case("blocked", .failure(.addressBlocked(reason: "x"))), Case("too large", .failure(.tooLarge(limit: 1))),
    ])
  func several(row: Case<World.Answer>) throws {
    let transcript = Self.listing(Self.other, World.issuer).with(Self.document(Self.other), row.value).run()
    #expect(transcript.value?.authorizationServer == World.issuer)
    #expect(transcript.warnings == [.authorizationServerPassedOver])
    let none = Self.listing(Self.other, World.issuer).with(Self.document(Self.other), row.value)
      .with(World.issuerDocument, World.status(404)).run()
    let alone = Self.listing(Self.other).with(Self.document(Self.other), row.value).run()
    #expect(none.code == alone.code && none.message == alone.message, "the first one's error")
    #expect(none.warnings == [.authorizationServerPassedOver] && alone.warnings.isEmpty)
  }

  @Test(
    "Discovery#Choice-of-authorization-server: a transient failure ends discovery; the next authorization server is not tried"
  )
  func transient() {
    let transcript = Self.listing(Self.other, World.issuer).with(Self.document(Self.other), World.status(502)).run()
    #expect(transcript.code == .unreachable && !transcript.documents.contains(World.issuerDocument))
  }

  @Test("Discovery#Choice-of-authorization-server: an unusable name is skipped too")
  func unusableName() {
    let transcript = Self.listing("http://as.example", World.issuer).run()
    #expect(
      transcript.value?.authorizationServer == World.issuer && transcript.warnings == [.authorizationServerPassedOver])
  }

  @Test(
    "Discovery#Choice-of-authorization-server: the inventory's issuer selects the first document that has exactly this issuer, under any listed name"
  )
  func pinned() throws {
    let world = Self.listing(Self.other, World.issuer).with(
      Self.document(Self.other), World.metadata(.string(Self.other)))
    let transcript = world.run(Self.target { $0.issuer = World.issuer })
    #expect(transcript.value?.authorizationServer == World.issuer && transcript.warnings.isEmpty)
    #expect(transcript.requests.suffix(2).map(\.provenance) == [.discovered, .inventory])
    let tenant = Self.listing("https://as.example/tenant")
      .with("https://as.example/.well-known/oauth-authorization-server/tenant", World.metadata())
    #expect(tenant.run().code == .issuerMismatch, "RealServers#16: not without the inventory's word")
    let server = try tenant.run(Self.target { $0.issuer = World.issuer }).result.get()
    #expect(server.metadata.issuer == World.issuer && server.authorizationServer == "https://as.example/tenant")
  }

  @Test(
    "Discovery#Choice-of-authorization-server: no document with the inventory's issuer: issuer-mismatch, also for a slash; no document: unavailable"
  )
  func pinnedElsewhere() {
    let wanted = Self.target { $0.issuer = "https://wanted.example" }
    #expect(World.good.run(wanted).code == .issuerMismatch)
    #expect(World.good.run(Self.target { $0.issuer = World.issuer + "/" }).code == .issuerMismatch)
    #expect(Self.listing(Self.other, World.issuer).run(wanted).code == .issuerMismatch)
    #expect(Self.listing(Self.other).run(wanted).code == .authorizationServerMetadataUnavailable)
  }

  @Test("Discovery#Choice-of-authorization-server: the document of the pinned issuer decides, even if it is unusable")
  func pinnedUnusable() {
    let world = Self.listing(World.issuer, Self.other)
      .with(World.issuerDocument, World.metadata(.string(World.issuer), without: ["code_challenge_methods_supported"]))
    let transcript = world.run(Self.target { $0.issuer = World.issuer })
    #expect(transcript.code == .pkceUnsupported && transcript.documents.count == 2)
  }

  @Test(
    "Registration#Binding-to-the-issuer: the bound authorization server is kept while it is listed; if it fails, no other is tried"
  )
  func bound() {
    let bound = Self.target { $0.boundAuthorizationServer = World.issuer }
    let world = Self.listing(Self.other, World.issuer).with(
      Self.document(Self.other), World.metadata(.string(Self.other)))
    #expect(world.run().value?.authorizationServer == Self.other)
    let kept = world.run(bound)
    #expect(
      kept.value?.authorizationServer == World.issuer && kept.documents == [World.pathDocument, World.issuerDocument])
    #expect(world.with(World.issuerDocument, World.status(500)).run(bound).code == .unreachable)
    let gone = world.with(World.issuerDocument, World.status(404)).run(bound)
    #expect(gone.code == .authorizationServerMetadataUnavailable && !gone.documents.contains(Self.document(Self.other)))
    let slash = world.run(Self.target { $0.boundAuthorizationServer = World.issuer + "/" })
    #expect(slash.value?.authorizationServer == Self.other, "compared as that string")
    let pinned = world.run(
      Self.target {
        $0.boundAuthorizationServer = World.issuer
        $0.issuer = Self.other
      })
    #expect(pinned.value?.authorizationServer == Self.other, "the inventory's word comes first")
  }

  @Test(
    "Discovery#Authorization-server-metadata: metadata_url replaces the well-known addresses; the resource's document is still read"
  )
  func metadataURL() {
    let url = "https://elsewhere.example/metadata"
    let target = Self.target { $0.metadataURL = url }
    let world = World.good.with(url, World.metadata())
    let transcript = world.run(target)
    #expect(transcript.documents == [World.pathDocument, url])
    #expect(transcript.requests.last?.provenance == .inventory)
    #expect(transcript.value?.authorizationServer == World.issuer)
    #expect(world.with(url, World.metadata("https://x.example")).run(target).code == .issuerMismatch)
    let pinned = Self.target {
      $0.metadataURL = url
      $0.issuer = "https://x.example"
    }
    #expect(
      world.with(url, World.metadata("https://x.example")).run(pinned).value?.metadata.issuer == "https://x.example")
    #expect(world.run(pinned).code == .issuerMismatch, "listed, but not the pinned one")
    #expect(World.good.run(target).code == .authorizationServerMetadataUnavailable)
    #expect(World.good.with(url, World.redirect("https://x.example/")).run(target).code == .redirectRefused)
    #expect(World.good.run(Self.target { $0.metadataURL = "http://x.example/" }).code == .insecureURL)
    let none = world.run(
      Self.target {
        $0.metadataURL = url
        $0.resourceMetadata = .none
      })
    #expect(none.asked == ["GET \(url)"] && none.value?.authorizationServer == World.issuer)
  }

  // MARK: Legacy

  static let origin = "https://mcp.example"
  static let legacyWorld = World().probed(World.challenge("Bearer"))

  @Test(
    "Discovery#Servers-without-metadata: no resource metadata, but authorization is required: the origin's root document, with the origin as issuer"
  )
  func legacy() throws {
    let world = Self.legacyWorld.with(Self.document(Self.origin), World.metadata(.string(Self.origin)))
    let transcript = world.run()
    #expect(transcript.documents == [World.pathDocument, World.rootDocument, Self.document(Self.origin)])
    #expect(transcript.value?.route == .legacy && transcript.warnings == [.legacyDiscovery])
    #expect(transcript.value?.resource == World.server && transcript.value?.authorizationServer == Self.origin)
    #expect(world.probed(World.status(401)).run().value?.route == .legacy, "a document needs no Bearer challenge")
    let other = world.with(Self.document(Self.origin), World.metadata("https://cf.example"))
    #expect(other.run().code == .issuerMismatch, "RealServers#17")
    let pinned = other.run(Self.target { $0.issuer = "https://cf.example" })
    #expect(pinned.value?.metadata.issuer == "https://cf.example")
    let noPKCE = world.with(
      Self.document(Self.origin), World.metadata(.string(Self.origin), without: ["code_challenge_methods_supported"]))
    #expect(noPKCE.run().code == .pkceUnsupported)
    #expect(world.with(Self.document(Self.origin), World.status(500)).run().code == .unreachable)
  }

  @Test(
    "Discovery#Servers-without-metadata: no document either, and a Bearer challenge: the endpoints of 2025-03-26, with a warning"
  )
  func guessed() throws {
    let transcript = Self.legacyWorld.run()
    let server = try transcript.result.get()
    #expect(server.metadata.authorizationEndpoint == "https://mcp.example/authorize")
    #expect(server.metadata.tokenEndpoint == "https://mcp.example/token")
    #expect(server.metadata.registrationEndpoint == "https://mcp.example/register")
    #expect(server.metadata.issuer == Self.origin && !server.metadata.isFromDocument && server.route == .legacy)
    #expect(transcript.warnings == [.legacyDiscovery])
    #expect(
      transcript.documents == [World.pathDocument, World.rootDocument, Self.document(Self.origin)],
      "no OpenID document, no endpoint")
    let basic = World().probed(World.challenge("Basic realm=x")).run()
    #expect(basic.code == .resourceMetadataUnavailable)
    let elsewhere = Self.legacyWorld.run(Self.target { $0.issuer = World.issuer })
    #expect(elsewhere.code == .authorizationServerMetadataUnavailable)
  }

  @Test(
    "Discovery#Servers-without-metadata: metadata_url replaces the legacy document; if it fails, no endpoints are guessed"
  )
  func legacyMetadataURL() {
    let url = "https://mcp.example/snow"
    let target = Self.target { $0.metadataURL = url }
    #expect(Self.legacyWorld.run(target).code == .authorizationServerMetadataUnavailable)
    #expect(Self.legacyWorld.with(url, World.metadata(.string(Self.origin))).run(target).value?.route == .legacy)
    #expect(Self.legacyWorld.with(url, World.metadata()).run(target).code == .issuerMismatch)
  }

  // MARK: Report of a failure

  @Test("ErrorCodes#What-a-failure-says: a failure lists every request with its note, and contains only printable text")
  func report() throws {
    let evil = "https://evil.example/\u{1b}[2J\n::error::\u{202e}"
    let transcript = World.good.with(World.issuerDocument, World.metadata(.string(evil))).run()
    let diagnostic = try #require(transcript.result.error?.diagnostic)
    #expect(diagnostic.requests.map(\.status) == [401, 200, 200])
    #expect(diagnostic.requests.map(\.contentType) == [nil, "application/json", "application/json"])
    #expect(transcript.notes[1] == "found" && transcript.notes[2].hasPrefix("invalid: its issuer is"))
    let everything = String(describing: diagnostic)
    #expect(!everything.unicodeScalars.contains { $0 == "\u{1b}" || $0 == "\u{202e}" || $0 == "\n" })
    #expect(diagnostic.notes.contains("while reading the authorization server metadata"))
    #expect(!diagnostic.help.isEmpty)
  }
}
