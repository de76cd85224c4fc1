import MCPAuthCore
import Testing

@Suite struct ManagementTests {
  typealias World = RegistrationWorld
  static let uri = "https://as.example/register/c1?v=2"

  static func client(method: String = "client_secret_basic", secret: Secret? = Secret("old-secret")) -> RegisteredClient
  {
    RegisteredClient(
      clientID: "c1", clientSecret: secret, clientSecretExpiresAt: Timestamp(seconds: World.now.seconds + 1000),
      tokenEndpointAuthMethod: method, grantTypes: ["authorization_code", "refresh_token"], applicationType: .web,
      redirectURIs: [World.redirect], scopes: ["read"], scopesFrom: .inventory, registrationClientURI: uri,
      registrationAccessToken: Secret("old-token-value"))
  }

  static func request(
    _ call: ManagementRequest.Call = .read, of client: RegisteredClient = client()
  ) throws -> ManagementRequest {
    try ManagementRequest(call, of: client, registrationEndpoint: World.endpoint, trust: .remote)
  }

  static func wanted(
    redirects: [String] = [World.redirect], method: String? = nil,
    scopes: ScopeSelection = ScopeSelection(scopes: ["read"], source: .inventory)
  ) throws -> RequestedRegistration {
    try World.requested(World.client(redirects: redirects, method: method), scopes: scopes)
  }

  func interpret(
    _ request: ManagementRequest, _ answer: Result<HTTPResponse, HTTPFailure>
  ) -> ManagementOutcome {
    request.interpret(answer, supported: nil, now: World.now)
  }

  @Test("RFC 7592 2.1, 2.3: read and delete send the token, keep the query, and have no body")
  func readAndDelete() throws {
    for (call, method) in [(ManagementRequest.Call.read, HTTPRequest.Method.get), (.delete, .delete)] {
      let http = try Self.request(call).httpRequest()
      #expect(http.method == method)
      #expect(http.url.text == Self.uri)
      #expect(http.field("authorization") == "Bearer old-token-value")
      #expect(http.body == nil)
    }
  }

