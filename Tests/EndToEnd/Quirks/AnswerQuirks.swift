import MCPAuthSandbox
import Testing

/// RealServers#47 to RealServers#56: requested methods, answers and refusals of registrations.
enum AnswerQuirks {
  static let rows: [Quirk] = [
    silentMethod, shortSecret, brokenDocuments, name, grants, scopes, nulls, noSecret, pages, rateLimits,
  ]

  private static let silentMethod = Quirk(
    47, "Supabase: 'none' is ignored; a secret comes without a method, and the token endpoint requires it in the form",
    "the secret is stored; the token endpoint tells which method it accepts",
    made: {
      $0.registration.methods = nil
      $0.registration.assignsMethod = "client_secret_post"
      $0.registration.answerChanges = ["token_endpoint_auth_method": .null]
    }
  ) { sandbox in
    let it = try await sandbox.quirk("token_endpoint_auth_method: none")
    it.expectClient()
    #expect(it.entry["token_endpoint_auth_method"].string == "client_secret_post")
    // No method in the answer, and the default of the RFC is refused.
    #expect(it.warnings == ["unusual-answer", "unusual-answer"])
    try await CodeFlow(it).check()
    #expect(try it.place.record(Quirk.kind)["client_secret"].string == it.clients.last?.secret)
    let told = try await sandbox.quirk("token_endpoint_auth_method: client_secret_post")
    told.expectClient()
    #expect(told.entry["token_endpoint_auth_method"].string == "client_secret_post")
    try await CodeFlow(told).check()
    sandbox.change(Quirk.kind) { $0.registration.methods = ["client_secret_post"] }
    let listed = try await sandbox.quirk()
    listed.expectClient()
    #expect(listed.entry["token_endpoint_auth_method"].string == "client_secret_post")
    try await CodeFlow(listed).check()
  }

  private static let shortSecret = Quirk(
    48, "Linear: 'none' has no secret; with a secret method it expires after a day",
    "'none' is requested if it is listed; a secret valid for less than 30 days is secret-short-lived",
    made: { $0.registration.secretSeconds = 86_400 }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(try it.body()["token_endpoint_auth_method"] == "none")
    #expect(it.entry["client_secret_expires_at"].isNull && it.warnings.isEmpty)
    let secret = try await sandbox.quirk("token_endpoint_auth_method: client_secret_basic")
    secret.expectClient()
    #expect(secret.warnings == ["secret-short-lived"])
    #expect(secret.server["warnings"][0]["help"].string?.contains("token_endpoint_auth_method: none") == true)
    #expect(secret.entry["client_secret_expires_at"].string != nil)
  }

  private static let brokenDocuments = Quirk(
    49, "PostHog, Sentry: claim to support metadata documents but do not; registration works",
    "registration: dcr or cimd per server; mcpauth never changes one to the other",
    made: { $0.takesClientMetadataDocuments = true }
  ) { sandbox in
    let document = sandbox.origin + "/client.json?redirect_uri=" + Quirk.redirectURI
    let client = "name: E\n  redirect_uris: [\"\(Quirk.redirectURI)\"]\n  metadata_url: \"\(document)\""
    let dcr = try await sandbox.quirk("registration: dcr", client: client)
    dcr.expectClient()
    #expect(dcr.entry["registration"].string == "dcr" && dcr.warnings == ["dcr-deprecated"])
    #expect(!dcr.paths.contains("/client.json"))
    let cimd = try await sandbox.quirk("registration: cimd", client: client)
    cimd.expectClient()
    #expect(cimd.entry["registration"].string == "cimd" && cimd.calls.isEmpty)
    sandbox.change(Quirk.kind) { $0.takesClientMetadataDocuments = false }
    let gone = try await sandbox.quirk("registration: cimd", client: client)
    gone.expectFailure("registration-unsupported", says: ["registration: dcr"])
    gone.expectNoEndpointAsked()
    sandbox.change(Quirk.kind) {
      $0.takesClientMetadataDocuments = true
      $0.registration.isOffered = false
    }
    let other = try await sandbox.quirk("registration: dcr", client: client)
    other.expectFailure("registration-unsupported")
    other.expectNoEndpointAsked()
  }

