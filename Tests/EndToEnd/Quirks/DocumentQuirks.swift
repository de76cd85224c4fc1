import MCPAuthSandbox
import Testing

/// RealServers#26 to RealServers#36: resource metadata and challenges that are denied, wrong or unusual.
enum DocumentQuirks {
  static let rows: [Quirk] = [
    page, denied, unreachable, rootOnly, plaintext, slash, otherHost, noResource, twoPointers, oddFields, postOnly,
  ]

  private static let page = Quirk(
    26, "a single-page application: 200 and HTML for every well-known address",
    "absent at a guessed URL, an error at a URL from a challenge",
    made: {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = []
      $0.issuerMetadataPlaces = []
      $0.otherwise = .html()
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.entry["discovered_by"].string == "legacy-2025-03-26")
    #expect(
      it.trail == [
        "POST mcp", "GET resource-metadata", "GET root-resource-metadata", "GET oauth-metadata", "POST register",
      ])
    sandbox.change(Quirk.kind) {
      $0.challenge = [#"Bearer resource_metadata="{origin}/.well-known/oauth-protected-resource/mcp""#]
    }
    let named = try await sandbox.quirk()
    named.expectFailure("resource-metadata-unavailable", says: ["text/html"])
    #expect(named.trail == ["POST mcp", "GET resource-metadata"])
  }

  private static let denied = Quirk(
    27, "Retool: a CDN answers 401 or 403 at the path form of the resource metadata",
    "denied: the next URL is requested, and a note reports it",
    made: {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = [.root]
      $0.faults[.resourceMetadata] = SandboxFault(.text(403, "Forbidden"), times: 1)
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.trail.prefix(3) == ["POST mcp", "GET resource-metadata", "GET root-resource-metadata"])
    sandbox.change(Quirk.kind) {
      $0.faults[.resourceMetadata] = SandboxFault(.text(401, "no"))
      $0.metadataChanges = ["authorization_servers": []]
    }
    let failing = try await sandbox.quirk()
    failing.expectFailure("no-authorization-server")
    let requests = failing.server["error"]["requests"].array
    #expect(requests.map { $0["status"].integer } == [401, 401, 200])
    #expect(requests[1]["note"].string?.contains("denied") == true, "\(requests)")
  }

