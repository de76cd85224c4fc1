import MCPAuthCore
import Testing

/// What is requested in addition to the discovery walk, and what is not.
@Suite struct InspectionSurveyTests {
  typealias World = DiscoveryWorld

  static let pointed = #"Bearer resource_metadata="\#(World.pathDocument)""#

  @Test("Discovery#Inspection: the rest of the probe, then every form of both documents, each once")
  func everything() throws {
    let it = try World.good.probed(World.challenge(Self.pointed)).inspect()
    #expect(it.walked == 3)
    #expect(it.requests.filter { !$0.wantsBody }.count == 4)
    #expect(it.further == [World.rootDocument, World.openIDDocument])
    #expect(try it.result.get().metadata.issuer == World.issuer)
    #expect(it.errors == [] && it.warnings == ["response-types"], "\(it.inspection.findings)")
  }

  @Test("Discovery#Requests: only the probe is a POST; no endpoint gets a request, and no request has credentials")
  func safe() throws {
    let worlds = [
      World.good, World.good.with(World.pathDocument, World.resource("https://mcp.example/other")),
      World.good.with(World.issuerDocument, World.metadata("https://else.example")),
      World.good.with(World.issuerDocument, World.metadata(without: ["token_endpoint"])),
      World.good.probed(World.status(200)), World.good.probed(World.status(500)),
    ]
    for world in worlds {
      let it = try world.inspect()
      for request in it.requests {
        #expect(request.method == .get || request.url.text == World.server)
        #expect(!["/authorize", "/token", "/register"].contains(request.url.path), "\(request.url.text)")
        #expect(!request.fields.contains { $0.name.lowercased() == "authorization" })
        let isOurs = request.url.origin == "https://mcp.example"
        #expect(request.provenance == (isOurs ? .inventory : .discovered), "\(request.url.text)")
      }
    }
  }

  @Test(
    "Discovery#Inspection: after a resource mismatch the documents of the listed authorization servers are still requested"
  )
  func pastResourceMismatch() throws {
    let it = try World.good
      .with(World.pathDocument, World.resource("https://mcp.example/other"))
      .with(
        World.issuerDocument,
        World.metadata(
          "https://else.example", ["code_challenge_methods_supported": ["plain"]], without: ["token_endpoint"])
      ).inspect()
    #expect(it.result.error?.diagnostic.code == .resourceMismatch)
    #expect(it.further.contains(World.issuerDocument))
    #expect(it.errors == ["resource-mismatch", "issuer-mismatch", "metadata-invalid", "pkce-unsupported"])
    #expect(try it.finding("resource-mismatch").rule.reference == "RFC 9728 section 3.3")
    #expect(try it.finding("issuer-mismatch").rule.reference == "RFC 8414 section 3.3")
    #expect(try it.finding("metadata-invalid").rule.reference == "RFC 8414 section 2")
    #expect(it.inspection.supposed == nil)
  }

  @Test(
    "Discovery#Inspection: after an issuer mismatch everything else that is wrong with the document is still reported"
  )
  func pastIssuerMismatch() throws {
    let it = try World.good.with(
      World.issuerDocument,
      World.metadata(
        "https://else.example",
        ["registration_endpoint": "http://as.example/register", "grant_types_supported": ["client_credentials"]],
        without: ["code_challenge_methods_supported"])
    ).inspect()
    #expect(it.result.error?.diagnostic.code == .issuerMismatch)
    #expect(it.errors == ["issuer-mismatch", "pkce-unsupported", "insecure-url"])
    #expect(it.codes.isSuperset(of: ["grant-types", "response-types"]))
    // The endpoints that a correct document would give are known, and never requested.
    #expect(it.inspection.supposed?.metadata.tokenEndpoint == "https://as.example/token")
  }

