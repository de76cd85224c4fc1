import MCPAuth
import MCPAuthCore
import Testing

/// Registration as a library: only the two products, no inventory.
@Suite struct RegistrarTests {
  static let metadata = AuthorizationServerMetadata(
    issuer: "https://as.example", authorizationEndpoint: "https://as.example/authorize",
    tokenEndpoint: "https://as.example/token", registrationEndpoint: "https://as.example/register",
    tokenEndpointAuthMethodsSupported: ["none", "client_secret_basic"])
  static let trust = ServerTrust.testing("https://mcp.example/mcp")
  static let client = ClientMetadata(clientName: "Library", redirectURIs: ["https://app.example/callback"])
  static let accepted = HTTPResponse(
    status: 201,
    body: Array(
      """
      {"client_id": "c1", "registration_client_uri": "https://as.example/register/c1", "registration_access_token": "t1"}
      """.utf8))
  static let refused = HTTPResponse(status: 400, body: Array(#"{"error": "invalid_client_metadata"}"#.utf8))

  /// From metadata to request, as a program that uses the library does it.
  static func request(resourceScopes: [String]? = ["read"]) throws -> RegistrationRequest {
    let choice = try RegistrationChoice.choose(strategy: .auto, client: client, metadata: metadata)
    guard case .dcr(let endpoint) = choice.way else { throw Unexpected() }
    let scopes = ScopeSelection.select(
      inventory: nil, challenge: nil, resource: resourceScopes, supported: metadata.scopesSupported)
    return try RegistrationRequest(
      endpoint: endpoint, requested: RequestedRegistration(resolving: client, scopes: scopes, metadata: metadata),
      trust: trust)
  }

  struct Unexpected: Error {}

  func registrar(_ transport: AnswersInTurn) -> Registrar {
    Registrar(transport: transport, now: { Timestamp(seconds: 1_800_000_000) })
  }

  @Test("Registration#Strategies: a library registers a client, and deletes it again")
  func registerAndDelete() async throws {
    let transport = AnswersInTurn([.success(Self.accepted), .success(HTTPResponse(status: 204))])
    let registrar = registrar(transport)
    let client = try await registrar.register(Self.request(), metadata: Self.metadata).get()
    #expect(client.clientID == "c1")
    #expect(client.tokenEndpointAuthMethod == "none")
    #expect(client.isManaged)
    let delete = try ManagementRequest(
      .delete, of: client, registrationEndpoint: Self.metadata.registrationEndpoint, trust: Self.trust)
    let outcome = await registrar.manage(delete, supported: nil, willSend: { () async throws(Never) in })
    #expect(outcome == .deleted)
    #expect(await transport.asked == ["POST https://as.example/register", "DELETE https://as.example/register/c1"])
  }

  @Test("Reliability#Order-of-writes: each attempt has its own intent before its POST, and its own failure after it")
  func intents() async throws {
    let transport = AnswersInTurn([.success(Self.refused), .success(Self.accepted)])
    let result = try await registrar(transport).register(
      Self.request(), metadata: Self.metadata,
      willSend: { attempt async throws(Never) in await transport.note("intent \(attempt)") },
      didFail: { attempt async throws(Never) in await transport.note("failed \(attempt)") })
    #expect(result.map(\.clientID) == .success("c1"))
    #expect(
      await transport.asked == [
        "intent 1", "POST https://as.example/register", "failed 1", "intent 2", "POST https://as.example/register",
      ])
  }

  @Test(
    "Reliability#Unknown-outcomes: a definite refusal and a failure before sending leave nothing open; an unknown outcome stays open",
    arguments: [
      (Result<HTTPResponse, HTTPFailure>.success(HTTPResponse(status: 403)), true),
      (.failure(.notSent(reason: "no route")), true), (.failure(.timeout(seconds: 60, sent: true)), false),
      (.success(HTTPResponse(status: 500)), false), (.success(HTTPResponse(status: 201)), false),
      (
        .success(
          HTTPResponse(
            status: 201, body: Array(#"{"client_id": "c1", "redirect_uris": ["https://evil.example/"]}"#.utf8))), false
      ),
    ])
  func open(answer: Result<HTTPResponse, HTTPFailure>, closes: Bool) async throws {
    let transport = AnswersInTurn([answer])
    let result = try await registrar(transport).register(
      Self.request(), metadata: Self.metadata,
      willSend: { attempt async throws(Never) in await transport.note("intent \(attempt)") },
      didFail: { attempt async throws(Never) in await transport.note("failed \(attempt)") })
    guard case .failure = result else {
      Issue.record("registered")
      return
    }
    let asked = await transport.asked
    #expect(asked == ["intent 1", "POST https://as.example/register"] + (closes ? ["failed 1"] : []))
  }

  @Test("Reliability#Order-of-writes: without a durable intent nothing is sent")
  func noIntent() async throws {
    let transport = AnswersInTurn([])
    let request = try Self.request()
    await #expect(throws: Unexpected.self) {
      try await registrar(transport).register(
        request, metadata: Self.metadata, willSend: { _ async throws(Unexpected) in throw Unexpected() },
        didFail: { _ async throws(Unexpected) in })
    }
    let client = RegisteredClient(
      clientID: "c1", tokenEndpointAuthMethod: "none", grantTypes: [], applicationType: .web, redirectURIs: [],
      scopes: [], scopesFrom: .none, registrationClientURI: "https://as.example/register/c1",
      registrationAccessToken: Secret("t1"))
    let read = try ManagementRequest(
      .read, of: client, registrationEndpoint: Self.metadata.registrationEndpoint, trust: Self.trust)
    await #expect(throws: Unexpected.self) {
      try await registrar(transport).manage(
        read, supported: nil, willSend: { () async throws(Unexpected) in throw Unexpected() })
    }
    #expect(await transport.asked == [])
  }

  @Test("Registration#Management: verify asks about an invented client only if the answer is ambiguous")
  func check() async throws {
    func answer(_ error: String) -> Result<HTTPResponse, HTTPFailure> {
      .success(HTTPResponse(status: 400, body: Array(#"{"error": "\#(error)"}"#.utf8)))
    }
    let check = try CredentialCheck(
      tokenEndpoint: Self.metadata.tokenEndpoint, clientID: "c1", secret: nil, method: "none",
      redirectURI: "https://app.example/callback", nonce: "n0nce", trust: Self.trust)
    let cases: [([String], CredentialCheck.Verdict)] = [
      (["invalid_grant"], .known), (["invalid_client"], .dead(error: "invalid_client")),
      (["unauthorized_client", "unauthorized_client"], .dead(error: "unauthorized_client")),
      (["unauthorized_client", "invalid_client"], .known),
    ]
    for (errors, verdict) in cases {
      let transport = AnswersInTurn(errors.map(answer))
      #expect(await registrar(transport).check(check) == verdict)
      #expect(await transport.asked.count == errors.count)
    }
  }

  @Test("Registration#Strategies: a library checks its own Client ID Metadata Document")
  func document() async throws {
    let id = "https://app.example/client.json"
    var client = Self.client
    client.metadataURL = id
    let transport = AnswersInTurn([
      .success(HTTPResponse(status: 200, body: ClientIDMetadataDocument.document(for: client))),
      .success(HTTPResponse(status: 404)),
    ])
    let registrar = registrar(transport)
    let document = try ClientIDMetadataDocument(clientID: id)
    #expect(await registrar.check(document, redirectURIs: client.redirectURIs) == .valid)
    guard case .unverified = await registrar.check(document, redirectURIs: client.redirectURIs) else {
      Issue.record("a 404 verified it")
      return
    }
    #expect(await transport.asked == ["GET \(id)", "GET \(id)"])
  }
}

/// A transport that returns its answers in turn, and records the calls.
actor AnswersInTurn: Transport {
  private(set) var asked: [String] = []
  private var answers: [Result<HTTPResponse, HTTPFailure>]

  init(_ answers: [Result<HTTPResponse, HTTPFailure>]) {
    self.answers = answers
  }

  func note(_ text: String) { asked.append(text) }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    asked.append("\(request.method.rawValue) \(request.url.text)")
    guard !answers.isEmpty else {
      Issue.record("no answer is left for \(request.method.rawValue) \(request.url.text)")
      throw .notSent(reason: "no answer left")
    }
    return try answers.removeFirst().get()
  }
}