  private static let unreachable = Quirk(
    28, "the document that the challenge names cannot be read, while the origin has its own metadata",
    "an error: neither the well-known URLs nor the origin are requested",
    made: {
      $0.home = .ownOrigin
      $0.metadataPlaces = [.path, .root]
      $0.challenge = [#"Bearer resource_metadata="{origin}/nowhere""#]
    }
  ) { sandbox in
    let absent = try await sandbox.quirk()
    absent.expectFailure("resource-metadata-unavailable", says: [absent.origin + "/nowhere", "404"])
    #expect(absent.trail == ["POST mcp", "GET /nowhere"])
    sandbox.answer("GET", "/nowhere", with: .drop)
    let dropped = try await sandbox.quirk()
    dropped.expectFailure("unreachable")
    #expect(dropped.trail == ["POST mcp", "GET /nowhere", "GET /nowhere", "GET /nowhere"])
  }

  private static let rootOnly = Quirk(
    29, "Expo: the path form is 404, the root form exists",
    "first the path form, then the root form",
    made: {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = [.root]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.trail.prefix(3) == ["POST mcp", "GET resource-metadata", "GET root-resource-metadata"])
    #expect(it.warnings.isEmpty)
  }

  private static let plaintext = Quirk(
    30, "behind a TLS proxy: http in issuer and resource",
    "refused with a hint about X-Forwarded-Proto; never changed to https",
    made: { $0.metadataChanges = ["authorization_servers": ["http://auth.sandbox.example"]] }
  ) { sandbox in
    let issuer = try await sandbox.quirk()
    issuer.expectFailure("insecure-url", says: ["X-Forwarded-Proto", "http://auth.sandbox.example"])
    #expect(issuer.trail == ["POST mcp", "GET resource-metadata"])
    sandbox.change(Quirk.kind) { $0.metadataChanges = ["resource": "http://mcp.sandbox.example/mcp"] }
    let resource = try await sandbox.quirk()
    resource.expectFailure("resource-mismatch", says: ["X-Forwarded-Proto", "http://mcp.sandbox.example/mcp"])
    #expect(resource.requests.allSatisfy { !$0.isToAnAuthorizationServer })
  }

  private static let slash = Quirk(
    31, "GitHub: the resource and the server's URL differ in a trailing slash; two resources at one origin",
    "compared without one trailing slash; each resource is locked as received",
    {
      let first = SandboxKind("one", "")
      var second = SandboxKind("two", "")
      second.metadataChanges = ["resource": "{resource}/"]
      var configuration = SandboxConfiguration(kinds: [])
      configuration.kinds = [first, second]
      try await withServers(configuration) { sandbox in
        let place = try Workplace(servers: sandbox.block("one") + "\n" + sandbox.block("two"))
        let run = try await place.run("apply")
        #expect(run.exit == 0, "\(run.all)")
        #expect(try place.entry("one")["resource"].string == sandbox.url("one"))
        #expect(try place.entry("two")["resource"].string == sandbox.url("two") + "/")
        #expect(!run.all.contains("warning"))
      }
    })

  private static let otherHost = Quirk(
    32, "a proxy or an alias: the resource is of another host",
    "resource-mismatch before any registration; oauth2.resource can name the resource of the tokens",
    made: { $0.metadataChanges = ["resource": "https://mcp.other.example/mcp"] }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("resource-mismatch", says: ["https://mcp.other.example/mcp", it.url, "oauth2.resource"])
    #expect(it.requests.allSatisfy { !$0.isToAnAuthorizationServer })
    let written = try await sandbox.again(it, "resource: https://mcp.other.example/mcp")
    written.expectClient()
    #expect(written.entry["resource"].string == "https://mcp.other.example/mcp")
  }

  private static let noResource = Quirk(
    33, "resource metadata without resource",
    "resource-mismatch with the member and the section of the RFC",
    made: { $0.metadataChanges = ["resource": .null] }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("resource-mismatch", says: ["resource", "RFC 9728 section 2", "required"])
    #expect(it.requests.allSatisfy { !$0.isToAnAuthorizationServer })
  }

  private static let twoPointers = Quirk(
    34, "Sentry: two resource_metadata in one challenge, the first 404",
    "tried in order; an error only when all fail",
    made: {
      $0.challenge = [#"Bearer resource_metadata="{origin}/nowhere", resource_metadata="{metadata}""#]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.trail.prefix(3) == ["POST mcp", "GET /nowhere", "GET resource-metadata"])
    sandbox.change(Quirk.kind) {
      $0.challenge = [#"Bearer resource_metadata="{origin}/nowhere", resource_metadata="{origin}/nor-there""#]
    }
    let none = try await sandbox.quirk()
    none.expectFailure("resource-metadata-unavailable")
    #expect(none.trail == ["POST mcp", "GET /nowhere", "GET /nor-there"])
  }

  private static let oddFields = Quirk(
    35, "challenges with spaces around '=', single quotes, Negotiate first, several fields",
    "all are read; names are case-insensitive; any challenge can have resource_metadata",
    made: { _ in }
  ) { sandbox in
    let shapes: [[String]] = [
      [#"Negotiate, Bearer resource_metadata = "{metadata}""#], ["bearer resource_metadata='{metadata}'"],
      [
        "Negotiate TlRMTVNTUAAB==", #"Basic realm="a, b=\"c\"""#, #"DPoP algs="ES256", RESOURCE_METADATA="{metadata}""#,
      ],
      ["Bearer resource_metadata={metadata}"], [#"Bearer error="invalid_token" resource_metadata="{metadata}""#],
      [#", ,Bearer realm="x",,resource_metadata="{metadata}","#],
    ]
    for shape in shapes {
      sandbox.change(Quirk.kind) {
        // Only resource_metadata leads to the document.
        $0.metadataPlaces = [.elsewhere]
        $0.challenge = shape
      }
      let it = try await sandbox.quirk()
      it.expectClient()
      #expect(it.entry["discovered_by"].string == "challenge", "\(shape)")
      #expect(it.requests.filter { $0.endpoint == .mcp }.count == 1, "\(shape)")
    }
  }

  private static let postOnly = Quirk(
    36, "401 only for POST, GET is 405, 404 or 200; or POST is 403 without a CSRF token, and GET has the challenge",
    "first all POST probes, then GET; any answer can have the challenge",
    made: { $0.asking = .postOnly }
  ) { sandbox in
    for status in [405, 404, 200] {
      sandbox.change(Quirk.kind) { $0.getAnswer = .text(status, "x") }
      let it = try await sandbox.quirk()
      it.expectClient()
      #expect(it.requests.compactMap(\.rung) == ["server/discover"])
    }
    sandbox.change(Quirk.kind) {
      $0.asking = .getOnly
      $0.metadataPlaces = [.elsewhere]
    }
    sandbox.answer("POST", "/quirk/mcp", with: .text(403, "CSRF token missing"))
    let get = try await sandbox.quirk()
    get.expectClient()
    #expect(get.requests.compactMap(\.rung) == ["server/discover", "initialize", "tools/list", "GET"])
  }
}
