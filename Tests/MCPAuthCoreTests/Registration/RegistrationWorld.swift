import MCPAuthCore

/// A typical registration. Each test changes the part that it tests.
enum RegistrationWorld {
  static let now = Timestamp(seconds: 1_800_000_000)
  static let redirect = "https://coder.acme.dev/mcp/linear/callback"
  static let issuer = "https://as.example"
  static let endpoint = "https://as.example/register"

  static func metadata(
    methods: [String]? = ["none", "client_secret_basic", "client_secret_post"], grants: [String]? = nil,
    scopes: [String]? = nil, endpoint: String? = endpoint, cimd: Bool = false, isFromDocument: Bool = true
  ) -> AuthorizationServerMetadata {
    AuthorizationServerMetadata(
      issuer: issuer, authorizationEndpoint: "https://as.example/authorize", tokenEndpoint: "https://as.example/token",
      registrationEndpoint: endpoint, tokenEndpointAuthMethodsSupported: methods, grantTypesSupported: grants,
      scopesSupported: scopes, clientIDMetadataDocumentSupported: cimd, isFromDocument: isFromDocument)
  }

  static func client(
    redirects: [String] = [redirect], method: String? = nil, type: ApplicationType? = nil, metadataURL: String? = nil
  ) -> ClientMetadata {
    ClientMetadata(
      clientName: "Acme Coder", redirectURIs: redirects, applicationType: type, tokenEndpointAuthMethod: method,
      metadataURL: metadataURL)
  }

  static func requested(
    _ client: ClientMetadata = client(), scopes: ScopeSelection = ScopeSelection(scopes: [], source: .none),
    metadata: AuthorizationServerMetadata = metadata()
  ) throws -> RequestedRegistration {
    try RequestedRegistration(resolving: client, scopes: scopes, metadata: metadata)
  }

  static func exchange(
    _ client: ClientMetadata = client(), scopes: ScopeSelection = ScopeSelection(scopes: [], source: .none),
    metadata: AuthorizationServerMetadata = metadata(), statement: Secret? = nil, token: Secret? = nil,
    endpoint: String = endpoint, trust: ServerTrust = .remote
  ) throws -> RegistrationExchange {
    let request = try RegistrationRequest(
      endpoint: endpoint, requested: requested(client, scopes: scopes, metadata: metadata),
      softwareStatement: statement,
      initialAccessToken: token, trust: trust)
    return RegistrationExchange(request, metadata: metadata)
  }

  /// Answers the requests in turn, until the exchange is finished or there are no more answers.
  static func run(
    _ exchange: RegistrationExchange, _ answers: [Result<HTTPResponse, HTTPFailure>]
  ) -> (result: Result<RegisteredClient, RegistrationFailure>?, bodies: [JSONObject]) {
    var exchange = exchange
    var bodies: [JSONObject] = []
    var rest = answers[...]
    while true {
      switch exchange.next() {
      case .finished(let result): return (result, bodies)
      case .send(let request, let attempt):
        bodies.append(request.jsonBody)
        guard attempt == bodies.count, let answer = rest.popFirst() else { return (nil, bodies) }
        exchange.receive(answer, now: now)
      }
    }
  }

  static func json(_ status: Int, _ value: JSON, fields: [HTTPField] = []) -> Result<HTTPResponse, HTTPFailure> {
    .success(
      HTTPResponse(
        status: status, fields: [HTTPField("Content-Type", "application/json")] + fields,
        body: JSONWriter.compact(value)))
  }

  static func text(
    _ status: Int, _ text: String, type: String = "text/html", fields: [HTTPField] = []
  ) -> Result<HTTPResponse, HTTPFailure> {
    .success(
      HTTPResponse(status: status, fields: [HTTPField("Content-Type", type)] + fields, body: Array(text.utf8)))
  }

  static func refusal(_ error: String, _ description: String = "because", status: Int = 400) -> Result<
    HTTPResponse, HTTPFailure
  > {
    json(status, ["error": .string(error), "error_description": .string(description)])
  }

  /// All text of a diagnostic that a user could see.
  static func everything(_ diagnostic: Diagnostic) -> String { String(describing: diagnostic) }
}

extension HTTPRequest {
  var jsonBody: JSONObject {
    let json = try? JSONParser.parse(body ?? [])
    return json?.object ?? JSONObject()
  }

  func field(_ name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
}

extension Result {
  var value: Success? { try? get() }

  var error: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}
