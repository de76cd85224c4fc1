import MCPAuthSandbox
import Testing

/// RealServers#1 to RealServers#14: providers without dynamic registration, or without one that can be used.
enum ProviderQuirks {
  static let rows: [Quirk] = [
    github, slack, google, hubspot, asana, entra, okta, salesforce, figma, keycloak, snowflake, stackOverflow, auth0,
    documentsOnly,
  ]

  private static let github = Quirk(
    1, "GitHub: no registration_endpoint in the metadata",
    "needs manual credentials: names endpoints, issuer and redirect URI, and has lines to paste; guesses no endpoint",
    made: { $0.registration.isOffered = false }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure(
      "registration-unsupported",
      says: [
        "needs manual credentials", it.issuer, it.issuer + "/authorize", it.issuer + "/token", Quirk.redirectURI,
        "registration: preregistered", "client_secret: {env: CLIENT_SECRET}",
      ])
    it.expectNoEndpointAsked()
    // The lines to paste are right: the next run accepts them.
    let pasted = try await sandbox.again(it, "registration: preregistered", "client_id: Iv1.abc")
    pasted.expectClient()
    pasted.expectNoEndpointAsked()
    #expect(pasted.entry["client_id"].string == "Iv1.abc")
    #expect(pasted.entry["token_endpoint"].string == it.issuer + "/token")
  }