  private static let name = Quirk(
    50, "Stripe: client_name is required, 'none' is the only method",
    "client_name is always sent",
    {
      var configuration = SandboxConfiguration.made(Quirk.kind) { $0.registration.methods = ["none"] }
      configuration.script = { request in
        guard request.endpoint == .register, request.json?["client_name"]?.string?.isEmpty != false else { return nil }
        return .oauthError(400, "invalid_client_metadata", "client_name is required")
      }
      try await withServers(configuration) { sandbox in
        let it = try await sandbox.quirk(client: "redirect_uris: [\"\(Workplace.redirectURI)\"]")
        // Without a name, the inventory is invalid or has a default name.
        if it.run.exit == 3 {
          #expect(try it.run.json()["diagnostics"][0]["code"].string == "missing-key", "\(it.run.out)")
        } else {
          it.expectClient()
        }
        let named = try await sandbox.quirk()
        named.expectClient()
        #expect(try named.body()["client_name"] == "End to end")
        #expect(try named.body()["token_endpoint_auth_method"] == "none")
      }
    })

  private static let grants = Quirk(
    51, "some servers require both grant types, some refuse refresh_token",
    "of authorization_code and refresh_token, those in grant_types_supported; authorization_code always",
    made: { _ in }
  ) { sandbox in
    let rows: [(listed: SandboxJSON, taken: [String], asked: [String])] = [
      (.null, ["authorization_code", "refresh_token"], ["authorization_code", "refresh_token"]),
      (["authorization_code"], ["authorization_code"], ["authorization_code"]),
      (
        ["refresh_token", "authorization_code"], ["authorization_code", "refresh_token"],
        ["authorization_code", "refresh_token"]
      ),
      (["client_credentials"], ["authorization_code"], ["authorization_code"]),
    ]
    for row in rows {
      sandbox.change(Quirk.kind) {
        $0.registration.grantTypes = row.taken
        $0.issuerMetadataChanges = ["grant_types_supported": row.listed]
      }
      let it = try await sandbox.quirk()
      it.expectClient()
      #expect(try it.body()["grant_types"]?.strings == row.asked)
      #expect(it.entry["grant_types"].strings == row.asked)
    }
  }

