import MCPAuthCore
import Testing

/// What is found, how severe it is, and where it is documented.
@Suite struct InspectionFindingTests {
  typealias World = DiscoveryWorld
  typealias Found = (code: String, grade: InspectionFinding.Grade, reference: String)

  static let pointed = #"Bearer resource_metadata="\#(World.pathDocument)""#

  private static func documents(_ more: [String: JSON]) -> World {
    World.good.with(World.issuerDocument, World.metadata(.string(World.issuer), more))
  }

  private static func resource(_ more: [String: JSON]) -> World {
    World.good.with(World.pathDocument, World.resource(.string(World.server), more))
  }

  private static func text(_ type: String?) -> World.Answer {
    guard case .success(var response) = World.resource() else { return World.status(404) }
    response.fields = type.map { [HTTPField("Content-Type", $0)] } ?? []
    return .success(response)
  }

  static let table: [Case<(World, Found)>] = [
    Case("401 without a field", (World.good, ("challenge-missing", .warning, "RFC 9110 section 15.5.2"))),
    Case(
      "a field that is no challenge",
      (World.good.probed(World.challenge("=,=")), ("challenge-unreadable", .warning, "RFC 9110 section 11.6.1"))),
    Case(
      "Basic only",
      (World.good.probed(World.challenge("Basic realm=a")), ("challenge-not-bearer", .warning, "RFC 6750 section 3"))),
    Case(
      "no pointer",
      (
        World.good.probed(World.challenge("Bearer")),
        ("challenge-without-resource-metadata", .warning, "RFC 9728 section 5.1")
      )),
    Case(
      "403",
      (World.good.probed(World.challenge(pointed, status: 403)), ("challenge-status", .warning, "RFC 6750 section 3.1"))
    ),
    Case(
      "an error code",
      (
        World.good.probed(World.challenge(pointed + ", error=x")),
        ("challenge-error-code", .note, "RFC 6750 section 3.1")
      )),
    Case(
      "challenges that differ",
      (
        World.good.probed(
          World.challenge(pointed), World.challenge(#"Bearer resource_metadata="\#(World.rootDocument)""#)),
        ("challenges-differ", .warning, "RFC 9728 section 5.1")
      )),
    Case(
      "two pointers",
      (
        World.good.probed(World.challenge(pointed + #", resource_metadata="https://mcp.example/2""#)),
        ("several-resource-metadata", .note, "RFC 9728 section 5.1")
      )),
    Case(
      "initialize is open",
      (
        World.good.probed(World.challenge(pointed), World.status(200), World.challenge(pointed)),
        ("open-methods", .note, "RFC 9110 section 15.5.2")
      )),
    Case(
      "nothing is refused", (World.good.probed(World.status(200)), ("never-asks", .note, "RFC 9110 section 15.5.2"))),
    Case(
      "the URL redirects",
      (
        World.good.probed(World.redirect("https://mcp.example/mcp/", status: 307)),
        ("server-redirects", .warning, "RFC 9110 section 15.4")
      )),
    Case(
      "one method fails",
      (
        World.good.probed(World.status(500), World.challenge(pointed)),
        ("method-fails", .warning, "RFC 9110 section 15.6")
      )),
    Case(
      "text/plain",
      (World.good.with(World.pathDocument, text("text/plain")), ("content-type", .warning, "RFC 9728 section 3.2"))),
    Case(
      "no type", (World.good.with(World.pathDocument, text(nil)), ("content-type", .warning, "RFC 9728 section 3.2"))),
    Case(
      "a page",
      (World.good.with(World.rootDocument, World.html()), ("not-json", .warning, "RFC 9728 section 3.2"))),
    Case(
      "a page for the authorization server",
      (World.good.with(World.openIDDocument, World.html()), ("not-json", .warning, "RFC 8414 section 3.2"))),
    Case(
      "a wall",
      (World.good.with(World.rootDocument, World.status(403)), ("metadata-denied", .warning, "RFC 9728 section 3.2"))),
    Case(
      "a redirect that is followed",
      (
        World.good.with(World.pathDocument, World.redirect("/meta")).with("https://mcp.example/meta", World.resource()),
        ("metadata-redirected", .note, "RFC 9728 section 3.2")
      )),
    Case(
      "a redirect that is not",
      (
        World.good.with(World.rootDocument, World.redirect("https://else.example/")),
        ("redirect-refused", .warning, "RFC 9110 section 15.4")
      )),
    Case(
      "only where the challenge points",
      (
        DiscoveryWorld(documents: [
          World.issuerDocument: [World.metadata()], "https://mcp.example/m": [World.resource()],
        ])
        .probed(World.challenge(#"Bearer resource_metadata="https://mcp.example/m""#)),
        ("well-known-missing", .note, "RFC 9728 section 3.1")
      )),
    Case(
      "a slash",
      (
        World.good.with(World.pathDocument, World.resource("https://mcp.example/mcp/")),
        ("resource-trailing-slash", .note, "RFC 9728 section 3.3")
      )),
    Case(
      "broader",
      (
        World.good.with(World.pathDocument, World.resource("https://mcp.example/")),
        ("resource-is-broader", .warning, "RFC 9728 section 3.3")
      )),
    Case(
      "two documents",
      (
        World.good.with(World.rootDocument, World.resource(servers: ["https://else.example"])),
        ("resource-documents-differ", .warning, "RFC 9728 section 3.1")
      )),
    Case(
      "offline_access",
      (
        resource(["scopes_supported": ["read", "offline_access"]]),
        ("offline-access-in-resource", .warning, "MCP 2026-07-28 authorization, refresh tokens")
      )),
    Case(
      "query only",
      (resource(["bearer_methods_supported": ["query"]]), ("bearer-methods", .warning, "RFC 9728 section 2"))),
    Case(
      "a wrong type",
      (resource(["scopes_supported": "read"]), ("metadata-member-ignored", .warning, "RFC 9728 section 2"))),
    Case(
      "two documents of one issuer",
      (
        World.good.with(World.openIDDocument, World.metadata(without: ["registration_endpoint"])),
        ("server-documents-differ", .warning, "RFC 8414 section 3.1")
      )),
    Case(
      "OpenID only",
      (
        DiscoveryWorld(documents: [World.pathDocument: [World.resource()], World.openIDDocument: [World.metadata()]]),
        ("openid-document-only", .note, "RFC 8414 section 3.1")
      )),
    Case(
      "a slash of the issuer",
      (
        World.good.with(World.issuerDocument, World.metadata("https://as.example/")),
        ("issuer-trailing-slash", .warning, "RFC 8414 section 3.3")
      )),
    Case(
      "no registration",
      (documents(["registration_endpoint": ""]), ("registration-endpoint-missing", .warning, "RFC 7591 section 3"))),
    Case(
      "documents instead",
      (
        documents(["registration_endpoint": .null, "client_id_metadata_document_supported": true]),
        ("registration-endpoint-missing", .note, "RFC 7591 section 3")
      )),
    Case(
      "documents on offer",
      (
        documents(["client_id_metadata_document_supported": true]),
        ("client-documents-offered", .note, "draft-ietf-oauth-client-id-metadata-document section 5")
      )),
    Case("no response types", (World.good, ("response-types", .warning, "RFC 8414 section 2"))),
    Case(
      "no code",
      (documents(["response_types_supported": ["token"]]), ("response-types", .warning, "RFC 8414 section 2"))),
    Case(
      "no code grant",
      (documents(["grant_types_supported": ["client_credentials"]]), ("grant-types", .warning, "RFC 8414 section 2"))),
    Case(
      "no refresh",
      (documents(["grant_types_supported": ["authorization_code"]]), ("grant-types", .note, "RFC 8414 section 2"))),
    Case("no methods", (World.good, ("auth-methods-unstated", .note, "RFC 8414 section 2"))),
    Case("no iss", (World.good, ("iss-parameter-unstated", .note, "RFC 9207 section 3"))),
    Case(
      "identity assertions",
      (
        documents(["authorization_grant_profiles_supported": ["urn:ietf:params:oauth:grant-profile:id-jag"]]),
        ("enterprise-managed", .note, "MCP enterprise-managed authorization")
      )),
    Case(
      "tokens bound to a key",
      (documents(["dpop_signing_alg_values_supported": ["ES256"]]), ("dpop", .note, "RFC 9449 section 5.1"))),
    Case(
      "a key pair at the token endpoint",
      (
        documents(["token_endpoint_auth_methods_supported": ["none", "private_key_jwt"]]),
        ("private-key-jwt", .note, "RFC 7523 section 2.2")
      )),
    Case(
      "another resource's",
      (
        documents(["protected_resources": ["https://mcp.example/other"]]),
        ("protected-resources", .warning, "RFC 9728 section 4")
      )),
  ]

  @Test("Discovery#Inspection: each finding has its name, its severity and its section", arguments: table)
  func found(row: Case<(DiscoveryWorld, Found)>) throws {
    let (world, due) = row.value
    let finding = try world.inspect().finding(due.code)
    #expect(finding.grade == due.grade, "\(finding)")
    #expect(finding.rule.reference == due.reference)
    #expect(!finding.message.isEmpty && !finding.message.hasSuffix("."))
    #expect(!finding.help.isEmpty || due.code == "metadata-member-ignored")
  }

  @Test("Discovery#Inspection: for a server that does everything right the only findings are what it could add")
  func nothing() throws {
    let more: [String: JSON] = [
      "response_types_supported": ["code"], "grant_types_supported": ["authorization_code", "refresh_token"],
      "token_endpoint_auth_methods_supported": ["none"], "authorization_response_iss_parameter_supported": true,
    ]
    let it = try Self.documents(more).probed(World.challenge(Self.pointed)).inspect()
    #expect(it.inspection.findings.map(\.code) == ["client-documents-unsupported"])
  }

  @Test(
    "Discovery#Inspection: if a client can be registered nothing is an error; otherwise the error of discovery is listed, exactly once"
  )
  func grades() throws {
    let worlds = [
      World.good, World.good.with(World.pathDocument, World.resource("https://mcp.example/other")),
      World.good.with(World.issuerDocument, World.metadata("https://else.example")),
      World.good.with(World.issuerDocument, World.status(500)), World.good.probed(.failure(.notSent(reason: "x"))),
      World.good.with(World.pathDocument, World.resource(servers: ["http://as.example"])),
      World.good.with(World.pathDocument, World.resource(servers: ["https://as.example?x"])),
      World.good.with(World.pathDocument, World.resource(servers: [.string(World.server)])),
      World.good.with(World.pathDocument, .failure(.addressBlocked(reason: "private"))),
      World.good.with(World.pathDocument, .failure(.tooLarge(limit: 5))),
    ]
    for world in worlds {
      let it = try world.inspect()
      let code = it.result.error?.diagnostic.code.rawValue
      #expect(it.errors.isEmpty == (code == nil), "\(it.errors)")
      if let code { #expect(it.errors.count { $0 == code } == 1, "\(code): \(it.inspection.findings)") }
    }
  }

  @Test("ErrorCodes#What-a-failure-says: no name of an inspect finding is also an error code")
  func names() {
    let codes = Set(DiagnosticCode.allCases.map(\.rawValue))
    for remark in InspectionRemark.allCases {
      #expect(!codes.contains(remark.rawValue))
      #expect(remark.rawValue.allSatisfy { $0.isLowercase || $0 == "-" })
    }
  }

  @Test("ThreatModel#Text-of-a-server: text of a server in a finding is cut, and has no control characters")
  func foreign() throws {
    let evil = "\u{1B}]8;;x\u{7}\u{202E}::set-output\n" + String(repeating: "A", count: 4096)
    let it = try World.good
      .probed(
        World.challenge(
          #"Bearer resource_metadata="https://mcp.example/\u{1b}", realm="\#(String(repeating: "x", count: 999))""#)
      )
      .with(World.pathDocument, World.resource(.string(evil), ["bearer_methods_supported": [.string(evil)]]))
      .with(World.rootDocument, World.redirect(evil)).inspect()
    for finding in it.inspection.findings {
      for text in [finding.message] + finding.help + finding.notes {
        #expect(
          !text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E },
          "\(text.debugDescription)")
        #expect(text.utf8.count < 2048)
      }
    }
    for line in it.inspection.requests {
      #expect(!(line.location ?? "").unicodeScalars.contains { $0.value < 0x20 })
    }
  }
}