  private static let slack = Quirk(
    2, "Slack: no registration, and the document at the server's host has another issuer",
    "issuer-mismatch; with that issuer in the inventory, manual credentials with the exact redirect URI",
    made: {
      $0.registration.isOffered = false
      $0.issuerMetadataChanges = ["issuer": "https://slack.example"]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("issuer-mismatch", says: ["https://slack.example", it.issuer, "write issuer:"])
    it.expectNoEndpointAsked()
    let pinned = try await sandbox.again(it, "issuer: https://slack.example")
    pinned.expectFailure("registration-unsupported", says: [Quirk.redirectURI, "https://slack.example"])
    let own = try await sandbox.again(
      it, "issuer: https://slack.example", "registration: preregistered", "client_id: own",
      "redirect_uris: [\"http://127.0.0.1:9999/exactly/here\"]")
    own.expectClient()
    own.expectNoEndpointAsked()
    #expect(own.entry["issuer"].string == "https://slack.example")
    #expect(own.entry["redirect_uris"].strings == ["http://127.0.0.1:9999/exactly/here"])
  }

  private static let google = Quirk(
    3, "Google: initialize and tools/list are open, only tools/call requires authorization; no registration",
    "the well-known document is read although every probe succeeded; guesses no endpoint",
    made: {
      $0.asking = .methods(["tools/call"])
      $0.registration.isOffered = false
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    #expect(it.requests.compactMap(\.rung) == ["server/discover", "initialize", "tools/list", "GET"])
    #expect(it.trail.suffix(2) == ["GET resource-metadata", "GET oauth-metadata"])
    it.expectFailure("registration-unsupported")
    it.expectNoEndpointAsked()
  }

  private static let hubspot = Quirk(
    4, "HubSpot: no registration endpoint, client_secret_post only",
    "as RealServers#1, and names the method to configure; for a preregistered client it is from the server's list",
    made: {
      $0.registration.isOffered = false
      $0.registration.methods = ["client_secret_post"]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("registration-unsupported", says: ["client_secret_post"])
    it.expectNoEndpointAsked()
    let own = try await sandbox.again(
      it, "registration: preregistered", "client_id: own", "client_secret: {env: OWN_SECRET}",
      environment: ["OWN_SECRET": "hubspot-secret-0123"])
    own.expectClient()
    #expect(own.entry["token_endpoint_auth_method"].string == "client_secret_post")
    #expect(!own.run.all.contains("hubspot-secret-0123"))
    #expect(own.place.lockText?.contains("hubspot-secret-0123") == false)
  }

  private static let asana = Quirk(
    5, "Asana: another host's authorization server, confidential clients only, no registration, no documents",
    "registration-unsupported, also with a metadata document; the lines to paste have a secret",
    made: {
      $0.registration.isOffered = false
      $0.registration.methods = ["client_secret_basic", "client_secret_post"]
    }
  ) { sandbox in
    let it = try await sandbox.quirk(
      client: "name: E\n  redirect_uris: [\"\(Workplace.redirectURI)\"]\n  metadata_url: \(sandbox.origin)/client.json")
    it.expectFailure("registration-unsupported", says: ["client_secret: {env: CLIENT_SECRET}", "client_secret_basic"])
    it.expectNoEndpointAsked()
    #expect(!it.paths.contains("/client.json"))
  }

  private static let entra = Quirk(
    6, "Entra ID: a template as issuer, PKCE is not mentioned, no registration",
    "issuer-mismatch, the template is not a wildcard; pkce: assume_s256 adds the missing member; scope and resource are separate",
    made: {
      $0.registration.isOffered = false
      $0.issuerMetadataChanges = [
        "issuer": "https://login.example/{tenantid}/v2.0", "code_challenge_methods_supported": .null,
      ]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("issuer-mismatch", says: ["https://login.example/{tenantid}/v2.0", it.issuer])
    let other = try await sandbox.again(it, "issuer: https://login.example/72f988bf/v2.0")
    other.expectFailure("issuer-mismatch")
    sandbox.change(Quirk.kind) { $0.issuerMetadataChanges["issuer"] = nil }
    let open = try await sandbox.again(it)
    open.expectFailure("pkce-unsupported", says: ["assume_s256"])
    let assumed = try await sandbox.again(
      it, "pkce: assume_s256", "registration: preregistered", "client_id: own", "scopes: [\"api://mcp/.default\"]")
    assumed.expectClient()
    #expect(assumed.warnings == ["pkce-assumed"])
    #expect(assumed.entry["scopes"].strings == ["api://mcp/.default"])
    #expect(assumed.entry["resource"].string == it.url)
    for run in [it, other, open, assumed] { run.expectNoEndpointAsked() }
  }

  private static let okta = Quirk(
    7, "Okta: the registration endpoint requires a token",
    "registration-protected after one request; initial_access_token is sent only to that endpoint",
    made: { $0.registration.initialAccessToken = "okta-initial-token" }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("registration-protected", says: ["initial_access_token", "401"])
    #expect(it.calls == ["POST register"])
    let with = try await sandbox.again(
      it, "issuer: \"\(it.issuer)\"", "initial_access_token: {env: TOKEN}", environment: ["TOKEN": "okta-initial-token"]
    )
    with.expectClient()
    let carriers = with.requests.filter { $0.record.text().contains("okta-initial-token") }
    #expect(carriers.map(\.step) == ["POST register"])
    #expect(carriers.first?.value(of: "Authorization") == "Bearer okta-initial-token")
  }

  private static let salesforce = Quirk(
    8, "Salesforce: the resource in the metadata has ':443', its issuer is the login host",
    "both values are shown; default ports are removed before URLs are built; no request with manual credentials",
    made: {
      $0.metadataChanges = ["resource": "https://api.sandbox.example:443/platform/mcp"]
      $0.issuerMetadataChanges = ["issuer": "https://login.sandbox.example"]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("resource-mismatch", says: ["https://api.sandbox.example:443/platform/mcp", it.url])
    #expect(it.requests.allSatisfy { !$0.isToAnAuthorizationServer })
    let resource = try await sandbox.again(it, "resource: \"https://api.sandbox.example:443/platform/mcp\"")
    resource.expectFailure("issuer-mismatch", says: ["https://login.sandbox.example", it.issuer])
    resource.expectNoEndpointAsked()
    try it.place.write(
      servers: "a: {url: \"https://API.sandbox.example:443/mcp\"}\nb: {url: \"https://api.sandbox.example/mcp\"}")
    let twice = try await it.place.run("validate", "--format", "json")
    #expect(try twice.json()["diagnostics"][0]["code"].string == "duplicate-url", "\(twice.all)")
    let manual = try await sandbox.again(
      it, "client_id: own", "authorization_endpoint: https://login.sandbox.example/authorize",
      "token_endpoint: https://login.sandbox.example/token")
    #expect(manual.run.exit == 0 && manual.requests.isEmpty, "\(manual.run.all)")
    #expect(manual.entry["mode"].string == "manual")
  }

  private static let figma = Quirk(
    9, "Figma: 403 in plain text unless client_name is on a list; lists 'none', but issues a secret",
    "registration-protected with status and text; client_name is that of the inventory",
    made: {
      $0.registration.methods = ["none"]
      $0.registration.givesSecretToPublicClients = true
      $0.faults[.register] = SandboxFault(.text(403, "Forbidden: client is not allowed"), times: 1)
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("registration-protected", says: ["403", "Forbidden: client is not allowed", "allow list"])
    #expect(try it.body()["client_name"] == "End to end")
    let named = try await sandbox.again(it, "client_name: Acme by agreement")
    named.expectClient()
    #expect(try named.body()["client_name"] == "Acme by agreement")
    #expect(named.entry["token_endpoint_auth_method"].string == "none")
    #expect(named.warnings == ["unusual-answer"])
    #expect(try named.place.record(Quirk.kind)["client_secret"].string == named.clients.first?.secret)
  }

  private static let keycloak = Quirk(
    10, "Keycloak: trusted hosts; refuses 'resource' and scopes that are not the realm's; an issuer with a path",
    "a hint about the policy; a minimal request without unknown members; a retry without the metadata's scopes",
    made: {
      $0.issuerPath = "/as/quirk/realms/acme"
      $0.metadataChanges = ["scopes_supported": ["openid", "mcp"]]
      $0.registration.refusesUnknownMembers = true
      $0.registration.refusesScope = true
      $0.faults[.register] = SandboxFault(
        .oauthError(
          403, "insufficient_scope",
          "Policy 'Trusted Hosts' rejected request to client-registration service. Details: Host not trusted."),
        times: 1)
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("registration-protected", says: ["Trusted Hosts", "Keycloak", "redirect hosts"])
    #expect(it.bodies.count == 1)
    let trusted = try await sandbox.again(it)
    trusted.expectClient()
    #expect(trusted.bodies.map { $0["scope"]?.string } == ["openid mcp", nil])
    #expect(trusted.bodies.allSatisfy { $0["resource"] == nil })
    #expect(trusted.warnings == ["registration-retried"])
    #expect(trusted.entry["issuer"].string == it.origin + "/as/quirk/realms/acme")
  }

  private static let snowflake = Quirk(
    11, "Snowflake: the metadata is 404, the endpoints exist",
    "no guess; metadata_url or the three manual keys name them",
    made: { $0.issuerMetadataPlaces = [] }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("authorization-server-metadata-unavailable", says: ["metadata_url", "token_endpoint"])
    it.expectNoEndpointAsked()
    sandbox.answer(
      "GET", "/oauth/about.json",
      with: .json(
        200,
        [
          "issuer": .string(it.issuer), "authorization_endpoint": .string(it.issuer + "/authorize"),
          "token_endpoint": .string(it.issuer + "/token"), "registration_endpoint": .string(it.issuer + "/register"),
          "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported": ["none"],
        ]))
    let named = try await sandbox.again(it, "metadata_url: \"\(sandbox.origin)/oauth/about.json\"")
    named.expectClient()
    #expect(named.trail == ["POST mcp", "GET resource-metadata", "GET /oauth/about.json", "POST register"])
    let manual = try await sandbox.quirk(
      "client_id: own", "authorization_endpoint: \"\(it.issuer)/authorize\"", "token_endpoint: \"\(it.issuer)/token\"")
    manual.expectClient()
    #expect(manual.requests.isEmpty && manual.entry["mode"].string == "manual", "\(manual.trail)")
  }

  private static let stackOverflow = Quirk(
    12, "Stack Overflow: a bare Bearer challenge, no metadata anywhere, registration at the default endpoint",
    "MCP 2025-03-26, with a warning; or all three endpoints in the inventory, and only the registration is sent",
    made: {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = []
      $0.issuerMetadataPlaces = []
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.entry["discovered_by"].string == "legacy-2025-03-26")
    #expect(it.warnings.contains("legacy-discovery"))
    #expect(it.entry["registration_endpoint"].string == it.origin + "/register")
    let fresh = try await sandbox.quirk(
      "registration: dcr", "registration_endpoint: \"\(it.origin)/register\"",
      "authorization_endpoint: \"\(it.origin)/authorize\"", "token_endpoint: \"\(it.origin)/token\"")
    fresh.expectClient()
    #expect(fresh.trail == ["POST register"])
  }

  private static let auth0 = Quirk(
    13, "Auth0: registration is advertised, but disabled",
    "the message distinguishes it from an endpoint that is not advertised",
    made: { $0.faults[.register] = SandboxFault(.text(404, "Not Found")) }
  ) { sandbox in
    let off = try await sandbox.quirk()
    off.expectFailure(
      "registration-unsupported", says: ["is in the metadata, but does not exist", "404", "preregistered"])
    #expect(off.calls == ["POST register"])
    sandbox.change(Quirk.kind) { $0.registration.isOffered = false }
    let none = try await sandbox.again(off)
    none.expectFailure("registration-unsupported", says: ["has no registration endpoint"])
    #expect(!none.message.contains("advertised"))
  }

  private static let documentsOnly = Quirk(
    14, "Expo, Lovable, Atlassian v2: Client ID Metadata Documents only",
    "with metadata_url the document is the client; without it, the message names metadata_url",
    made: {
      $0.takesClientMetadataDocuments = true
      $0.registration.isOffered = false
    }
  ) { sandbox in
    let without = try await sandbox.quirk()
    without.expectFailure("registration-unsupported", says: ["client.metadata_url", "Client ID Metadata Documents"])
    without.expectNoEndpointAsked()
    let document = sandbox.origin + "/client.json?redirect_uri=" + Quirk.redirectURI
    let with = try await sandbox.quirk(
      client: "name: E\n  redirect_uris: [\"\(Quirk.redirectURI)\"]\n  metadata_url: \"\(document)\"")
    with.expectClient()
    #expect(with.entry["registration"].string == "cimd")
    #expect(with.entry["client_id"].string == document)
    with.expectNoEndpointAsked()
  }
}
