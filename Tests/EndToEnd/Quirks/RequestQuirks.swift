import MCPAuthSandbox
import Testing

/// RealServers#37 to RealServers#46: redirect URIs and authentication methods of a registration.
enum RequestQuirks {
  static let rows: [Quirk] = [
    loopbackOnly, secureOnly, hostList, refusedLater, byteExact, drift, placeholder, onlyNeeded, methodLeftOut,
    methodNegotiated,
  ]

  private static let hosted = "name: E\n  redirect_uris: [\"https://coder.acme.example/{server}/callback\"]"

  private static let loopbackOnly = Quirk(
    37, "Vercel: accepts only loopback redirect URIs",
    "redirect-uri-rejected; the help says that a hosted callback cannot be used",
    made: { $0.registration.redirects = .loopbackOnly }
  ) { sandbox in
    let it = try await sandbox.quirk(client: hosted)
    it.expectFailure(
      "redirect-uri-rejected",
      says: ["only loopback redirect URIs are allowed", "accept only loopback redirect URIs", "hosted callback"])
    #expect(it.calls == ["POST register"])
    let desk = try await sandbox.again(it)
    desk.expectClient()
  }

  private static let secureOnly = Quirk(
    38, "ContextStream: https redirect URIs only",
    "the same error code, with the opposite help",
    made: { $0.registration.redirects = .httpsOnly }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure(
      "redirect-uri-rejected", says: ["redirect URIs must use https", "only https redirect URIs", Quirk.redirectURI])
    #expect(!it.help.contains("loopback"))
    let hosted = try await sandbox.again(it, client: hosted)
    hosted.expectClient()
  }

  private static let hostList = Quirk(
    39, "Square, Cal.com, ClickUp: a list of redirect hosts",
    "redirect-uri-rejected with the text of the server, and whom to contact",
    made: {
      $0.faults[.register] = SandboxFault(
        .oauthError(400, "invalid_redirect_uri", "coder.acme.example is not among the partners' hosts"))
    }
  ) { sandbox in
    let it = try await sandbox.quirk(client: hosted)
    it.expectFailure(
      "redirect-uri-rejected",
      says: [
        "coder.acme.example is not among the partners' hosts", "ask its provider",
        "https://coder.acme.example/quirk/callback",
      ])
    #expect(it.bodies.count == 1)
    #expect(it.lock["orphans"].array.isEmpty)
  }