  @Test(
    "Registration#Management, RealServers#71: PUT sends the whole metadata with client_id, never the token, the URI or the times"
  )
  func update() throws {
    let http = try Self.request(.update(Self.wanted(redirects: ["https://new.example/cb"]))).httpRequest()
    #expect(http.method == .put)
    let body = http.jsonBody
    #expect(
      Set(body.members.map(\.name)) == [
        "client_id", "redirect_uris", "client_name", "token_endpoint_auth_method", "grant_types", "response_types",
        "application_type", "scope",
      ])
    #expect(body["client_id"] == "c1")
    #expect(body["redirect_uris"] == ["https://new.example/cb"])
    #expect(body["token_endpoint_auth_method"] == "client_secret_basic", "the client's own method stays")
  }

  @Test("Registration#Management: scopes that had to be omitted at the registration stay omitted")
  func scopesLeftOut() throws {
    var client = Self.client()
    client.scopes = []
    client.scopesFrom = .none
    let challenge = ScopeSelection(scopes: ["read"], source: .challenge)
    #expect(
      try Self.request(.update(Self.wanted(scopes: challenge)), of: client).httpRequest().jsonBody["scope"] == nil)
    #expect(try Self.request(.update(Self.wanted()), of: client).httpRequest().jsonBody["scope"] == "read")
  }

  @Test("Registration#Management, RealServers#73: a change from none to a method with a secret is never made in place")
  func noneToSecret() throws {
    let client = Self.client(method: "none", secret: nil)
    let error = #expect(throws: Diagnostic.self) {
      try Self.request(.update(Self.wanted(method: "client_secret_basic")), of: client)
    }
    #expect(error?.code == .updateRejected)
    #expect(!ManagementRequest.canUpdateInPlace(from: "none", to: "client_secret_post"))
    #expect(ManagementRequest.canUpdateInPlace(from: "none", to: "none"))
    #expect(ManagementRequest.canUpdateInPlace(from: "client_secret_post", to: "client_secret_basic"))
    #expect(ManagementRequest.canUpdateInPlace(from: "client_secret_post", to: "none"))
  }

  @Test("Registration#Management: a client without management gets no management request")
  func unmanaged() throws {
    var client = Self.client()
    client.registrationAccessToken = nil
    #expect(throws: Diagnostic.self) { try Self.request(.read, of: client) }
    let abandoned = AbandonedClient(clientID: "c1", registrationClientURI: Self.uri)
    #expect(throws: Diagnostic.self) {
      try ManagementRequest(deleting: abandoned, registrationEndpoint: World.endpoint, trust: .remote)
    }
  }

  @Test(
    "Registration#Management: the token is sent only to the origin of the registration endpoint, and to loopback only for a server on loopback",
    arguments: [
      ("https://as.example/r/1?v=2", "https://as.example/register", ServerTrust.remote, nil),
      ("https://AS.example:443/r", "https://as.example/register", .remote, nil),
      ("https://other.example/r", "https://as.example/register", .remote, .updateRejected),
      ("https://as.example:8443/r", "https://as.example/register", .remote, .updateRejected),
      ("https://mcp.example/r", "https://as.example/register", .remote, .updateRejected),
      ("http://as.example/r", "https://as.example/register", .remote, .insecureURL),
      ("http://127.0.0.1:9/r", "http://127.0.0.1:9/register", .remote, .insecureURL),
      ("http://127.0.0.1:8/r", "http://127.0.0.1:9/register", .local, .updateRejected),
      ("http://127.0.0.1:9/r", "http://127.0.0.1:9/register", .local, nil),
      ("https://as.example/r", nil, .remote, .invalidURL),
    ] as [(String, String?, ServerTrust, DiagnosticCode?)])
  func origin(uri: String, endpoint: String?, trust: ServerTrust, code: DiagnosticCode?) throws {
    var client = Self.client()
    client.registrationClientURI = uri
    let abandoned = AbandonedClient(clientID: "c1", registrationClientURI: uri, registrationAccessToken: Secret("t"))
    let requests: [() throws -> ManagementRequest] = [
      { try ManagementRequest(.read, of: client, registrationEndpoint: endpoint, trust: trust) },
      { try ManagementRequest(.update(Self.wanted()), of: client, registrationEndpoint: endpoint, trust: trust) },
      { try ManagementRequest(deleting: abandoned, registrationEndpoint: endpoint, trust: trust) },
    ]
    for request in requests {
      if let code {
        #expect(throws: Diagnostic.self) { try request() }.map { #expect($0.code == code) }
      } else {
        #expect(try request().httpRequest().url.origin == trust.endpoint(uri, called: "").origin)
      }
    }
  }

  @Test("Registration#Strategies: an abandoned client is deleted with its own token", arguments: [200, 204])
  func abandoned(status: Int) throws {
    let client = AbandonedClient(
      clientID: "c1", registrationClientURI: Self.uri, registrationAccessToken: Secret("manage"))
    let request = try ManagementRequest(deleting: client, registrationEndpoint: World.endpoint, trust: .remote)
    #expect(request.httpRequest().method == .delete)
    #expect(request.httpRequest().field("authorization") == "Bearer manage")
    #expect(interpret(request, World.text(status, "deleted")) == .deleted)
  }

  @Test(
    "Registration#Management, RealServers#70, RealServers#72: rotated token, secret and URI are returned as new values")
  func rotation() throws {
    let answer = World.json(
      200,
      [
        "client_id": "c1", "client_secret": "new-secret", "client_secret_expires_at": "1900000000",
        "registration_access_token": "new-token", "registration_client_uri": "https://as.example/register/c1?v=3",
      ])
    guard case .done(let client, nil) = interpret(try Self.request(), answer) else {
      Issue.record("not done")
      return
    }
    #expect(client.clientSecret == Secret("new-secret"))
    #expect(client.clientSecretExpiresAt == Timestamp(seconds: 1_900_000_000))
    #expect(client.registrationAccessToken == Secret("new-token"))
    #expect(client.registrationClientURI == "https://as.example/register/c1?v=3")
  }

  @Test("Registration#Management: a management URI at another origin is not accepted")
  func foreignURI() throws {
    let answer = World.json(200, ["registration_client_uri": "https://evil.example/c1"])
    guard case .done(let client, nil) = interpret(try Self.request(), answer) else {
      Issue.record("not done")
      return
    }
    #expect(client.registrationClientURI == Self.uri)
    #expect(client.warnings.map(\.code) == [.unusualAnswer])
  }

  @Test(
    "Registration#Management: null and missing members leave the known values",
    arguments: [
      [:],
      [
        "client_id": .null, "client_secret": .null, "client_secret_expires_at": .null, "registration_access_token": "",
        "registration_client_uri": .null, "redirect_uris": [], "grant_types": .null, "scope": "",
        "token_endpoint_auth_method": .null, "application_type": .null,
      ],
    ] as [JSON])
  func nulls(answer: JSON) throws {
    #expect(interpret(try Self.request(), World.json(200, answer)) == .done(client: Self.client(), problem: nil))
  }

  @Test("Registration#Management: a successful update gives the requested client")
  func updated() throws {
    let wanted = try Self.wanted(
      redirects: ["https://new.example/cb"], scopes: ScopeSelection(scopes: ["write"], source: .inventory))
    for answer in [World.json(200, ["client_id": "c1"]), World.text(204, "")] {
      guard case .done(let client, nil) = interpret(try Self.request(.update(wanted)), answer) else {
        Issue.record("not done")
        return
      }
      #expect(client.redirectURIs == ["https://new.example/cb"])
      #expect(client.scopes == ["write"])
      #expect(client.clientSecret == Secret("old-secret"))
    }
  }

  @Test(
    "Registration#Management: the new token is kept even if the answer has mistakes",
    arguments: [
      (["redirect_uris": ["https://evil.example/cb"]], .registrationAltered),
      (["grant_types": ["implicit"]], .registrationInsufficient),
      (["client_secret_expires_at": 5], .registrationExpired),
    ] as [(JSON, DiagnosticCode)])
  func problems(members: JSON, code: DiagnosticCode) throws {
    var answer = members.object ?? JSONObject()
    answer["registration_access_token"] = "new-token"
    let outcome = interpret(try Self.request(.update(Self.wanted())), World.json(200, .object(answer)))
    guard case .done(let client, let problem?) = outcome else {
      Issue.record("no problem")
      return
    }
    #expect(problem.code == code)
    #expect(client.registrationAccessToken == Secret("new-token"))
  }

  @Test("Registration#Management: a read does not change a method that works")
  func methodStays() throws {
    for method in ["client_secret_post", "none", "private_key_jwt"] {
      let answer = World.json(200, ["token_endpoint_auth_method": .string(method)])
      #expect(interpret(try Self.request(), answer) == .done(client: Self.client(), problem: nil))
    }
  }

  enum Class { case gone, refused, unreachable, unknown }

  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var answer: Result<HTTPResponse, HTTPFailure>
    var expected: Class
    var code: DiagnosticCode?
    var testDescription: String { name }
  }

  @Test(
    "Registration#Management: classes of refusals of RFC 7592 requests",
    arguments: [
      Row(name: "401", answer: World.text(401, ""), expected: .gone),
      Row(name: "404", answer: World.text(404, ""), expected: .gone),
      Row(name: "410", answer: World.text(410, ""), expected: .gone),
      Row(name: "RealServers#71: 400 access_denied", answer: World.refusal("access_denied"), expected: .gone),
      Row(name: "400 invalid_token", answer: World.refusal("invalid_token"), expected: .gone),
      Row(name: "400 invalid_client_id", answer: World.refusal("invalid_client_id"), expected: .gone),
      Row(
        name: "400 otherwise", answer: World.refusal("invalid_redirect_uri", "old-token-value is bad"),
        expected: .refused, code: .updateRejected),
      Row(name: "403", answer: World.text(403, ""), expected: .refused, code: .updateRejected),
      Row(name: "405", answer: World.text(405, ""), expected: .refused, code: .updateRejected),
      Row(name: "501", answer: World.text(501, ""), expected: .refused, code: .updateRejected),
      Row(name: "307", answer: World.text(307, ""), expected: .refused, code: .redirectRefused),
      Row(
        name: "another client", answer: World.json(200, ["client_id": "c2"]), expected: .refused,
        code: .updateRejected),
      Row(name: "500", answer: World.text(500, ""), expected: .unreachable, code: .unreachable),
      Row(name: "503", answer: World.text(503, ""), expected: .unreachable, code: .unreachable),
      Row(name: "429", answer: World.text(429, ""), expected: .unreachable, code: .rateLimited),
      Row(
        name: "not sent", answer: .failure(.notSent(reason: "no route")), expected: .unreachable, code: .unreachable),
      Row(
        name: "lost", answer: .failure(.connectionLost(reason: "reset")), expected: .unknown,
        code: .updateOutcomeUnknown),
      Row(
        name: "timeout", answer: .failure(.timeout(seconds: 60, sent: true)), expected: .unknown,
        code: .updateOutcomeUnknown),
      Row(name: "200 without JSON", answer: World.text(200, "<html>"), expected: .unknown, code: .updateOutcomeUnknown),
    ])
  func classes(row: Row) throws {
    let outcome = interpret(try Self.request(.update(Self.wanted())), row.answer)
    let (found, diagnostic): (Class?, Diagnostic?) =
      switch outcome {
      case .goneOrStale: (.gone, nil)
      case .refused(let diagnostic): (.refused, diagnostic)
      case .unreachable(let diagnostic): (.unreachable, diagnostic)
      case .outcomeUnknown(let diagnostic): (.unknown, diagnostic)
      case .done, .deleted: (nil, nil)
      }
    #expect(found == row.expected)
    #expect(diagnostic?.code == row.code)
    #expect(!String(describing: outcome).contains("old-token-value"))
    if let diagnostic { #expect(diagnostic.requests.map(\.url) == ["https://as.example/register/c1?v=…"]) }
  }

  @Test(
    "Registration#Management: a client that is gone is registration-lost if the token endpoint confirms it, otherwise the warning management-lost"
  )
  func lost() {
    let record = RequestRecord(method: "GET", url: Self.uri, status: 401)
    let dead = ManagementOutcome.lost(isDead: true, clientID: "c1", record: record)
    #expect(dead.code == .registrationLost && dead.severity == .error)
    let stale = ManagementOutcome.lost(isDead: false, clientID: "c1", record: record)
    #expect(stale.code == .managementLost && stale.severity == .warning)
  }
}
