import MCPAuthCore
import Testing

@Suite struct RegistrationRequestTests {
  typealias World = RegistrationWorld

  func request(
    endpoint: String = World.endpoint, statement: Secret? = nil, token: Secret? = nil,
    trust: ServerTrust = .remote
  ) throws -> RegistrationRequest {
    try RegistrationRequest(
      endpoint: endpoint, requested: World.requested(), softwareStatement: statement, initialAccessToken: token,
      trust: trust)
  }

  @Test("Discovery#Retries: the POST waits 60 s, accepts JSON, and its address counts as chosen by the server")
  func shape() throws {
    let http = try request().httpRequest()
    #expect(http.method == .post)
    #expect(http.timeout == 60)
    #expect(http.provenance == .discovered)
    #expect(http.field("content-type") == "application/json")
    #expect(http.field("accept") == "application/json")
    #expect(http.bodyLimit == 1 << 20)
  }

  @Test(
    "RealServers#82: the endpoint's URL is sent byte for byte",
    arguments: ["/register/", "/register", "/r?tenant=a%2Fb"])
  func exact(path: String) throws {
    #expect(try request(endpoint: "https://as.example" + path).httpRequest().url.text == "https://as.example" + path)
  }

  @Test("Registration#Requests, RealServers#77: a bearer token is sent only if one is configured")
  func bearer() throws {
    #expect(try request().httpRequest().field("authorization") == nil)
    #expect(try request(token: Secret("t0ken")).httpRequest().field("authorization") == "Bearer t0ken")
  }

  @Test("Registration#Requests: the software statement is in the body, and in no description")
  func statement() throws {
    let request = try request(statement: Secret("eyJhbGciOi"), token: Secret("initial-token"))
    #expect(request.httpRequest().jsonBody["software_statement"] == "eyJhbGciOi")
    #expect(!String(reflecting: request).contains("eyJhbGciOi"))
    #expect(!String(reflecting: request).contains("initial-token"))
  }

  @Test(
    "RFC 9110 5.5: a token that would begin another header field is refused", arguments: ["a\r\nX: y", "a b", "", "ä"])
  func headerInjection(token: String) {
    let error = #expect(throws: Diagnostic.self) { try request(token: Secret(token)) }
    #expect(error?.code == .invalidValue)
  }

  @Test(
    "Discovery#Requests: the registration endpoint is https, or loopback for a loopback server",
    arguments: [
      ("http://as.example/register", ServerTrust.remote, DiagnosticCode.insecureURL),
      ("http://as.example/register", .local, .insecureURL), ("http://127.0.0.1/register", .remote, .insecureURL),
      ("http://127.0.0.1/register", .local, nil), ("/register", .remote, .invalidURL),
      ("https://user@as.example/register", .remote, .invalidURL),
    ] as [(String, ServerTrust, DiagnosticCode?)])
  func endpoints(endpoint: String, trust: ServerTrust, code: DiagnosticCode?) throws {
    guard let code else {
      #expect(try request(endpoint: endpoint, trust: trust).endpoint.text == endpoint)
      return
    }
    let error = #expect(throws: Diagnostic.self) { try request(endpoint: endpoint, trust: trust) }
    #expect(error?.code == code)
  }
}
