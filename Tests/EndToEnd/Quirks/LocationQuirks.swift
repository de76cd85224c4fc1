import MCPAuthSandbox
import Testing

/// RealServers#15 to RealServers#25: issuers that differ from the metadata, documents at other places.
enum LocationQuirks {
  static let rows: [Quirk] = [
    slash, tenant, oldAtlassian, otherIssuer, clerk, datadog, listsItself, derived, appended, segmentAbove, rootDefault,
  ]

  private static let slash = Quirk(
    15, "Expo and others: the document's issuer ends in a slash, the metadata's does not",
    "accepted, with issuer-trailing-slash; both texts are locked",
    made: { $0.issuerMetadataChanges = ["issuer": "{issuer}/"] }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.warnings == ["issuer-trailing-slash"])
    #expect(it.entry["issuer"].string == it.issuer + "/")
    #expect(it.entry["authorization_server"].string == it.issuer)
  }

  private static let tenant = Quirk(
    16, "Atlassian authv2: the authorization server is <issuer>/<tenant>, the document's issuer is above it",
    "issuer-mismatch; accepted with exactly that issuer in the inventory",
    made: {
      $0.issuerPath = "/as/quirk/tenant"
      $0.issuerMetadataChanges = ["issuer": "{origin}/as/quirk"]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("issuer-mismatch", says: [it.origin + "/as/quirk'", it.origin + "/as/quirk/tenant'"])
    it.expectNoEndpointAsked()
    let slashed = try await sandbox.again(it, "issuer: \"\(it.origin)/as/quirk/\"")
    slashed.expectFailure("issuer-mismatch")
    let pinned = try await sandbox.again(it, "issuer: \"\(it.origin)/as/quirk\"")
    pinned.expectClient()
    #expect(pinned.entry["issuer"].string == it.origin + "/as/quirk")
    #expect(pinned.entry["authorization_server"].string == it.origin + "/as/quirk/tenant")
  }

  private static let oldAtlassian = Quirk(
    17, "Atlassian v1: no resource metadata; a document at the origin's root, whose issuer is another host",
    "issuer-mismatch, no guess from the domain; accepted with that issuer in the inventory",
    made: {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = []
      $0.issuerMetadataChanges = ["issuer": "https://cf.mcp.atlassian.example"]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("issuer-mismatch", says: ["https://cf.mcp.atlassian.example", it.origin])
    #expect(
      it.trail == ["POST mcp", "GET resource-metadata", "GET root-resource-metadata", "GET oauth-metadata"])
    let pinned = try await sandbox.again(it, "issuer: https://cf.mcp.atlassian.example")
    pinned.expectClient()
    #expect(pinned.entry["discovered_by"].string == "legacy-2025-03-26")
    #expect(pinned.entry["issuer"].string == "https://cf.mcp.atlassian.example")
  }

  private static let otherIssuer = Quirk(
    18, "Meta, GitLab: the resource's own URL is listed as authorization server, its document has another issuer",
    "issuer-mismatch; solved by an issuer per server in the inventory, which is in the lock's inputs",
    made: {
      $0.metadataChanges = ["authorization_servers": ["{resource}"]]
    }
  ) { sandbox in
    let url = sandbox.quirkURL
    let path = "/.well-known/oauth-authorization-server/quirk/mcp"
    let base = sandbox.quirkIssuer
    sandbox.answer(
      "GET", path,
      with: .json(
        200,
        [
          "issuer": .string(base), "authorization_endpoint": .string(base + "/authorize"),
          "token_endpoint": .string(base + "/token"), "registration_endpoint": .string(base + "/register"),
          "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported": ["none"],
        ]))
    let it = try await sandbox.quirk()
    it.expectFailure("issuer-mismatch", says: [url, base])
    #expect(it.trail == ["POST mcp", "GET resource-metadata", "GET \(path)"])
    let pinned = try await sandbox.again(it, "issuer: \"\(base)\"")
    pinned.expectClient()
    #expect(pinned.entry["issuer"].string == base)
    #expect(pinned.entry["authorization_server"].string == url)
    #expect(pinned.entry["inputs"].description.contains(base))
  }

  private static let clerk = Quirk(
    19, "Context7: the authorization server is context7.com, the document's issuer clerk.context7.com",
    "issuer-mismatch; accepted only with that issuer in the inventory",
    made: { $0.issuerMetadataChanges = ["issuer": "https://clerk.context7.example"] }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("issuer-mismatch", says: ["https://clerk.context7.example", it.issuer])
    it.expectNoEndpointAsked()
    for wrong in ["https://CLERK.context7.example", "https://context7.example"] {
      let other = try await sandbox.again(it, "issuer: \(wrong)")
      other.expectFailure("issuer-mismatch")
      other.expectNoEndpointAsked()
    }
    let pinned = try await sandbox.again(it, "issuer: https://clerk.context7.example")
    pinned.expectClient()
    #expect(pinned.entry["issuer"].string == "https://clerk.context7.example")
  }

  private static let datadog = Quirk(
    20, "Datadog: a bare 401; the document at the origin has an issuer with a path",
    "the path form of the resource metadata is requested first; then issuer-mismatch",
    made: {
      $0.home = .ownOrigin
      $0.challenge = []
      $0.metadataPlaces = []
      $0.issuerMetadataChanges = ["issuer": "{origin}/v1/mcp"]
      $0.registration.methods = ["none"]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("issuer-mismatch", says: [it.origin + "/v1/mcp"])
    #expect(
      it.paths == [
        "/mcp", "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-authorization-server",
      ])
    let pinned = try await sandbox.again(it, "issuer: \"\(it.origin)/v1/mcp\"")
    pinned.expectClient()
    #expect(pinned.entry["token_endpoint_auth_method"].string == "none")
  }

  private static let listsItself = Quirk(
    21, "laravel/mcp: the metadata lists the server's own URL as authorization server, but there is none",
    "the message says it; the root document of the origin is not requested",
    made: {
      $0.home = .ownOrigin
      $0.metadataPlaces = [.path]
      $0.metadataChanges = ["authorization_servers": ["{resource}"]]
    }
  ) { sandbox in
    // The root document exists and is valid, but it is not for this issuer.
    let it = try await sandbox.quirk()
    it.expectFailure("authorization-server-metadata-unavailable", says: ["lists the resource itself"])
    #expect(!it.trail.contains("GET oauth-metadata"), "\(it.trail)")
    it.expectNoEndpointAsked()
  }

  private static let derived = Quirk(
    22, "the authorization and registration endpoints have other paths than the issuer",
    "one document is read once, and its endpoints are used unchanged",
    made: {
      $0.issuerMetadataChanges = [
        "authorization_endpoint": "{origin}/login/v2/authorize?tenant=a",
        "registration_endpoint": "{origin}/gate/clients?tenant=a",
      ]
    }
  ) { sandbox in
    sandbox.answer(
      "POST", "/gate/clients",
      with: .json(201, ["client_id": "made-at-the-gate", "token_endpoint_auth_method": "none"]))
    let it = try await sandbox.quirk()
    #expect(it.run.exit == 0, "\(it.run.all)")
    #expect(it.trail == ["POST mcp", "GET resource-metadata", "GET oauth-metadata", "POST /gate/clients"])
    #expect(it.requests.last?.query == "tenant=a")
    #expect(it.entry["client_id"].string == "made-at-the-gate")
    #expect(it.entry["registration_endpoint"].string == it.origin + "/gate/clients?tenant=a")
    #expect(it.entry["authorization_endpoint"].string == it.origin + "/login/v2/authorize?tenant=a")
  }

  private static let appended = Quirk(
    23, "monday.com: 401 at a well-known name appended to the server's URL; the root form is behind a redirect",
    "only the URLs of the specification are requested; a redirect on the same host is followed",
    made: {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = [.elsewhere]
      $0.faults[.rootResourceMetadata] = SandboxFault(.redirect(301, to: "/elsewhere.json"))
    }
  ) { sandbox in
    sandbox.answer("GET", "/mcp/.well-known/oauth-protected-resource", with: .text(401, "no"))
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(
      it.paths.dropFirst().prefix(3) == [
        "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource", "/elsewhere.json",
      ])
    #expect(!it.paths.contains { $0.hasPrefix("/mcp/") })
    #expect(it.entry["discovered_by"].string == "well-known-root")
  }

  private static let segmentAbove = Quirk(
    24, "Claude Design: only the challenge names the place of the metadata, whose resource is one segment above",
    "the URL of the challenge is used; resource-is-broader",
    made: {
      $0.metadataPlaces = [.elsewhere]
      $0.metadataChanges = ["resource": "{origin}/quirk"]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.trail.prefix(2) == ["POST mcp", "GET other-resource-metadata"])
    #expect(it.warnings == ["resource-is-broader"])
    #expect(it.entry["resource"].string == it.origin + "/quirk")
    #expect(it.entry["discovered_by"].string == "challenge")
  }

  private static let rootDefault = Quirk(
    25, "the server SDKs' default: root metadata with resource https://host/ for /mcp",
    "accepted as a prefix, with resource-is-broader; the resource is locked as received",
    made: {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = [.root]
      $0.metadataChanges = ["resource": "{origin}/"]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.warnings == ["resource-is-broader"])
    #expect(it.entry["resource"].string == it.origin + "/")
    #expect(it.entry["discovered_by"].string == "well-known-root")
  }
}