  @Test("Discovery#Inspection: after a challenge whose URL has no document, the well-known forms are requested")
  func dangling() throws {
    let it = try World.good.probed(World.challenge(#"Bearer resource_metadata="https://mcp.example/nowhere""#))
      .inspect()
    #expect(it.errors == ["resource-metadata-unavailable"])
    #expect(try it.finding("metadata-elsewhere").message.contains(World.pathDocument))
    #expect(it.further.contains(World.issuerDocument))
  }

  @Test("Discovery#Inspection: all of several authorization servers are inspected, also those after a usable one")
  func several() throws {
    let other = "https://second.example"
    let it = try World.good
      .with(World.pathDocument, World.resource(servers: [.string(World.issuer), .string(other)]))
      .with(other + "/.well-known/oauth-authorization-server", World.metadata("https://third.example"))
      .inspect()
    #expect(it.result.value != nil)
    // A client can be registered, so a mistake of the other authorization server is not an error.
    #expect(it.errors == [] && it.warnings.contains("issuer-mismatch"))
  }

  @Test("Discovery#Inspection: documents whose well-known part was appended to the path are found")
  func misplaced() throws {
    let issuer = "https://as.example/tenant"
    let it = try DiscoveryWorld().probed(World.challenge("Bearer"))
      .with("https://mcp.example/mcp/.well-known/oauth-protected-resource", World.resource()).inspect()
    #expect(try it.finding("metadata-misplaced").help.joined().contains(World.pathDocument))
    let server = try World.good.with(World.pathDocument, World.resource(servers: [.string(issuer)]))
      .with("https://as.example/tenant/.well-known/oauth-authorization-server", World.metadata(.string(issuer)))
      .inspect()
    #expect(server.errors == ["authorization-server-metadata-unavailable"])
    #expect(
      try server.finding("metadata-misplaced").help.joined()
        .contains("https://as.example/.well-known/oauth-authorization-server/tenant"))
  }

  @Test(
    "Discovery#Servers-without-metadata: without any protected resource metadata the origin's documents are requested")
  func legacy() throws {
    let it = try DiscoveryWorld().probed(World.challenge("Bearer"))
      .with("https://mcp.example/.well-known/openid-configuration", World.metadata("https://mcp.example")).inspect()
    #expect(try it.result.get().route == .legacy)
    #expect(it.codes.isSuperset(of: ["legacy-discovery", "openid-document-only"]), "\(it.codes)")
    #expect(it.errors == [])
  }

  @Test(
    "Discovery#Servers-without-metadata: a server that requires nothing and publishes nothing has no authorization server to inspect"
  )
  func open() throws {
    let it = try DiscoveryWorld().probed(World.status(200)).inspect()
    #expect(it.errors == ["no-auth-required"])
    #expect(it.further.allSatisfy { $0.contains("oauth-protected-resource") }, "\(it.further)")
  }

  @Test("Discovery#Requests: a server that accepts no more requests gets no more requests")
  func rateLimited() throws {
    let it = try World.good.probed(World.status(429, [HTTPField("Retry-After", "3600")])).inspect()
    #expect(it.errors == ["rate-limited"] && it.requests.count == it.walked)
  }

  @Test("Discovery#Requests: a host that does not answer gets no second request; the rest is requested")
  func silent() throws {
    let it = try World.good
      .with(World.pathDocument, World.resource(servers: ["https://gone.example", .string(World.issuer)]))
      .with("https://gone.example/.well-known/oauth-authorization-server", .failure(.notSent(reason: "no such host")))
      .inspect()
    #expect(it.errors == ["unreachable"])
    #expect(!it.further.contains { $0.hasPrefix("https://gone.example") })
    #expect(it.further.contains(World.issuerDocument))
  }

  @Test("Discovery#Inspection: the number of requests is limited, however much a server lists")
  func bounded() throws {
    let many = (0..<400).map { JSON.string("https://as\($0).example/tenant") }
    let it = try World.good.with(World.pathDocument, World.resource(servers: .array(many))).inspect()
    #expect(it.requests.count - it.walked <= 64, "\(it.requests.count)")
    #expect(it.errors == ["authorization-server-metadata-unavailable"] || !it.errors.isEmpty)
  }

  @Test("Discovery#Inspection: when the time is over, the report says how much was not requested")
  func stopped() throws {
    let it = try World.good.inspect(stopsAfter: 2)
    #expect(it.requests.count == it.walked + 2)
    #expect(try it.finding("looks-left-out").grade == .note)
  }

  @Test(
    "Discovery#Retries: waits and dates of the walk are repeated as they were",
    arguments: [
      World.status(503, [HTTPField("Retry-After", "0")]), World.status(503),
      World.status(429, [HTTPField("Retry-After", "Fri, 15 Jan 2027 08:00:10 GMT")]),
      .failure(.timeout(seconds: 10, sent: true)),
    ])
  func replay(answer: World.Answer) throws {
    let it = try World.good.with(World.pathDocument, answer, World.resource()).inspect()
    let found = try it.result.get()
    let lines = it.inspection.requests.filter { !$0.isFurther }
    #expect(lines.count == found.requests.count)
    for (line, record) in zip(lines, found.requests) {
      #expect(line.url == record.url && line.status == record.status && line.note == record.note)
      #expect(!line.decision.isEmpty && line.milliseconds == 7)
    }
    #expect(lines[1].decision == "asked again after a while")
  }
}
