import MCPAuthSandbox
import Synchronization
import Testing

/// RealServers#67 to RealServers#82: seen with servers that were run for this project.
enum SeenQuirks {
  static let rows: [Quirk] = [
    crowd, brokenCrowd, slowAnswer, sloppy, strictUpdate, rotating, lostSecret, publicAll, oddWire, loginPage,
    unneededToken, refusedScopes, sameClient, reflecting, unsaidExpiry, slashed,
  ]

  private static let crowd = Quirk(
    67, "64 registrations at once are all answered with 201, but only 3 clients are stored",
    "one at a time per issuer; verify finds a client that was not stored",
    {
      var configuration = SandboxConfiguration.made(Quirk.kind) { $0.registration.forgets = true }
      configuration.numberedServers = 16
      configuration.registrationDelay = .milliseconds(10)
      try await withServers(configuration) { sandbox in
        let numbered = sandbox.servers.filter { $0.hasPrefix("n-") }.map { "\($0): {url: \"\(sandbox.url($0))\"}" }
        let place = try Workplace(servers: (numbered + [sandbox.block(Quirk.kind)]).joined(separator: "\n"))
        let run = try await place.run("apply", "--parallelism", "64")
        #expect(run.exit == 0, "\(run.all)")
        #expect(sandbox.registrations("n-0001") == 16)
        #expect(sandbox.mostRegistrationsAtOnce("n-0001") == 1)
        let verify = try await place.run("verify", "--format", "json")
        #expect(verify.exit == 1)
        let outcomes = try verify.json()["servers"].array.map {
          "\($0["name"].string ?? "") \($0["outcome"].string ?? "")"
        }
        #expect(outcomes.filter { $0.hasSuffix(" known") }.count == 16, "\(verify.all)")
        #expect(outcomes.contains("\(Quirk.kind) dead"))
      }
    })

  private static let brokenCrowd = Quirk(
    68, "some of many registrations answer 500, but the client exists",
    "a 5xx is an unknown outcome: never repeated, and listed",
    made: { $0.faults[.register] = SandboxFault(.text(500, "deadlock"), times: 1, takesEffect: true) }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("registration-outcome-unknown", says: ["500", "deadlock"])
    #expect(it.calls == ["POST register"] && it.registrations == 1)
    let again = try await sandbox.again(it)
    #expect(again.calls.isEmpty && again.registrations == 1)
    #expect(again.lock["orphans"][0]["issuer"].string == it.issuer)
  }

  private static let slowAnswer = Quirk(
    69, "a registration takes many seconds under load",
    "its limit is one minute: more than for other requests, and more than for the whole discovery",
    {
      var configuration = SandboxConfiguration.made(Quirk.kind)
      // Longer than the limit of ten seconds for other requests.
      configuration.registrationDelay = .seconds(11)
      try await withServers(configuration) { sandbox in
        let it = try await sandbox.quirk(options: ["--timeout", "8s"])
        it.expectClient()
        #expect(it.registrations == 1)
      }
    })

  private static let sloppy = Quirk(
    70, "200 instead of 201; the method as a list; no secret unless a method is named; each PUT makes a new secret",
    "accepted, with a warning; the method is always sent; the answer to a PUT is stored",
    made: {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.status = 200
      $0.registration.answerChanges = ["token_endpoint_auth_method": ["client_secret_basic"]]
      $0.management = .with { $0.rotatesSecret = true }
    }
  ) { sandbox in
    let it = try await sandbox.quirk("scopes: [read, write]")
    it.expectClient()
    #expect(it.warnings == ["unusual-answer"])
    #expect(it.entry["token_endpoint_auth_method"].string == "client_secret_basic")
    #expect(try it.body()["token_endpoint_auth_method"] == "client_secret_basic")
    let first = try it.place.record(Quirk.kind)["client_secret"].string
    let updated = try await sandbox.again(it, "scopes: [read]")
    #expect(updated.action == "update" && updated.run.exit == 0, "\(updated.run.all)")
    let second = try it.place.record(Quirk.kind)["client_secret"].string
    #expect(second != first && second == updated.clients.first?.secret)
  }

