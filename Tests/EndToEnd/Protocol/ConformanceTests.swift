import Foundation
import MCPAuthSandbox
import Testing

/// The authorization scenarios of the MCP conformance suite for discovery and registration, one test for each, with the same names.
/// The sandbox's record of requests shows what the suite checks.
@Suite struct ConformanceTests {
  /// Checks that the run ended with one registered client that works.
  private func expectClient(_ it: KindRun, _ location: SourceLocation = #_sourceLocation) async throws {
    #expect(it.run.exit == 0, "\(it.run.all)", sourceLocation: location)
    #expect(it.registrations == 1, sourceLocation: location)
    try await CodeFlow(it).check()
  }

  // MARK: Places of the metadata

  @Test("metadata-default: resource metadata at the path form and in the challenge; the root form is never requested")
  func metadataDefault() async throws {
    try await withServers(.made("metadata-default") { $0.home = .ownOrigin }) { sandbox in
      let it = try await sandbox.apply("metadata-default")
      #expect(it.trail == ["POST mcp", "GET resource-metadata", "GET oauth-metadata", "POST register"])
      #expect(!it.requests.contains { $0.path == "/.well-known/oauth-protected-resource" })
      #expect(it.entry["discovered_by"].string == "challenge")
      try await expectClient(it)
    }
  }

