import Foundation
import MCPAuthSandbox
import Testing

/// `mcpauth verify` (Registration#Verification): its requests and its results. Tests of the binary.
@Suite struct VerifyTests {
  // MARK: Requests

  @Test(
    "Registration#Verification: it sends an invalid code, the redirect URI, and client_id in the form also with Basic; known, and nothing is written",
    arguments: [
      "challenge", "confidential-basic", "confidential-post", "method-post-only", "public-secret", "managed",
      "path-issuer", "legacy-endpoints",
    ])
  func known(kind: String) async throws {
    try await withSandbox(.init(kinds: [kind])) { sandbox in
      let place = try await sandbox.applied(kind)
      let verify = try await place.verify(sandbox)
      #expect(verify.run.exit == 0, "\(verify.run.all)")
      #expect(verify.outcome == "known", "\(verify.run.all)")
      #expect(verify.requests.map(\.step) == ["POST token"])

      let client = try #require(sandbox.clients().first)
      let question = try #require(verify.questions.first)
      #expect(question.value(of: "Accept") == "application/json")
      #expect(question.form["grant_type"] == "authorization_code")
      #expect(question.form["client_id"] == client.clientID)
      #expect(question.form["redirect_uri"] == "http://127.0.0.1:7777/callback/s")
      #expect(question.form["code"]?.hasPrefix("mcpauth-made-up-code-") == true)
      switch client.method {
      case "client_secret_basic":
        #expect(question.basic == [client.clientID, client.secret])
        #expect(question.form["client_secret"] == nil)
      case "client_secret_post":
        #expect(question.basic == [] && question.form["client_secret"] == client.secret)
      default:
        // Also if a secret is stored.
        #expect(question.value(of: "Authorization") == nil && question.form["client_secret"] == nil)
      }
      if let secret = client.secret { #expect(!verify.run.all.contains(secret)) }

      // Another code each time.
      let again = try await place.verify(sandbox)
      #expect(again.questions.first?.form["code"] != question.form["code"])
    }
  }

  @Test("Registration#Verification: a purged client is dead: exit 1, the code, and the solutions; nothing is written")
  func purged() async throws {
    try await withSandbox(.init(kinds: ["challenge", "confidential-basic"])) { sandbox in
      let place = try Workplace(
        servers: """
          lost: {url: "\(sandbox.url("confidential-basic"))"}
          kept: {url: "\(sandbox.url("challenge"))"}
          """)
      #expect(try await place.run("apply").exit == 0)
      sandbox.forgetClients(of: "confidential-basic")
      let verify = try await place.verify(sandbox)
      #expect(verify.run.exit == 1)
      #expect(verify.document["servers"].array.map { $0["outcome"].string } == ["dead", "known"])
      #expect(verify.code == "registration-lost")
      #expect(verify.server["error"]["requests"][0]["status"].integer == 401)
      #expect(verify.document["summary"]["dead"].integer == 1 && verify.document["summary"]["known"].integer == 1)

      let text = try await place.run("verify")
      #expect(text.exit == 1)
      #expect(text.out.contains("dead (registration-lost)"), "\(text.all)")
      #expect(text.out.contains("verify: 1 known, 1 dead, 0 blocked, 0 cannot tell, 0 skipped"), "\(text.all)")
      #expect(text.err.contains("error[registration-lost]"))
      #expect(text.err.contains("mcpauth rotate lost"))
      #expect(text.err.contains("mcpauth import lost --client-id"))
      #expect(text.err.hasSuffix("help: mcpauth explain registration-lost\n"), "\(text.err)")

      // The suggested command works.
      let rotate = try await place.run("rotate", "lost")
      #expect(rotate.exit == 0, "\(rotate.all)")
      #expect(try await place.run("verify").exit == 0)
    }
  }

  @Test("RFC 6749 5.2: a client whose secret expired or was changed at the server is dead")
  func expired() async throws {
    try await withSandbox(.init(kinds: ["expiring"])) { sandbox in
      let place = try await sandbox.applied("expiring")
      #expect(try await place.verify(sandbox).outcome == "known")
      sandbox.expireSecrets()
      let verify = try await place.verify(sandbox)
      #expect(verify.run.exit == 1 && verify.outcome == "dead", "\(verify.run.all)")
    }
  }

  @Test("Registration#Verification: a secret that the lock file knows to be expired is `expired`, with its own code")
  func knownToBeExpired() async throws {
    try await withSandbox(.init(kinds: ["expiring"])) { sandbox in
      let place = try await sandbox.applied("expiring")
      try place.editEntry("s", ["client_secret_expires_at": "2021-01-01T00:00:00Z"])
      // The server still accepts it.
      #expect(try await place.verify(sandbox).outcome == "known")
      sandbox.expireSecrets()
      let verify = try await place.verify(sandbox)
      #expect(verify.run.exit == 1 && verify.outcome == "expired", "\(verify.run.all)")
      #expect(verify.code == "secret-expired" && verify.questions.count == 1)
      #expect(verify.document["summary"]["expired"].integer == 1)
      let text = try await place.run("verify")
      #expect(text.out.contains("expired (secret-expired)") && text.out.contains("1 expired"), "\(text.all)")
      #expect(text.err.contains("mcpauth apply"))
    }
  }

  @Test(
    "Registration#Verification: a wrong method is no dead client: the others are tried, and the accepted one is named",
    arguments: [("confidential-basic", "client_secret_post"), ("confidential-post", "client_secret_basic")])
  func wrongMethod(kind: String, locked: String) async throws {
    try await withSandbox(.init(kinds: [kind])) { sandbox in
      let place = try await sandbox.applied(kind)
      let right = try #require(try place.entry("s")["token_endpoint_auth_method"].string)
      try place.editEntry("s", ["token_endpoint_auth_method": locked])
      let verify = try await place.verify(sandbox)
      #expect(verify.run.exit == 0 && verify.outcome == "known", "\(verify.run.all)")
      #expect(verify.warnings == ["auth-method-unconfirmed"])
      #expect(verify.server["warnings"][0]["message"].string?.contains("accepts it with '\(right)'") == true)
      #expect(verify.questions.count == 2)

      // Where the client is gone, no method helps.
      sandbox.forgetClients()
      let dead = try await place.verify(sandbox)
      #expect(dead.run.exit == 1 && dead.code == "registration-lost" && dead.questions.count == 2, "\(dead.run.all)")
    }
  }

  @Test("Registration#Verification: a public client with a stored secret is tried with the secret before it is dead")
  func storedSecret() async throws {
    try await withSandbox(.init(kinds: ["confidential-post"])) { sandbox in
      let place = try await sandbox.applied("confidential-post")
      try place.editEntry("s", ["token_endpoint_auth_method": "none"])
      let verify = try await place.verify(sandbox)
      #expect(verify.outcome == "known" && verify.warnings == ["auth-method-unconfirmed"], "\(verify.run.all)")
      #expect(verify.questions.count == 3)
    }
  }

  // MARK: Clients of the inventory

  @Test(
    "InventoryReference#Secret-references: manual and preregistered clients are checked with the secret of the inventory; without it, that server is secret-missing",
    arguments: ["manual", "preregistered"])
  func own(mode: String) async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "challenge"])) { sandbox in
      let elsewhere = try await sandbox.applied("confidential-basic")
      let record = try elsewhere.record("s")
      let (id, secret) = (record["client_id"].string ?? "", record["client_secret"].string ?? "")
      let issuer = sandbox.issuer("confidential-basic")
      let endpoints =
        mode == "manual"
        ? ", authorization_endpoint: \"\(issuer)/authorize\", token_endpoint: \"\(issuer)/token\""
        : ", registration: preregistered"
      let place = try Workplace(
        servers: """
          own: {url: "\(sandbox.url("confidential-basic"))", oauth2: {client_id: "\(id)", client_secret: {env: OWN}\(endpoints)}}
          other: {url: "\(sandbox.url("challenge"))"}
          """)
      let apply = try await place.run("apply", environment: ["OWN": secret])
      #expect(apply.exit == 0, "\(apply.all)")

      let known = try await place.verify(sandbox, environment: ["OWN": secret])
      #expect(known.run.exit == 0 && known.outcome == "known", "\(known.run.all)")
      #expect(known.questions.first { !$0.basic.isEmpty }?.basic == [id, secret])

      let wrong = try await place.verify(sandbox, environment: ["OWN": "not-the-secret"])
      #expect(wrong.run.exit == 1 && wrong.code == "registration-lost", "\(wrong.run.all)")
      #expect(wrong.server["error"]["help"].string?.contains("env:OWN") == true)
      #expect(!wrong.run.all.contains("not-the-secret"))

      let missing = try await place.verify(sandbox)
      #expect(missing.run.exit == 1 && missing.outcome == "blocked" && missing.code == "secret-missing")
      #expect(missing.document["servers"][1]["outcome"].string == "known")
      #expect(missing.questions.count == 1)
    }
  }

  @Test(
    "Registration#Verification: with an inventory newer than the lock, its secret is sent neither to a new endpoint nor with an old client"
  )
  func ahead() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let (url, issuer) = (sandbox.url("challenge"), sandbox.issuer("challenge"))
      func servers(client: String, token: String) -> String {
        "own: {url: \"\(url)\", oauth2: {client_id: \(client), client_secret: {env: OWN}, "
          + "authorization_endpoint: \"\(issuer)/authorize\", token_endpoint: \"\(token)\"}}"
      }
      let place = try Workplace(servers: servers(client: "one", token: issuer + "/token"))
      #expect(try await place.run("apply", environment: ["OWN": "a-secret-of-ours"]).exit == 0)
      for changed in [
        servers(client: "two", token: issuer + "/token"), servers(client: "one", token: issuer + "/elsewhere"),
      ] {
        try place.write(servers: changed)
        let verify = try await place.verify(sandbox, environment: ["OWN": "a-secret-of-ours"])
        #expect(verify.run.exit == 0 && verify.outcome == "skipped", "\(verify.run.all)")
        #expect(verify.server["reason"].string == "not-applied")
        #expect(verify.requests.isEmpty)
      }
      // Without its block in the inventory, the place of the secret is not known.
      try place.write(servers: FlagsTests.none)
      let gone = try await place.verify(sandbox)
      #expect(gone.document["servers"][1]["reason"].string == "gone-from-inventory", "\(gone.run.all)")
      #expect(gone.requests.isEmpty)
    }
  }

  // MARK: CIMD

  @Test(
    "Registration#Client-ID-Metadata-Documents: the document is read first, then the token endpoint gets a request with its URL as client id",
    arguments: [
      ("client.json", "known", nil), ("client-missing.json", "known", "client-metadata-unverified"),
    ] as [(String, String, String?)])
  func document(name: String, outcome: String, warning: String?) async throws {
    try await withSandbox(.init(kinds: ["cimd"])) { sandbox in
      let id = "\(sandbox.origin)/client.json"
      let place = try await sandbox.applied(
        "cimd", oauth2: "{redirect_uris: [\"http://127.0.0.1:7777/callback/cimd\"]}",
        client: "name: a\n  redirect_uris: [\"http://127.0.0.1:7777/callback/cimd\"]\n  metadata_url: \"\(id)\"")
      if name != "client.json" { sandbox.answer("GET", "/client.json", with: .text(404, "gone")) }
      let verify = try await place.verify(sandbox)
      #expect(verify.run.exit == 0 && verify.outcome == outcome, "\(verify.run.all)")
      #expect(verify.warnings == [warning].compactMap(\.self))
      #expect(verify.requests.map(\.method) == ["GET", "POST"])
      #expect(verify.questions.first?.form["client_id"] == id)

      sandbox.answer("GET", "/client.json", with: .json(200, ["client_id": "https://somebody.example/else"]))
      let wrong = try await place.verify(sandbox)
      #expect(wrong.run.exit == 1 && wrong.outcome == "dead" && wrong.code == "client-metadata-invalid")
      #expect(wrong.questions.isEmpty)
    }
  }

  // MARK: Skipped servers, the run lock, invalid files

  @Test("servers without a client, disabled ones and those not applied yet are skipped without a failure")
  func skipped() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try Workplace(
        servers: """
          a: {url: "https://a.example/mcp", auth: none}
          k: {url: "https://k.example/mcp", auth: api_key, api_key: {header: X-Key, value: {env: K}}}
          h: {url: "https://h.example/mcp", auth: custom_headers, custom_headers: {X-Tenant: acme}}
          d: {url: "\(sandbox.url("challenge"))"}
          """)
      #expect(try await place.run("apply", environment: ["K": "a-key-of-ours"]).exit == 0)
      try place.write(
        servers: try place.read("servers.yaml").components(separatedBy: "servers:\n")[1]
          .split(separator: "\n").map { $0.dropFirst(2) }.joined(separator: "\n")
          .replacingOccurrences(of: "challenge/mcp\"}", with: "challenge/mcp\", enabled: false}")
          + "\nn: {url: \"\(sandbox.url("challenge"))\"}")
      let verify = try await place.verify(sandbox)
      #expect(verify.run.exit == 0, "\(verify.run.all)")
      #expect(
        verify.document["servers"].array.map { $0["reason"].string } == [
          "no-client", "no-client", "no-client", "disabled", "not-applied",
        ])
      #expect(verify.requests.isEmpty)
      #expect(verify.document["summary"]["skipped"].integer == 5)
    }
  }

  @Test("a client that is no longer in the inventory is still checked, with its record")
  func gone() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try await sandbox.applied("confidential-basic")
      try place.write(servers: "docs: {url: \"\(sandbox.origin)/mcp\", auth: none}")
      let verify = try await place.verify(sandbox)
      #expect(verify.document["servers"][1]["outcome"].string == "known", "\(verify.run.all)")
      #expect(verify.questions.first?.basic.count == 2)
    }
  }

  @Test(
    "Reliability#One-run-at-a-time: verify needs no run lock; --only accepts servers of the inventory and of the lock")
  func held() async throws {
    try await withSandbox(.init(kinds: ["challenge", "well-known"])) { sandbox in
      let place = try Workplace(
        servers: """
          one: {url: "\(sandbox.url("challenge"))"}
          two: {url: "\(sandbox.url("well-known"))"}
          """)
      #expect(try await place.run("apply").exit == 0)
      let lock = try HeldRunLock(place)
      let verify = try await place.verify(sandbox, "--only", "two")
      #expect(verify.run.exit == 0, "\(verify.run.all)")
      #expect(verify.document["servers"].array.map { $0["name"].string } == ["two"])
      #expect(verify.questions.map(\.kind) == ["well-known"])
      lock.release()
      let unknown = try await place.run("verify", "--only", "tow")
      #expect(unknown.exit == 64 && unknown.err.contains("did you mean 'two'?"), "\(unknown.all)")
    }
  }

  @Test("Reliability#Bad-circumstances: an unusable lock file is an error, and no request is sent")
  func lock() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try await sandbox.applied("challenge")
      try place.write("<<<<<<< ours", to: Workplace.lockFile)
      let verify = try await place.verify(sandbox)
      #expect(verify.run.exit == 1 && verify.document["error"]["code"].string == "lock-invalid", "\(verify.run.all)")
      #expect(verify.requests.isEmpty)
    }
  }
}
