import Foundation
import MCPAuthSandbox
import Testing

/// The registration request (Registration#Requests; RFC 7591 3.1): its members, and which servers receive the tokens.
@Suite struct RegistrationRequestTests {
  private static let token = "initial-token-0123456789"
  private static let statement = "eyJhbGciOiJub25lIn0.eyJzb2Z0d2FyZV9pZCI6IngifQ.c2lnbmF0dXJl"
  private static let environment = ["INITIAL": token, "STATEMENT": statement]

  @Test("Registration#Requests: the exact smallest request")
  func smallest() async throws {
    let it = try await KindRuns.run("challenge")
    #expect(
      try it.body() == [
        "application_type": "native", "client_name": "End to end",
        "grant_types": ["authorization_code", "refresh_token"],
        "redirect_uris": ["http://127.0.0.1:7777/callback/challenge"], "response_types": ["code"],
        "token_endpoint_auth_method": "none",
      ])
  }

  @Test("Registration#Requests: the exact largest request, which a strict server accepts")
  func greatest() async throws {
    try await withServers(SandboxConfiguration(kinds: ["strict"])) { sandbox in
      let client = """
        name: 'Acme "Coder"'
          redirect_uris: ["https://acme.example/{server}/callback", "https://other.example/callback"]
          uri: https://acme.example
          logo_uri: https://acme.example/logo.png
          tos_uri: https://acme.example/terms
          policy_uri: https://acme.example/privacy
          contacts: [ops@acme.example, "second@acme.example"]
          software_id: 4NRB1-0XZABZI9E6-5SM3R
          software_version: "2.1"
        """
      let it = try await sandbox.apply(
        "strict",
        oauth2: [
          "issuer: \"\(sandbox.issuer("strict"))\"", "scopes: [write, read]", "software_statement: {env: STATEMENT}",
          "initial_access_token: {env: INITIAL}", "token_endpoint_auth_method: client_secret_post",
        ], client: client, environment: Self.environment)
      #expect(it.run.exit == 0, "\(it.run.all)")
      #expect(
        try it.body() == [
          "application_type": "web", "client_name": "Acme \"Coder\"", "client_uri": "https://acme.example",
          "contacts": ["ops@acme.example", "second@acme.example"],
          "grant_types": ["authorization_code", "refresh_token"], "logo_uri": "https://acme.example/logo.png",
          "policy_uri": "https://acme.example/privacy",
          "redirect_uris": ["https://acme.example/strict/callback", "https://other.example/callback"],
          "response_types": ["code"], "scope": "write read", "software_id": "4NRB1-0XZABZI9E6-5SM3R",
          "software_statement": .string(Self.statement), "software_version": "2.1",
          "token_endpoint_auth_method": "client_secret_post", "tos_uri": "https://acme.example/terms",
        ])
      #expect(it.entry["scopes"].strings == ["write", "read"])
      let secret = try #require(try it.place.record("strict")["client_secret"].string)
      for text in [it.run.all, it.place.lockText ?? ""] {
        for secret in [secret, Self.token, Self.statement] { #expect(!text.contains(secret)) }
      }
    }
  }

  @Test(
    "Registration#Scopes: client_name and redirect_uris of a server override those of the client; scopes [] sends no scope"
  )
  func overrides() async throws {
    try await withServers(SandboxConfiguration(kinds: ["scoped"])) { sandbox in
      let it = try await sandbox.apply(
        "scoped", oauth2: ["client_name: Other", "redirect_uris: [\"com.acme.app:/callback\"]", "scopes: []"])
      #expect(it.run.exit == 0, "\(it.run.all)")
      let body = try it.body()
      #expect(body["client_name"] == "Other")
      #expect(body["redirect_uris"] == ["com.acme.app:/callback"])
      #expect(body["application_type"] == "native")
      #expect(body["scope"] == nil)
      #expect(it.entry["scopes_from"].string == "inventory")
      #expect(it.entry["scopes"].strings == [])
    }
  }

  @Test(
    "Registration#Requests: only grant types that the server supports are sent; authorization_code always",
    arguments: [
      (["authorization_code"], ["authorization_code"]),
      (["refresh_token", "authorization_code", "client_credentials"], ["authorization_code", "refresh_token"]),
      (["client_credentials"], ["authorization_code"]), ([], ["authorization_code", "refresh_token"]),
    ])
  func grantTypes(listed: [String], asked: [String]) async throws {
    let configuration = SandboxConfiguration.made("grants") {
      $0.issuerMetadataChanges = ["grant_types_supported": .strings(listed)]
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("grants")
      #expect(it.run.exit == 0, "\(it.run.all)")
      #expect(try it.body()["grant_types"]?.strings == asked)
    }
  }

  @Test(
    "Registration#Requests: the application type depends on the redirect URIs",
    arguments: [
      ("\"https://acme.example/x\"", "web"), ("\"http://localhost:1/x\"", "native"), ("\"http://[::1]:1/x\"", "native"),
      ("\"com.acme.app:/x\"", "native"), ("\"http://127.0.0.1/x\", \"com.acme.app:/x\"", "native"),
    ])
  func applicationType(uris: String, type: String) async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      let it = try await sandbox.apply("challenge", client: "name: E\n  redirect_uris: [\(uris)]")
      #expect(it.run.exit == 0, "\(it.run.all)")
      #expect(try it.body()["application_type"]?.string == type)
      #expect(it.entry["application_type"].string == type)
    }
  }

  @Test(
    "Registration#Requests: mixed redirect URIs are an error before any request, unless the inventory names the type")
  func mixed() async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      let client = "name: E\n  redirect_uris: [\"https://acme.example/x\", \"http://localhost:1/x\"]"
      let place = try Workplace(servers: sandbox.block("challenge"), client: client)
      let run = try await place.run("apply", "--format", "json")
      #expect(run.exit == 3)
      #expect(try run.json()["diagnostics"][0]["code"].string == "mixed-redirect-uris")
      #expect(sandbox.requests().isEmpty)
      let named = try await sandbox.apply("challenge", oauth2: ["application_type: native"], client: client)
      #expect(named.run.exit == 0, "\(named.run.all)")
      #expect(try named.body()["application_type"] == "native")
    }
  }

  // MARK: Tokens

  @Test("Registration#Requests: the initial access token goes to the registration endpoint, and nowhere else")
  func initialAccessToken() async throws {
    let it = try await KindRuns.run("protected")
    #expect(it.run.exit == 0)
    let carrying = it.requests.filter { !$0.values(of: "Authorization").isEmpty }
    #expect(carrying.map(\.step) == ["POST register"])
    #expect(carrying.first?.value(of: "Authorization") == "Bearer " + SandboxKind.initialAccessToken)
    #expect(it.requests.allSatisfy { !$0.body.contains(SandboxKind.initialAccessToken) })
    #expect(it.requests.allSatisfy { $0.query?.contains(SandboxKind.initialAccessToken) != true })
    #expect(!it.run.all.contains(SandboxKind.initialAccessToken))
    #expect(it.place.lockText?.contains(SandboxKind.initialAccessToken) == false)
  }

  @Test("Registration#Requests: without the token, or with a wrong one, the server refuses the registration")
  func wrongToken() async throws {
    try await withServers(SandboxConfiguration(kinds: ["protected"])) { sandbox in
      let without = try await sandbox.apply("protected")
      #expect(without.code == "registration-protected")
      #expect(without.server["error"]["help"].string?.contains("initial_access_token") == true)
      let wrong = try await sandbox.apply(
        "protected", oauth2: ["issuer: \"\(sandbox.issuer("protected"))\"", "initial_access_token: {env: INITIAL}"],
        environment: Self.environment)
      #expect(wrong.code == "registration-protected")
      #expect(!wrong.run.all.contains(Self.token))
    }
  }

  @Test(
    "InventoryReference#Servers: a server that changes its authorization server does not get the token, because the inventory has the issuer"
  )
  func tokenIsPinned() async throws {
    try await withServers(SandboxConfiguration(kinds: ["protected", "challenge"])) { sandbox in
      sandbox.change("protected") {
        $0.metadataChanges = ["authorization_servers": [.string(sandbox.issuer("challenge"))]]
      }
      let it = try await sandbox.apply(
        "protected", oauth2: ["issuer: \"\(sandbox.issuer("protected"))\"", "initial_access_token: {env: INITIAL}"],
        environment: Self.environment)
      #expect(it.code == "issuer-mismatch", "\(it.run.out)")
      #expect(it.requests.allSatisfy { !$0.isToAnEndpoint && $0.values(of: "Authorization").isEmpty })
    }
  }

  @Test(
    "Registration#Requests: a software statement is only in the body of this request; its refusal has its own error code"
  )
  func softwareStatement() async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge", "no-statements"])) { sandbox in
      for kind in ["challenge", "no-statements"] {
        let it = try await sandbox.apply(
          kind, oauth2: ["issuer: \"\(sandbox.issuer(kind))\"", "software_statement: {env: STATEMENT}"],
          environment: Self.environment)
        #expect(it.code == (kind == "challenge" ? nil : "software-statement-rejected"), "\(it.run.out)")
        #expect(it.requests.filter { $0.body.contains(Self.statement) }.map(\.step) == ["POST register"])
        #expect(try it.body()["software_statement"]?.string == Self.statement)
        #expect(!it.run.all.contains(Self.statement))
        #expect(it.place.lockText?.contains(Self.statement) != true)
      }
    }
  }

  // MARK: The two retries

  struct Retry: Sendable, CustomTestStringConvertible {
    var refusals: Int
    var answer = SandboxAnswer.oauthError(400, "invalid_client_metadata", "not to our taste")
    var oauth2: [String] = []
    var hasScope = true
    /// `scope method` of each request.
    var asked: [String]
    var testDescription: String { "\(refusals) × \(answer.status) \(answer.note) \(oauth2) \(hasScope)" }
  }

  static let retries: [Retry] = [
    Retry(refusals: 1, asked: ["read none", "- none"]),
    Retry(refusals: 2, asked: ["read none", "- none", "- client_secret_basic"]),
    Retry(refusals: 3, asked: ["read none", "- none", "- client_secret_basic"]),
    Retry(refusals: 1, hasScope: false, asked: ["- none", "- client_secret_basic"]),
    Retry(refusals: 2, hasScope: false, asked: ["- none", "- client_secret_basic"]),
    // Scopes of the inventory are never left out.
    Retry(refusals: 1, oauth2: ["scopes: [read]"], asked: ["read none", "read client_secret_basic"]),
    // The method of the inventory is never changed.
    Retry(
      refusals: 1, oauth2: ["scopes: [read]", "token_endpoint_auth_method: client_secret_post"],
      asked: ["read client_secret_post"]),
    Retry(refusals: 1, answer: .oauthError(400, "invalid_scope", "x"), asked: ["read none", "- none"]),
    Retry(refusals: 1, answer: .oauthError(403, "insufficient_scope", "x"), asked: ["read none", "- none"]),
    Retry(
      refusals: 1, answer: .oauthError(403, "access_denied", "Policy 'Allowed Client Scopes' rejected request"),
      asked: ["read none", "- none"]),
    // Errors that a retry cannot solve.
    Retry(refusals: 1, answer: .oauthError(400, "invalid_redirect_uri", "x"), asked: ["read none"]),
    Retry(refusals: 1, answer: .text(403, "no"), asked: ["read none"]),
    Retry(refusals: 1, answer: .text(500, "no"), asked: ["read none"]),
  ]

  @Test("Registration#Scopes: one retry without scope, one with the next method, both reported", arguments: retries)
  func retry(row: Retry) async throws {
    let configuration = SandboxConfiguration.made("retries") {
      if row.hasScope { $0.challenge = [#"Bearer resource_metadata="{metadata}", scope="read""#] }
      $0.faults[.register] = SandboxFault(row.answer, times: row.refusals)
    }
    let it = try await withServers(configuration) { try await $0.apply("retries", oauth2: row.oauth2) }
    let asked = it.bodies.map { "\($0["scope"]?.string ?? "-") \($0["token_endpoint_auth_method"]?.string ?? "-")" }
    #expect(asked == row.asked, "\(it.run.out)")
    let isRetried = it.warnings.filter { $0 == "registration-retried" }.count
    #expect(isRetried == row.asked.count - 1)
    #expect((it.run.exit == 0) == (row.asked.count > row.refusals))
    if it.run.exit == 0 {
      #expect(it.entry["token_endpoint_auth_method"].string == it.clients.first?.method)
      let scope = it.bodies.last?["scope"]?.string
      #expect(it.entry["scopes"].strings == (scope.map { [$0] } ?? []))
      #expect(it.registrations == 1)
    }
  }

  @Test("Registration#Requests: if the server refuses a listed method, the next one is used")
  func methodRefused() async throws {
    let configuration = SandboxConfiguration.made("lists-all") {
      $0.registration.methods = ["client_secret_post"]
      $0.issuerMetadataChanges = [
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"]
      ]
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("lists-all")
      #expect(it.run.exit == 0, "\(it.run.out)")
      #expect(it.bodies.map { $0["token_endpoint_auth_method"] } == ["client_secret_basic", "client_secret_post"])
      #expect(it.warnings == ["registration-retried"])
      try await CodeFlow(it).check()
      // A second apply sends no request.
      let again = try await sandbox.apply("lists-all", in: it.place)
      #expect(again.requests.isEmpty)
      let refreshed = try await sandbox.apply("lists-all", in: it.place, options: ["--refresh"])
      #expect(refreshed.server["action"].string == "unchanged", "\(refreshed.run.out)")
    }
  }
}