  private static let strictUpdate = Quirk(
    71, "a PUT with token, URL or times is refused; a wrong management token is 400 access_denied",
    "a PUT has none of them; after access_denied the token endpoint is checked, and a valid client is kept",
    made: {
      $0.registration.methods = ["client_secret_basic"]
      $0.management = .with {
        $0.wrongTokenStatus = 400
        $0.wrongTokenError = "access_denied"
      }
    }
  ) { sandbox in
    let it = try await sandbox.quirk("scopes: [read, write]")
    let updated = try await sandbox.again(it, "scopes: [read]")
    #expect(updated.run.exit == 0, "\(updated.run.all)")
    let put = try #require(updated.requests.last { $0.method == "PUT" }?.json?.object)
    #expect(put["client_id"]?.string == it.entry["client_id"].string)
    for name in [
      "registration_access_token", "registration_client_uri", "client_id_issued_at", "client_secret_expires_at",
    ] {
      #expect(put[name] == nil, "\(name)")
    }
    sandbox.forgetManagement()
    let refreshed = try await sandbox.again(it, "scopes: [read]", options: ["--refresh"])
    #expect(refreshed.run.exit == 0, "\(refreshed.run.all)")
    #expect(refreshed.warnings == ["management-lost"])
    #expect(refreshed.calls.suffix(2) == ["GET management", "POST token"], "\(refreshed.trail) \(refreshed.run.all)")
    #expect(refreshed.entry["client_id"].string == it.entry["client_id"].string)
    #expect(refreshed.entry["managed"].bool == false)
  }

  private static let rotating = Quirk(
    72, "the management token changes with every GET and PUT, and the old one is invalid at once",
    "after each call, the new token is stored before anything else",
    made: {
      $0.management = .with { $0.rotatesToken = true }
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    var seen = [try it.place.record(Quirk.kind)["registration_access_token"].string]
    for _ in 0..<3 {
      let read = try await sandbox.again(it, options: ["--refresh"])
      #expect(read.run.exit == 0 && read.calls == ["GET management"], "\(read.run.all)")
      let token = try it.place.record(Quirk.kind)["registration_access_token"].string
      #expect(token == read.clients.first?.managementToken)
      #expect(!seen.contains(token))
      seen.append(token)
    }
    // plan never reads a managed client, because a read makes the token invalid.
    let plan = try await it.place.run("plan", "--refresh")
    #expect(plan.exit == 0)
    #expect(
      try it.place.record(Quirk.kind)["registration_access_token"].string == sandbox.clients().first?.managementToken)
  }

