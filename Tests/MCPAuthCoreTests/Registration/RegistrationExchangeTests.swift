import MCPAuthCore
import Testing

@Suite struct RegistrationExchangeTests {
  typealias World = RegistrationWorld

  static let ok = World.json(201, ["client_id": "c1"])
  static let secretOK = World.json(201, ["client_id": "c1", "client_secret": "s", "client_secret_expires_at": 0])
  static let bad = World.refusal("invalid_client_metadata")
  static let challenge = ScopeSelection(scopes: ["read"], source: .challenge)
  static let inventory = ScopeSelection(scopes: ["read"], source: .inventory)

  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var client = World.client()
    var scopes = challenge
    var methods: [String]? = ["none", "client_secret_basic", "client_secret_post"]
    var answers: [Result<HTTPResponse, HTTPFailure>]
    /// Scope and method of each expected request.
    var asked: [String]
    /// nil: a client is expected.
    var code: DiagnosticCode?
    var testDescription: String { name }
  }

  @Test(
    "Registration#Scopes: two safe retries, each at most once and reported: without scope, then with the next listed method",
    arguments: [
      Row(name: "accepted", answers: [ok], asked: ["read none"]),
      Row(name: "RealServers#78: without scope", answers: [bad, ok], asked: ["read none", "- none"]),
      Row(
        name: "then the next method, still without scope", answers: [bad, bad, secretOK],
        asked: ["read none", "- none", "- client_secret_basic"]),
      Row(
        name: "each once", answers: [bad, bad, bad], asked: ["read none", "- none", "- client_secret_basic"],
        code: .clientMetadataRejected),
      Row(
        name: "the inventory's scopes are kept", scopes: inventory, answers: [bad, secretOK],
        asked: ["read none", "read client_secret_basic"]),
      Row(
        name: "the inventory's method is kept", client: World.client(method: "none"), answers: [bad, bad],
        asked: ["read none", "- none"], code: .clientMetadataRejected),
      Row(
        name: "no other method is listed", methods: ["none"], answers: [bad, bad], asked: ["read none", "- none"],
        code: .clientMetadataRejected),
      Row(
        name: "no list: nothing but basic", methods: nil, answers: [bad, bad],
        asked: ["read client_secret_basic", "- client_secret_basic"], code: .clientMetadataRejected),
      Row(
        name: "400 invalid_scope", answers: [World.refusal("invalid_scope"), ok], asked: ["read none", "- none"]),
      Row(
        name: "403 insufficient_scope", answers: [World.refusal("insufficient_scope", status: 403), ok],
        asked: ["read none", "- none"]),
      Row(
        name: "Keycloak's Allowed Client Scopes",
        answers: [
          World.refusal("insufficient_scope", "Policy 'Allowed Client Scopes' rejected request", status: 403), ok,
        ],
        asked: ["read none", "- none"]),
      Row(
        name: "Keycloak's Trusted Hosts is not about scopes",
        answers: [World.refusal("insufficient_scope", "Policy 'Trusted Hosts' rejected request", status: 403)],
        asked: ["read none"], code: .registrationProtected),
      Row(
        name: "invalid_scope of the inventory's", scopes: inventory, answers: [World.refusal("invalid_scope")],
        asked: ["read none"], code: .registrationRejected),
      Row(
        name: "401 is not about scopes", answers: [World.refusal("insufficient_scope", status: 401)],
        asked: ["read none"], code: .registrationProtected),
      Row(
        name: "invalid_scope switches no method", scopes: ScopeSelection(scopes: [], source: .none),
        answers: [World.refusal("invalid_scope")], asked: ["- none"], code: .registrationRejected),
      Row(
        name: "another refusal ends a retry", answers: [bad, World.refusal("invalid_redirect_uri")],
        asked: ["read none", "- none"], code: .redirectURIRejected),
      Row(
        name: "an unknown outcome ends a retry", answers: [bad, .failure(.connectionLost(reason: "reset"))],
        asked: ["read none", "- none"], code: .registrationOutcomeUnknown),
      Row(
        name: "500 invalid_client_metadata is no definite refusal",
        answers: [World.refusal("invalid_client_metadata", status: 500)], asked: ["read none"],
        code: .registrationOutcomeUnknown),
    ])
  func retries(row: Row) throws {
    let metadata = World.metadata(methods: row.methods)
    let (result, bodies) = World.run(
      try World.exchange(row.client, scopes: row.scopes, metadata: metadata), row.answers)
    let asked = bodies.map { body in
      "\(body["scope"]?.string ?? "-") \(body["token_endpoint_auth_method"]?.string ?? "?")"
    }
    #expect(asked == row.asked)
    let finished = try #require(result, "the exchange asked more often than the test answers")
    #expect(finished.error?.diagnostic.code == row.code)
    let warnings = finished.value?.warnings ?? finished.error?.warnings ?? []
    #expect(warnings.filter { $0.code == .registrationRetried }.count == row.asked.count - 1)
    if let failure = finished.error { #expect(failure.diagnostic.requests.count == row.asked.count) }
  }

  @Test("Registration#Scopes: scopes that were omitted in a retry are not in the client, nor anywhere else")
  func withoutScope() throws {
    let client = try #require(World.run(World.exchange(scopes: Self.challenge), [Self.bad, Self.ok]).result).get()
    #expect(client.scopes == [])
    #expect(client.scopesFrom == .none)
  }

  @Test("Registration#Requests: an initial access token is sent with each attempt")
  func token() throws {
    var exchange = try World.exchange(scopes: Self.challenge, token: Secret("t0ken"))
    exchange.receive(Self.bad, now: World.now)
    guard case .send(let request, attempt: 2) = exchange.next() else {
      Issue.record("no second attempt")
      return
    }
    #expect(request.field("authorization") == "Bearer t0ken")
  }
}