  private static let scopes = Quirk(
    52, "a scope that was not registered is invalid_scope later; the answer has no scope; offline_access",
    "the registration has the resolved scopes; the lock has the granted ones, or the requested ones if the answer has none",
    made: {
      $0.challenge = [#"Bearer resource_metadata="{metadata}", scope="read write""#]
      $0.registration.answerChanges = ["scope": .null]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(try it.body()["scope"] == "read write")
    #expect(it.entry["scopes"].strings == ["read", "write"])
    #expect(it.entry["scopes_from"].string == "challenge")
    let offline = try await sandbox.quirk("scopes: [read, offline_access]")
    offline.expectClient()
    #expect(try offline.body()["scope"] == "read offline_access")
    #expect(offline.warnings.isEmpty)
    sandbox.change(Quirk.kind) { $0.issuerMetadataChanges = ["scopes_supported": ["read"]] }
    let unlisted = try await sandbox.quirk("scopes: [read, offline_access]")
    #expect(try unlisted.body()["scope"] == "read offline_access")
    #expect(unlisted.warnings == ["offline-access-unlisted"])
  }

  private static let nulls = Quirk(
    53, "an answer full of nulls, empty texts and lists",
    "only needed members are read; other members that are null, empty or of a wrong type are ignored",
    made: {
      $0.registration.answerChanges = [
        "client_uri": "", "contacts": [], "logo_uri": 7, "scope": "", "application_type": "", "client_name": ["x"],
        "software_id": [:], "registration_client_uri": "", "registration_access_token": "",
      ]
      $0.registration.answerNulls = ["grant_types", "redirect_uris", "jwks", "tos_uri", "client_secret"]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectClient()
    #expect(it.entry["redirect_uris"].strings == [Quirk.redirectURI])
    #expect(it.entry["grant_types"].strings == ["authorization_code", "refresh_token"])
    #expect(it.entry["application_type"].string == "native")
    #expect(it.entry["managed"].bool == false)
  }

  private static let noSecret = Quirk(
    54, "a method that needs a secret, and no secret in the answer",
    "registration-insufficient at once; the client is listed as an orphan by its id",
    made: {
      $0.registration.methods = ["client_secret_basic"]
      $0.registration.answerChanges = ["client_secret": "", "client_secret_expires_at": .null]
    }
  ) { sandbox in
    let it = try await sandbox.quirk()
    it.expectFailure("registration-insufficient", says: ["client_secret_basic"])
    let orphan = it.lock["orphans"][0]
    #expect(orphan["client_id"].string == it.clients.first?.clientID)
    #expect(orphan["reason"].string == "check-failed")
  }

  private static let pages = Quirk(
    55, "refusals that are not JSON: a plain 403, a challenge page of a CDN, an empty 500",
    "only the status, the content type and the first 512 bytes, made printable",
    made: { $0.registration.methods = ["none"] }
  ) { sandbox in
    let page = "<!DOCTYPE html><title>Just a moment...</title>" + String(repeating: "<p>wait</p>", count: 100_000)
    let rows: [(answer: SandboxAnswer, code: String, says: [String])] = [
      (.text(403, "Forbidden"), "registration-protected", ["403", "Forbidden"]),
      (.html(403, page), "registration-protected", ["403", "Just a moment..."]),
      (.html(422, page), "registration-rejected", ["422", "text/html", "Just a moment..."]),
      (.text(400, "", type: "text/plain"), "registration-rejected", ["400", "text/plain", "no text"]),
      (SandboxAnswer(500), "registration-outcome-unknown", ["500"]),
    ]
    for row in rows {
      sandbox.change(Quirk.kind) { $0.faults[.register] = SandboxFault(row.answer) }
      let it = try await sandbox.quirk()
      it.expectFailure(row.code, says: row.says)
      #expect(it.run.all.utf8.count < 6_000, "\(it.run.all.utf8.count)")
      #expect(it.server["error"]["requests"].array.last?["status"].integer == row.answer.status)
      #expect(it.bodies.count == 1)
    }
  }

  private static let rateLimits = Quirk(
    56, "rate limits per hour and address: 429 with Retry-After, 503 'limit reached'",
    "waits if the time is short, or else rate-limited with the time; no unknown outcome; one at a time per issuer",
    {
      var configuration = SandboxConfiguration(kinds: [])
      configuration.numberedServers = 4
      try await withServers(configuration) { sandbox in
        let hour = SandboxAnswer.Field("Retry-After", "3600")
        let place = try Workplace(
          servers: (1...4).map { "n\($0): {url: \"\(sandbox.url("n-000\($0)"))\"}" }.joined(separator: "\n"))
        for answer in [SandboxAnswer.text(429, "20/h", fields: [hour]), .text(503, "limit reached", fields: [hour])] {
          sandbox.forgetRequests()
          sandbox.answer("POST", "/as/n/register", with: answer, times: 1)
          let run = try await place.run("apply", "--format", "json")
          let servers = try run.json()["servers"].array
          #expect(servers.filter { $0["error"]["code"].string == "rate-limited" }.count == 1, "\(run.out)")
          #expect(servers.filter { $0["error"]["code"].string == "skipped" }.count == 3)
          #expect(run.out.contains("try again in 3600 s"))
          #expect(sandbox.requests().filter { $0.endpoint == .register }.count == 1)
        }
        // The refusals leave no mark: the servers are registered in a later run, after a short wait.
        sandbox.answer(
          "POST", "/as/n/register", with: .text(429, "wait", fields: [.init("Retry-After", "1")]), times: 1)
        let run = try await place.run("apply")
        #expect(run.exit == 0, "\(run.all)")
        #expect(sandbox.registrations("n-0001") == 4)
        #expect(sandbox.mostRegistrationsAtOnce("n-0001") == 1)
      }
    })
}