  private static let lostSecret = Quirk(
    73, "'none' changed to client_secret_basic by PUT: no secret is issued, and the client is lost",
    "replaced instead: first a new client, then the old one is deleted",
    made: {
      $0.management = .with { $0.forgetsToIssueSecret = true }
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    #expect(it.entry["token_endpoint_auth_method"].string == "none")
    let changed = try await sandbox.again(it, "token_endpoint_auth_method: client_secret_basic")
    #expect(changed.run.exit == 0, "\(changed.run.all)")
    #expect(changed.action == "replace" && changed.reasons == ["auth-method-changed"])
    #expect(!changed.trail.contains("PUT management"))
    #expect(try it.place.record(Quirk.kind)["client_secret"].string == changed.clients.first?.secret)
    try await CodeFlow(changed).check()
  }

  private static let publicAll = Quirk(
    74, "a method with a secret is requested, but every client is registered as public",
    "the method of the answer is used, with a warning; the client works",
    made: {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.assignsMethod = "none"
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(try it.body()["token_endpoint_auth_method"] == "client_secret_basic")
    #expect(it.entry["token_endpoint_auth_method"].string == "none")
    #expect(it.entry["secret_version"].isNull)
    #expect(it.warnings == ["unusual-answer"])
    try await CodeFlow(it).check()
  }

  /// The origin of the raw server of a row. Empty until it listens.
  private final class Place: Sendable {
    let origin = Mutex("")
  }

  private static let oddWire = Quirk(
    75, "HTTP/1.0; a management URL with a query; numbers as strings; many nulls; grant_types in another order",
    "all accepted; management requests have the query",
    {
      let place = Place()
      let raw = try await RawServer.start { connection in
        guard connection == 0 else { return [.readRequest, .send("HTTP/1.0 204 No Content\r\n\r\n")] }
        let nulls = (0..<48).map { "\"x_\($0)\":null" }.joined(separator: ",")
        let body =
          "{\"client_id\":\"42\",\"client_id_issued_at\":\"1780000000\",\"client_secret\":\"a-raw-secret-0123\","
          + "\"client_secret_expires_at\":\"0\",\"grant_types\":[\"refresh_token\",\"authorization_code\"],"
          + "\"token_endpoint_auth_method\":\"client_secret_basic\",\"registration_access_token\":\"a-raw-token-0123\","
          + "\"registration_client_uri\":\"\(place.origin.withLock { $0 })/manage?client=42&v=%2F\",\(nulls)}"
        return [
          .readRequest,
          .send("HTTP/1.0 201 Created\r\nContent-Type: application/json; charset=utf-8\r\n\r\n\(body)"),
        ]
      }
      place.origin.withLock { $0 = raw.origin }
      let configuration = SandboxConfiguration.made(Quirk.kind) {
        $0.registration.methods = ["client_secret_basic"]
        $0.issuerMetadataChanges = ["registration_endpoint": .string(raw.origin + "/register")]
      }
      try await withServers(configuration) { sandbox in
        let it = try await sandbox.quirk()
        it.expectClient()
        #expect(it.warnings.isEmpty, "\(it.run.out)")
        #expect(it.entry["client_id"].string == "42")
        #expect(it.entry["managed"].bool == true)
        #expect(it.entry["grant_types"].strings == ["authorization_code", "refresh_token"])
        try it.place.write(servers: "docs: {url: \"https://docs.example/mcp\", auth: none}")
        let removal = try await it.place.run("apply", "--allow-mass-change")
        #expect(removal.exit == 0, "\(removal.all)")
        let last = raw.received().last ?? ""
        #expect(last.hasPrefix("DELETE /manage?client=42&v=%2F HTTP/1.1\r\n"), "\(raw.received())")
        #expect(last.lowercased().contains("authorization: bearer a-raw-token-0123"))
        #expect(try it.place.lock()["orphans"].array.isEmpty)
      }
      await raw.stop()
    })

  private static let loginPage = Quirk(
    76, "the URL of RFC 8414 is a login page, or 401 for JSON; only the OpenID URL is right",
    "absent, denied: the next URL is requested",
    made: { $0.issuerMetadataPlaces = [.openIDAppended] }
  ) { sandbox in
    for answer in [SandboxAnswer.html(200, "<!doctype html><title>Log in</title>"), .text(401, "log in first")] {
      sandbox.change(Quirk.kind) { $0.faults[.oauthMetadata] = SandboxFault(answer) }
      let it = try await sandbox.quirk()
      it.expectClient()
      #expect(
        it.trail.dropFirst(2) == [
          "GET oauth-metadata", "GET openid-metadata", "GET openid-appended-metadata", "POST register",
        ])
      #expect(it.requests.allSatisfy { $0.endpoint != .oauthMetadata || $0.value(of: "Accept") == "application/json" })
    }
  }

  private static let unneededToken = Quirk(
    77, "a bearer token on an open registration endpoint is refused",
    "a token is sent only if the block of the server names one",
    {
      var configuration = SandboxConfiguration.made(Quirk.kind)
      configuration.script = { request in
        guard request.endpoint == .register, request.value(of: "Authorization") != nil else { return nil }
        return .oauthError(401, "invalid_token", "what is this")
      }
      try await withServers(configuration) { sandbox in
        let it = try await sandbox.quirk(
          environment: ["MCPAUTH_INITIAL_ACCESS_TOKEN": "stray-token-0123", "INITIAL_ACCESS_TOKEN": "stray-token-0123"])
        it.expectClient()
        #expect(it.requests.allSatisfy { $0.value(of: "Authorization") == nil })
        let with = try await sandbox.quirk(
          "issuer: \"\(it.issuer)\"", "initial_access_token: {env: TOKEN}", environment: ["TOKEN": "a-token-01234567"])
        with.expectFailure("registration-protected", says: ["used up or expired"])
        #expect(!with.run.all.contains("a-token-01234567"))
      }
    })

  private static let refusedScopes = Quirk(
    78, "the resource metadata names scopes that its authorization server refuses",
    "a retry without them, reported; scopes of the inventory are not left out",
    made: {
      $0.metadataChanges = ["scopes_supported": ["mcp:everything"]]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.bodies.map { $0["scope"]?.string } == ["mcp:everything", nil])
    #expect(it.warnings == ["registration-retried"])
    #expect(it.entry["scopes"].strings == [])
    let own = try await sandbox.quirk("scopes: [\"mcp:everything\"]", "token_endpoint_auth_method: none")
    own.expectFailure("client-metadata-rejected", says: ["mcp:everything"])
    #expect(own.bodies.count == 1)
  }

  private static let sameClient = Quirk(
    79, "an endpoint that gives every caller the same client; its document has the issuer of another server",
    "issuer-mismatch: no request is sent to it",
    made: {
      $0.issuerMetadataChanges = ["issuer": "https://auth.somebody.example"]
      $0.registration.deduplicates = true
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("issuer-mismatch", says: ["https://auth.somebody.example"])
    it.expectNoEndpointAsked()
    #expect(it.registrations == 0)
  }

  private static let reflecting = Quirk(
    80, "metadata for any path, with the path copied into resource and issuer",
    "metadata that does not match the server's URL is refused; matching metadata is accepted",
    {
      var configuration = SandboxConfiguration.made(Quirk.kind)
      configuration.script = { request in
        let base = request.origin + "/as/quirk"
        for (name, isResource) in [("oauth-protected-resource", true), ("oauth-authorization-server", false)] {
          let prefix = "/.well-known/" + name
          guard request.path.hasPrefix(prefix) else { continue }
          let reflected = SandboxJSON.string(request.origin + request.path.dropFirst(prefix.count))
          if isResource { return .json(200, ["resource": reflected, "authorization_servers": [reflected]]) }
          return .json(
            200,
            [
              "issuer": reflected, "authorization_endpoint": .string(base + "/authorize"),
              "token_endpoint": .string(base + "/token"), "registration_endpoint": .string(base + "/register"),
              "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported": ["none"],
            ])
        }
        return nil
      }
      try await withServers(configuration) { sandbox in
        let it = try await sandbox.quirk()
        it.expectClient()
        #expect(it.entry["resource"].string == it.url && it.entry["issuer"].string == it.url)
        sandbox.change(Quirk.kind) {
          $0.challenge = [
            #"Bearer resource_metadata="{origin}/.well-known/oauth-protected-resource/quirk/mcp-admin""#
          ]
        }
        let other = try await sandbox.quirk()
        other.expectFailure("resource-mismatch", says: ["/quirk/mcp-admin"])
        #expect(other.requests.allSatisfy { !$0.isToAnAuthorizationServer })
      }
    })

  private static let unsaidExpiry = Quirk(
    81, "a secret without client_secret_expires_at, or with client_id_expires_at instead",
    "a warning; the secret is taken as one that never expires",
    made: {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.answerChanges = ["client_secret_expires_at": .null, "client_id_expires_at": 1]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.warnings == ["unusual-answer"])
    #expect(it.entry["client_secret_expires_at"].isNull)
    let again = try await sandbox.again(it)
    #expect(again.action == "unchanged")
  }

  private static let slashed = Quirk(
    82, "the registration endpoint ends with a slash, and redirects requests without it",
    "the URL is used unchanged; a redirected POST is refused, never followed",
    made: { $0.issuerMetadataChanges = ["registration_endpoint": "{issuer}/register/"] }
  ) { sandbox in
    sandbox.answer("POST", "/as/quirk/register", with: .redirect(301, to: "/as/quirk/register/"))
    sandbox.answer(
      "POST", "/as/quirk/register/",
      with: .json(201, ["client_id": "made-behind-the-slash", "token_endpoint_auth_method": "none"]))
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.entry["client_id"].string == "made-behind-the-slash")
    #expect(it.entry["registration_endpoint"].string == it.issuer + "/register/")
    #expect(it.paths.last == "/as/quirk/register/" && !it.paths.contains("/as/quirk/register"))
    sandbox.change(Quirk.kind) { $0.issuerMetadataChanges = [:] }
    let redirected = try await sandbox.quirk()
    redirected.expectFailure("redirect-refused", says: ["301", "registration_endpoint"])
    #expect(redirected.paths.filter { $0.hasPrefix("/as/quirk/register") } == ["/as/quirk/register"])
  }
}