  private static let refusedLater = Quirk(
    40,
    "Plane, Tableau: the registration is answered with 201, but the authorization endpoint refuses the same redirect URI",
    "only verify --redirect-uris sends a request to the authorization endpoint; it follows no redirect, and reports the refusal",
    made: { $0.faults[.authorize] = SandboxFault(.text(400, "redirect_uri is not registered")) }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.calls == ["POST register"])
    #expect(try it.body()["redirect_uris"]?.strings == it.entry["redirect_uris"].strings)
    let verify = try await it.place.run("verify", "--redirect-uris", "--format", "json")
    #expect(verify.exit == 1, "\(verify.all)")
    let server = try verify.json()["servers"][0]
    #expect(server["outcome"].string == "known")
    #expect(server["redirect_uris"][0]["redirect_uri"].string == Quirk.redirectURI)
    #expect(server["redirect_uris"][0]["outcome"].string == "refused", "\(verify.out)")
    // Without the flag, verify sends requests only to the token endpoint.
    #expect(try await it.place.run("verify").exit == 0)
    #expect(sandbox.requests().filter { $0.endpoint == .authorize }.count == 1)
  }

  private static let byteExact = Quirk(
    41, "n8n and others: one redirect URI in the registration, another form of it in use",
    "it is written in one place, sent and locked unchanged; an answer with another form is registration-altered",
    made: { _ in }
  ) { sandbox in
    let odd = "http://127.0.0.1:07777/a/%7e/../b/?x=%2f&y="
    let it = try await sandbox.quirk("redirect_uris: [\"\(odd)\"]")
    it.expectClient()
    #expect(try it.body()["redirect_uris"]?.strings == [odd])
    #expect(it.entry["redirect_uris"].strings == [odd])
    sandbox.change(Quirk.kind) {
      $0.registration.answerChanges = ["redirect_uris": ["http://127.0.0.1:7777/b/?x=%2F&y="]]
    }
    let altered = try await sandbox.quirk("redirect_uris: [\"\(odd)\"]")
    altered.expectFailure("registration-altered", says: [odd, "http://127.0.0.1:7777/b/?x=%2F&y="])
    #expect(altered.lock["orphans"][0]["reason"].string == "check-failed")
  }

  private static let drift = Quirk(
    42, "the redirect URI changes after the registration",
    "replaced, or updated in place with RFC 7592; a stored client is never used with another redirect URI",
    made: { _ in }
  ) { sandbox in
    for isManaged in [false, true] {
      sandbox.change(Quirk.kind) { $0.management = isManaged ? ManagementRules() : nil }
      let first = try await sandbox.quirk("redirect_uris: [\"http://127.0.0.1:7000/callback\"]")
      first.expectClient()
      let moved = try await sandbox.again(first, "redirect_uris: [\"http://127.0.0.1:7001/callback\"]")
      #expect(moved.run.exit == 0, "\(moved.run.all)")
      #expect(moved.action == (isManaged ? "update" : "replace"))
      #expect(moved.reasons == ["redirect-uris-changed"])
      let client = try #require(moved.clients.last)
      #expect(moved.entry["client_id"].string == client.clientID)
      #expect(client.redirectURIs == ["http://127.0.0.1:7001/callback"])
      #expect((moved.entry["client_id"].string == first.entry["client_id"].string) == isManaged)
    }
  }

  private static let placeholder = Quirk(
    43, "a literal placeholder in a redirect URI",
    "unresolved-placeholder, with its place in the inventory, and no request",
    made: { _ in }
  ) { sandbox in
    for uri in [
      "https://acme.example/{id}", "https://<host>/cb", "https://acme.example/$NAME", "https://acme.example/{",
    ] {
      let place = try Workplace(servers: sandbox.block(Quirk.kind, oauth2: ["redirect_uris: [\"\(uri)\"]"]))
      let run = try await place.run("apply", "--format", "json")
      #expect(run.exit == 3, "\(run.all)")
      let diagnostic = try run.json()["diagnostics"][0]
      #expect(diagnostic["code"].string == "unresolved-placeholder", "\(run.out)")
      #expect(diagnostic["line"].integer == 10)
    }
    #expect(sandbox.requests().isEmpty)
  }

  private static let onlyNeeded = Quirk(
    44, "one redirect URI with a scheme that the server does not accept: the whole request is refused",
    "only those of the inventory are sent: a server's list replaces that of the client, and no variants are added",
    made: { $0.registration.redirects = .httpsOnly }
  ) { sandbox in
    let client =
      "name: E\n  redirect_uris: [\"https://acme.example/{server}\", \"com.acme.app:/callback\"]"
    let all = try await sandbox.quirk("application_type: native", client: client)
    all.expectFailure("redirect-uri-rejected")
    let mixed = try await sandbox.again(all, client: client)
    #expect(mixed.run.exit == 3 && mixed.run.out.contains("mixed-redirect-uris"), "\(mixed.run.out)")
    let own = try await sandbox.again(all, "redirect_uris: [\"https://acme.example/{server}\"]", client: client)
    own.expectClient()
    #expect(try own.body()["redirect_uris"] == ["https://acme.example/quirk"])
  }

  private static let methodLeftOut = Quirk(
    45, "Notion: without token_endpoint_auth_method, the method is client_secret_basic and a secret is issued",
    "the method is always sent; the method of the answer is locked",
    made: { $0.registration.methods = nil }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(try it.body()["token_endpoint_auth_method"] == "client_secret_basic")
    #expect(it.entry["token_endpoint_auth_method"].string == "client_secret_basic")
    let public_ = try await sandbox.quirk("token_endpoint_auth_method: none")
    public_.expectClient()
    #expect(try public_.body()["token_endpoint_auth_method"] == "none")
    #expect(public_.entry["secret_version"].isNull)
  }

  private static let methodNegotiated = Quirk(
    46, "n8n: client_secret_post only; others: no list, or public clients only",
    "chosen from token_endpoint_auth_methods_supported; without a list, the default of the RFC",
    made: { _ in }
  ) { sandbox in
    let rows: [(listed: [String]?, asked: String)] = [
      (["client_secret_post"], "client_secret_post"), (nil, "client_secret_basic"), (["none"], "none"),
      (["private_key_jwt", "client_secret_post", "client_secret_basic"], "client_secret_basic"),
    ]
    for row in rows {
      sandbox.change(Quirk.kind) { $0.registration.methods = row.listed }
      let it = try await sandbox.quirk()
      it.expectClient()
      #expect(try it.body()["token_endpoint_auth_method"]?.string == row.asked)
      #expect(it.entry["token_endpoint_auth_method"].string == row.asked)
    }
    // With a wrong list, the next listed method is tried once, and this is reported.
    sandbox.change(Quirk.kind) {
      $0.registration.methods = ["client_secret_post"]
      $0.issuerMetadataChanges = ["token_endpoint_auth_methods_supported": ["none", "client_secret_post"]]
    }
    let wrong = try await sandbox.quirk()
    wrong.expectClient()
    #expect(wrong.bodies.map { $0["token_endpoint_auth_method"]?.string } == ["none", "client_secret_post"])
    #expect(wrong.warnings == ["registration-retried"])
  }
}