  @Test("metadata-var1: resource metadata at the path form, not in the challenge; only openid-configuration")
  func metadataVar1() async throws {
    let configuration = SandboxConfiguration.made("metadata-var1") {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.issuerMetadataPlaces = [.openID]
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("metadata-var1")
      #expect(
        it.trail == [
          "POST mcp", "GET resource-metadata", "GET oauth-metadata", "GET openid-metadata", "POST register",
        ])
      #expect(!it.requests.contains { $0.path == "/.well-known/oauth-protected-resource" })
      #expect(it.entry["discovered_by"].string == "well-known-path")
      try await expectClient(it)
    }
  }

  @Test(
    "metadata-var2: resource metadata at the root only, an issuer with a path; the issuer's root document is never requested"
  )
  func metadataVar2() async throws {
    let configuration = SandboxConfiguration.made("metadata-var2") {
      $0.home = .ownOrigin
      $0.challenge = ["Bearer"]
      $0.metadataPlaces = [.root]
      $0.issuerPath = "/tenant1"
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("metadata-var2")
      #expect(
        it.requests.map(\.path) == [
          "/mcp", "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource",
          "/.well-known/oauth-authorization-server/tenant1", "/tenant1/register",
        ])
      #expect(it.entry["discovered_by"].string == "well-known-root")
      #expect(it.entry["issuer"].string == it.origin + "/tenant1")
      try await expectClient(it)
    }
  }

  @Test("metadata-var3: resource metadata at a custom URL, openid-configuration after the issuer's path")
  func metadataVar3() async throws {
    let configuration = SandboxConfiguration.made("metadata-var3") {
      $0.home = .ownOrigin
      $0.metadataPlaces = [.elsewhere]
      $0.issuerPath = "/tenant1"
      $0.issuerMetadataPlaces = [.openIDAppended]
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("metadata-var3")
      #expect(
        it.requests.map(\.path) == [
          "/mcp", "/elsewhere.json", "/.well-known/oauth-authorization-server/tenant1",
          "/.well-known/openid-configuration/tenant1", "/tenant1/.well-known/openid-configuration", "/tenant1/register",
        ])
      #expect(it.entry["discovered_by"].string == "challenge")
      try await expectClient(it)
    }
  }

  // MARK: 2025-03-26

  @Test("2025-03-26-oauth-metadata-backcompat: no resource metadata, the authorization server's document at the root")
  func legacyDocument() async throws {
    try await withServers(SandboxConfiguration(kinds: ["legacy-document"])) { sandbox in
      let it = try await sandbox.apply("legacy-document")
      #expect(
        it.trail == [
          "POST mcp", "GET resource-metadata", "GET root-resource-metadata", "GET oauth-metadata", "POST register",
        ])
      #expect(it.entry["discovered_by"].string == "legacy-2025-03-26")
      #expect(it.entry["issuer"].string == it.origin)
      #expect(it.warnings == ["legacy-discovery"])
      try await expectClient(it)
    }
  }

  @Test("2025-03-26-oauth-endpoint-fallback: no document at all, the endpoints at the root")
  func legacyEndpoints() async throws {
    try await withServers(SandboxConfiguration(kinds: ["legacy-endpoints"])) { sandbox in
      let it = try await sandbox.apply("legacy-endpoints")
      #expect(
        it.trail == [
          "POST mcp", "GET resource-metadata", "GET root-resource-metadata", "GET oauth-metadata", "POST register",
        ])
      #expect(it.entry["discovered_by"].string == "legacy-2025-03-26")
      #expect(it.entry["authorization_endpoint"].string == it.origin + "/authorize")
      #expect(it.entry["token_endpoint"].string == it.origin + "/token")
      #expect(it.entry["registration_endpoint"].string == it.origin + "/register")
      #expect(it.entry["authorization_response_iss_parameter_supported"].bool != true)
      #expect(it.warnings == ["legacy-discovery"])
      #expect(it.server["warnings"][0]["message"].string?.contains("PKCE") == true)
      try await expectClient(it)
    }
  }

  // MARK: Scopes

  @Test("scope-from-www-authenticate: the scope of the challenge, not all scopes of the resource metadata")
  func scopeFromChallenge() async throws {
    try await withServers(SandboxConfiguration(kinds: ["scoped"])) { sandbox in
      let it = try await sandbox.apply("scoped")
      #expect(try it.body()["scope"] == "read")
      #expect(it.entry["scopes"].strings == ["read"])
      #expect(it.entry["scopes_from"].string == "challenge")
      try await expectClient(it)
    }
  }

  @Test(
    "scope-from-scopes-supported: without a scope in the challenge, all scopes of the resource metadata, and none of the authorization server"
  )
  func scopeFromMetadata() async throws {
    let configuration = SandboxConfiguration.made("listed") {
      $0.metadataChanges = ["scopes_supported": ["files", "read"]]
      $0.registration.scopes = ["admin", "files", "read"]
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("listed")
      #expect(try it.body()["scope"] == "files read")
      #expect(it.entry["scopes"].strings == ["files", "read"])
      #expect(it.entry["scopes_from"].string == "resource-metadata")
      try await expectClient(it)
    }
  }

  @Test(
    "scope-omitted-when-undefined: without a scope in both, none is sent, also if the authorization server lists some")
  func scopeOmitted() async throws {
    let it = try await KindRuns.run("challenge")
    #expect(try it.body()["scope"] == nil)
    #expect(it.entry["scopes"].strings == [])
    #expect(it.entry["scopes_from"].string == "none")
  }

  @Test(
    "offline-access: never sent because of the resource metadata; sent because of the inventory, with a warning if it is not listed"
  )
  func offlineAccess() async throws {
    try await withServers(SandboxConfiguration(kinds: ["scoped-metadata"])) { sandbox in
      let listed = try await sandbox.apply("scoped-metadata")
      #expect(try listed.body()["scope"] == "read write")

      let own = try await sandbox.apply("scoped-metadata", oauth2: ["scopes: [read, offline_access]"])
      #expect(try own.body()["scope"] == "read offline_access")
      #expect(own.entry["scopes_from"].string == "inventory")
      #expect(own.warnings == [])

      // The server accepts offline_access but does not list it.
      sandbox.change("scoped-metadata") { $0.issuerMetadataChanges = ["scopes_supported": ["read", "write"]] }
      let unlisted = try await sandbox.apply("scoped-metadata", oauth2: ["scopes: read offline_access"])
      #expect(try unlisted.body()["scope"] == "read offline_access")
      #expect(unlisted.run.exit == 0)
      #expect(unlisted.warnings == ["offline-access-unlisted"])
    }
  }

  // MARK: Clients

  @Test("basic-cimd: if the server offers both, the metadata document is the client, without registration")
  func clientMetadataDocument() async throws {
    try await withServers(SandboxConfiguration(kinds: ["cimd-and-registration"])) { sandbox in
      let id = sandbox.origin + "/client.json"
      let client = "name: Sandbox client\n  redirect_uris: [\"\(Workplace.redirectURI)\"]\n  metadata_url: \(id)"
      let it = try await sandbox.apply("cimd-and-registration", client: client)
      #expect(it.run.exit == 0, "\(it.run.all)")
      #expect(it.entry["client_id"].string == id)
      #expect(it.entry["registration"].string == "cimd")
      #expect(it.entry["token_endpoint_auth_method"].string == "none")
      #expect(it.entry["secret_version"].isNull)
      #expect(it.warnings == [])
      #expect(it.requests.filter { $0.path == "/client.json" }.count == 1)
      #expect(it.requests.allSatisfy { !$0.isToAnEndpoint })
      try await CodeFlow(it).check()
    }
  }

  @Test("pre-registration: the client of the inventory is used unchanged, without registration")
  func preregistered() async throws {
    try await withServers(SandboxConfiguration(kinds: ["confidential-basic"])) { sandbox in
      let redirect = "http://127.0.0.1:7777/callback/confidential-basic"
      let answer = try await Wire.send(
        "POST", sandbox.issuer("confidential-basic") + "/register", fields: ["Content-Type: application/json"],
        body: #"{"redirect_uris":["\#(redirect)"],"token_endpoint_auth_method":"client_secret_basic"}"#)
      let client = try #require(sandbox.clients().first, "\(answer)")
      let secret = try #require(client.secret)

      let it = try await sandbox.apply(
        "confidential-basic",
        oauth2: ["registration: preregistered", "client_id: \(client.clientID)", "client_secret: {env: OWN_SECRET}"],
        environment: ["OWN_SECRET": secret])
      #expect(it.run.exit == 0, "\(it.run.all)")
      #expect(it.entry["mode"].string == "preregistered")
      #expect(it.entry["client_id"].string == client.clientID)
      #expect(it.trail == ["POST mcp", "GET resource-metadata", "GET oauth-metadata"])
      #expect(it.requests.allSatisfy { !$0.body.contains(client.clientID) && !$0.path.contains(client.clientID) })
      #expect(it.place.lockText?.contains(secret) == false)
      try await CodeFlow(entry: it.entry, secret: secret, resource: it.entry["resource"].string).check()
    }
  }

  /// Runs the whole flow.
  /// - Returns: the request of the client at the token endpoint.
  private func tokenRequest(_ name: String, methods: [String], expects method: String) async throws -> SandboxRequest {
    try await withServers(.made(name) { $0.registration.methods = methods }) { sandbox in
      let it = try await sandbox.apply(name)
      #expect(try it.body()["token_endpoint_auth_method"]?.string == method)
      #expect(it.entry["token_endpoint_auth_method"].string == method)
      try await expectClient(it)
      return try #require(sandbox.requests().last { $0.endpoint == .token })
    }
  }

  @Test("token-endpoint-auth-basic: only client_secret_basic is listed")
  func basic() async throws {
    let request = try await tokenRequest("only-basic", methods: ["client_secret_basic"], expects: "client_secret_basic")
    #expect(request.value(of: "Authorization")?.hasPrefix("Basic ") == true)
    #expect(request.form["client_secret"] == nil)
  }

  @Test("token-endpoint-auth-post: only client_secret_post is listed")
  func post() async throws {
    let request = try await tokenRequest("only-post", methods: ["client_secret_post"], expects: "client_secret_post")
    #expect(request.value(of: "Authorization") == nil)
    #expect(request.form["client_secret"]?.isEmpty == false)
  }

  @Test("token-endpoint-auth-none: only none is listed")
  func none() async throws {
    let request = try await tokenRequest("only-none", methods: ["none"], expects: "none")
    #expect(request.value(of: "Authorization") == nil)
    #expect(request.form["client_secret"] == nil)
    #expect(request.form["client_id"]?.isEmpty == false)
  }

  // MARK: Cases that must stop

  @Test(
    "pkce-no-s256-support: no registration at a server that does not offer PKCE with S256",
    arguments: ["no-pkce", "plain-pkce"])
  func pkce(kind: String) async throws {
    let it = try await KindRuns.run(kind)
    #expect(it.code == "pkce-unsupported")
    #expect(it.run.exit == 1)
    #expect(it.requests.allSatisfy { !$0.isToAnEndpoint }, "\(it.trail)")
    #expect(it.registrations == 0)
  }

  @Test("resource-mismatch: no request to the authorization server, and no registration")
  func resourceMismatch() async throws {
    let it = try await KindRuns.run("wrong-resource")
    #expect(it.code == "resource-mismatch")
    #expect(it.trail == ["POST mcp", "GET resource-metadata"])
    #expect(it.requests.allSatisfy { !$0.isToAnAuthorizationServer })
    #expect(it.registrations == 0)
    let message = try #require(it.server["error"]["message"].string)
    #expect(message.contains(it.url + "-other"))
    #expect(message.contains(it.url + ":"), "\(message)")
  }

  @Test("metadata-issuer-mismatch: no request goes to any endpoint of a document with another issuer")
  func issuerMismatch() async throws {
    let it = try await KindRuns.run("wrong-issuer")
    #expect(it.code == "issuer-mismatch")
    #expect(it.trail == ["POST mcp", "GET resource-metadata", "GET oauth-metadata"])
    #expect(it.registrations == 0)
    let message = try #require(it.server["error"]["message"].string)
    #expect(message.contains("'\(it.origin)/as/somebody-else'"))
    #expect(message.contains("'\(it.issuer)'"))
  }

  // MARK: Migration

  @Test(
    "authorization-server-migration: a new issuer gets a new client and never receives the old one; the old entry stays until then"
  )
  func migration() async throws {
    try await withServers(SandboxConfiguration(kinds: ["confidential-basic", "method-post-only"])) { sandbox in
      let name = "confidential-basic"
      let before = try await sandbox.apply(name)
      #expect(before.run.exit == 0, "\(before.run.all)")
      let place = before.place
      let old = try #require(before.entry["client_id"].string)
      let oldSecret = try #require(try place.record(name)["client_secret"].string)
      let next = sandbox.issuer("method-post-only")
      sandbox.change(name) { $0.metadataChanges = ["authorization_servers": [.string(next)]] }

      // Without --refresh, no request is sent and no change is found.
      sandbox.forgetRequests()
      let blind = try await place.run("plan", "--detailed-exitcode")
      #expect(blind.exit == 0, "\(blind.all)")
      #expect(sandbox.requests().isEmpty)

      let files = try place.snapshot()
      let plan = try await place.run("plan", "--refresh", "--format", "json")
      #expect(plan.exit == 0, "\(plan.all)")
      let planned = try plan.json()["servers"][0]
      #expect(planned["action"].string == "replace")
      #expect(planned["reasons"].strings == ["issuer-changed"])
      #expect(planned["issuer"].string == next)
      #expect(try place.snapshot() == files)
      let text = try await place.run("plan", "--refresh")
      #expect(text.out.contains("reconnect"), "\(text.out)")

      // After a refusal, the old client stays in use.
      sandbox.answer(
        "POST", String(next.dropFirst(sandbox.origin.count)) + "/register",
        with: .oauthError(400, "invalid_redirect_uri", "not now"), times: 1)
      let refused = try await sandbox.apply(name, in: place, options: ["--refresh"])
      #expect(refused.run.exit == 1)
      #expect(refused.code == "redirect-uri-rejected")
      #expect(refused.entry["client_id"].string == old)
      #expect(place.lockText.map { Data($0.utf8) } == files["servers.lock.json"])
      #expect(try place.record(name)["client_secret"].string == oldSecret)

      let after = try await sandbox.apply(name, in: place, options: ["--refresh"])
      #expect(after.run.exit == 0, "\(after.run.all)")
      #expect(after.server["action"].string == "replace")
      let new = try #require(after.entry["client_id"].string)
      #expect(new != old)
      #expect(after.entry["issuer"].string == next)
      #expect(after.entry["authorization_server"].string == next)
      #expect(sandbox.registrations("method-post-only") == 1)
      let orphan = after.lock["orphans"][0]
      #expect(orphan["client_id"].string == old)
      #expect(orphan["issuer"].string == before.issuer)
      #expect(orphan["reason"].string == "replaced")

      for request in sandbox.requests() where request.path.contains("/as/") {
        let everything = request.record.text()
        #expect(!everything.contains(old), "\(request.step) shows the old client")
        #expect(!everything.contains(oldSecret), "\(request.step) shows the old secret")
      }
      let secret = try place.record(name)["client_secret"].string
      _ = try await CodeFlow(entry: after.entry, secret: secret, resource: nil).tokens()
    }
  }
}
