import MCPAuthCore
import Testing

@Suite struct RegistrationAnswerTests {
  typealias World = RegistrationWorld

  /// Reads an answer, with these members changed, to a registration for which the rules chose `none`.
  func register(
    _ changes: JSON = [:], status: Int = 201, client: ClientMetadata = World.client(),
    scopes: ScopeSelection = ScopeSelection(scopes: [], source: .none),
    metadata: AuthorizationServerMetadata = World.metadata(), endpoint: String = World.endpoint,
    trust: ServerTrust = .remote
  ) throws -> Result<RegisteredClient, RegistrationFailure> {
    var answer = JSONObject([.init("client_id", "c1")])
    for member in changes.object?.members ?? [] { answer[member.name] = member.value }
    let exchange = try World.exchange(
      client, scopes: scopes, metadata: metadata, endpoint: endpoint, trust: trust)
    return try #require(World.run(exchange, [World.json(status, .object(answer))]).result)
  }

  func created(_ result: Result<RegisteredClient, RegistrationFailure>) -> AbandonedClient? {
    if case .created(let client) = result.error?.outcome { client } else { nil }
  }

  @Test("Registration#Answers: a minimal answer gives the client as requested")
  func minimal() throws {
    let client = try register().get()
    #expect(
      client
        == RegisteredClient(
          clientID: "c1", tokenEndpointAuthMethod: "none", grantTypes: ["authorization_code", "refresh_token"],
          applicationType: .web, redirectURIs: [World.redirect], scopes: [], scopesFrom: .none))
    #expect(!client.isManaged)
  }

  @Test("Registration#Answers, RealServers#70: 200 instead of 201 is a warning", arguments: [200, 202])
  func status(_ status: Int) throws {
    let client = try register(status: status).get()
    #expect(client.warnings.map(\.code) == [.unusualAnswer])
  }

  @Test(
    "Registration#Unknown-outcomes: a 2xx without a usable client_id is an unknown outcome, and its body is never printed",
    arguments: [
      "", "<html>hello s3cr3t-value", "[]", "\"c1\"", "{\"client_secret\":\"s3cr3t-value\"}", "{\"client_id\":\"\"}",
      "{\"client_id\":null}", "{\"client_id\":17}", "{\"client_id\":\"a\\u001bb\",\"client_secret\":\"s3cr3t-value\"}",
      "{\"client_id\":\"a\\u0085b\"}",
      "{\"client_id\":\"c1\",\"x\":" + String(repeating: "[", count: 70) + String(repeating: "]", count: 70) + "}",
    ])
  func unusable(body: String) throws {
    let failure = try #require(
      World.run(World.exchange(), [World.text(201, body, type: "application/json")]).result?.error)
    #expect(failure.diagnostic.code == .registrationOutcomeUnknown)
    #expect(failure.outcome == .unknown)
    #expect(failure.stopsIssuer && !failure.leavesNothing)
    #expect(!World.everything(failure.diagnostic).contains("s3cr3t"))
    #expect(failure.diagnostic.requests.map(\.status) == [201])
  }

  @Test("Registration#Answers: a client_id in which the caller finds a secret is not taken")
  func knownSecret() throws {
    let request = try RegistrationRequest(
      endpoint: World.endpoint, requested: World.requested(), trust: .remote)
    let exchange = RegistrationExchange(request, metadata: World.metadata()) { $0.contains("s3cr3t") }
    let answer = World.json(201, ["client_id": "id-s3cr3t-value"])
    let failure = try #require(World.run(exchange, [answer]).result?.error)
    #expect(failure.diagnostic.code == .registrationOutcomeUnknown)
    #expect(failure.outcome == .unknown)
    #expect(!World.everything(failure.diagnostic).contains("s3cr3t"))
    #expect(try World.run(exchange, [World.json(201, ["client_id": "c1"])]).result?.get().clientID == "c1")
  }

  @Test(
    "Registration#Answers: a client_id that contains a secret of the answer is not taken",
    arguments: ["s3cr3t-value", "id-s3cr3t-value-1", "id-s3cr3t-value\u{301}"],
    ["client_secret", "registration_access_token"])
  func ownSecret(id: String, member: String) throws {
    let changes = JSON.object(JSONObject([.init("client_id", .string(id)), .init(member, "s3cr3t-value")]))
    let failure = try #require(try register(changes).error)
    #expect(failure.diagnostic.code == .registrationOutcomeUnknown)
    #expect(!World.everything(failure.diagnostic).contains("s3cr3t"))
  }

  @Test(
    "Registration#Answers: client_id is kept unchanged", arguments: ["a b", "ü/=%2F", "https://x/y?z", "{\"k\":1}"])
  func verbatim(id: String) throws {
    #expect(try register(["client_id": .string(id)]).get().clientID == id)
  }

  @Test(
    "Registration#Answers, RealServers#54: a method that needs a secret, without a secret, is registration-insufficient"
  )
  func noSecret() throws {
    let result = try register(["token_endpoint_auth_method": "client_secret_basic"])
    #expect(result.error?.diagnostic.code == .registrationInsufficient)
    #expect(created(result) == AbandonedClient(clientID: "c1"))
  }

  @Test("Registration#Answers, RealServers#70: the method may be a list with one element")
  func methodList() throws {
    let client = try register([
      "token_endpoint_auth_method": ["client_secret_post"], "client_secret": "s", "client_secret_expires_at": 0,
    ]).get()
    #expect(client.tokenEndpointAuthMethod == "client_secret_post")
  }

  @Test(
    "Registration#Authentication-method: an authentication method that cannot be used is reported, and the client can be deleted"
  )
  func methodUnsupported() throws {
    let result = try register([
      "token_endpoint_auth_method": "private_key_jwt", "registration_client_uri": "https://as.example/register/c1",
      "registration_access_token": "manage-me",
    ])
    #expect(result.error?.diagnostic.code == .authMethodUnsupported)
    #expect(created(result)?.isManaged == true)
    #expect(created(result)?.registrationAccessToken == Secret("manage-me"))
    #expect(try !World.everything(#require(result.error).diagnostic).contains("manage-me"))
  }

  @Test(
    "Registration#Answers: the returned redirect_uris contain every requested one byte for byte",
    arguments: [
      ([World.redirect], true), ([World.redirect, "https://more.example/cb"], true), ([], true),
      ([World.redirect + "/"], false), (["https://CODER.acme.dev/mcp/linear/callback"], false),
      (["https://coder.acme.dev:443/mcp/linear/callback"], false), (["https://evil.example/cb"], false),
    ])
  func redirects(returned: [String], passes: Bool) throws {
    let result = try register(["redirect_uris": .array(returned.map(JSON.string))])
    #expect((result.value != nil) == passes)
    if !passes {
      #expect(result.error?.diagnostic.code == .registrationAltered)
      #expect(created(result)?.clientID == "c1")
    }
  }

  @Test("Registration#Answers: byte for byte means that canonically equivalent Unicode is another URI")
  func unicode() throws {
    let client = World.client(redirects: ["com.acme:/caf\u{E9}"])
    let result = try register(["redirect_uris": ["com.acme:/cafe\u{301}"]], client: client)
    #expect(result.error?.diagnostic.code == .registrationAltered)
  }

  @Test(
    "Registration#Answers: the returned grant_types contain authorization_code, in any order (RealServers#75)",
    arguments: [
      (["refresh_token", "authorization_code", "implicit"], ["authorization_code", "refresh_token"]),
      (["authorization_code"], ["authorization_code"]), ([], ["authorization_code", "refresh_token"]),
      (["client_credentials"], nil),
    ] as [([String], [String]?)])
  func grants(returned: [String], kept: [String]?) throws {
    let result = try register(["grant_types": .array(returned.map(JSON.string))])
    #expect(result.value?.grantTypes == kept)
    if kept == nil { #expect(result.error?.diagnostic.code == .registrationInsufficient) }
  }

  @Test(
    "Registration#Scopes, RealServers#52: fewer scopes are a warning, omitted scopes keep the request, additional ones are not accepted",
    arguments: [
      ("a", ["a"], true), ("b a", ["a", "b"], false), ("a b c", ["a", "b"], false), (nil, ["a", "b"], false),
      ("", ["a", "b"], false), (["b"], ["b"], true), ("z", [], true),
    ] as [(JSON?, [String], Bool)])
  func scopes(returned: JSON?, kept: [String], warns: Bool) throws {
    let client = try register(
      ["scope": returned ?? .null], scopes: ScopeSelection(scopes: ["a", "b"], source: .challenge)
    ).get()
    #expect(client.scopes == kept)
    #expect(client.scopesFrom == .challenge)
    #expect(client.warnings.map(\.code) == (warns ? [.scopeNarrowed] : []))
  }

  @Test("RealServers#53: null, empty and wrongly typed members count as absent")
  func nulls() throws {
    let client = try register([
      "client_secret": .null, "client_secret_expires_at": .null, "token_endpoint_auth_method": "",
      "redirect_uris": .null,
      "grant_types": [], "scope": 5, "registration_client_uri": "", "registration_access_token": .null,
      "client_uri": "",
      "contacts": [], "application_type": 1, "logo_uri": .null,
    ]).get()
    #expect(client.warnings == [])
    #expect(client.clientSecret == nil && client.tokenEndpointAuthMethod == "none" && !client.isManaged)
  }

  @Test(
    "Registration#Answers: registration_client_uri is kept only if https, or loopback, and at the endpoint's origin; with its query",
    arguments: [
      ("https://as.example/register?id=c1&x=y", World.endpoint, ServerTrust.remote, true),
      ("https://AS.example:443/c/1", World.endpoint, .remote, true),
      ("https://other.example/c/1", World.endpoint, .remote, false),
      ("https://as.example:8443/c/1", World.endpoint, .remote, false),
      ("http://as.example/c/1", World.endpoint, .local, false), ("/c/1", World.endpoint, .remote, false),
      ("https://as.example@evil.example/", World.endpoint, .remote, false),
      ("http://127.0.0.1:9/c/1", "http://127.0.0.1:9/register", .local, true),
      ("http://127.0.0.1:8/c/1", "http://127.0.0.1:9/register", .local, false),
    ])
  func management(uri: String, endpoint: String, trust: ServerTrust, kept: Bool) throws {
    let client = try register(
      ["registration_client_uri": .string(uri), "registration_access_token": "t"], endpoint: endpoint,
      trust: trust
    ).get()
    #expect(client.registrationClientURI == (kept ? uri : nil))
    #expect(client.isManaged == kept)
    #expect(client.warnings.map(\.code) == (kept ? [] : [.unusualAnswer]))
  }
}
