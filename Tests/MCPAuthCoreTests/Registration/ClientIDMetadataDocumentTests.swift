import MCPAuthCore
import Testing

@Suite struct ClientIDMetadataDocumentTests {
  typealias World = RegistrationWorld
  static let id = "https://acme.dev/oauth/client.json"
  static let good: JSON = [
    "client_id": .string(id), "client_name": "Acme Coder",
    "redirect_uris": [.string(World.redirect), "http://127.0.0.1/callback"],
  ]

  static func changed(_ name: String, _ value: JSON?) -> Result<HTTPResponse, HTTPFailure> {
    var object = good.object ?? JSONObject()
    object[name] = value
    return World.json(200, .object(object))
  }

  @Test(
    "Registration#Client-ID-Metadata-Documents: the client id is https, with a path, without dot segments, fragment or userinfo",
    arguments: [
      (id, nil), ("https://acme.dev/c?v=1", nil), ("https://acme.dev", DiagnosticCode.clientMetadataInvalid),
      ("https://acme.dev/", .clientMetadataInvalid), ("https://acme.dev/a/../c", .clientMetadataInvalid),
      ("https://acme.dev/./c", .clientMetadataInvalid), ("https://acme.dev/%2E%2e/c", .clientMetadataInvalid),
      ("https://acme.dev/c#x", .invalidURL), ("https://me@acme.dev/c", .invalidURL),
      ("http://acme.dev/c", .insecureURL),
      ("http://localhost/c", .insecureURL), ("acme", .invalidURL),
    ] as [(String, DiagnosticCode?)])
  func url(id: String, code: DiagnosticCode?) throws {
    guard let code else {
      let document = try ClientIDMetadataDocument(clientID: id)
      #expect(document.clientID == id)
      #expect(document.request().url.text == id)
      #expect(document.request().method == .get)
      #expect(document.request().provenance == .inventory)
      return
    }
    let error = #expect(throws: Diagnostic.self) { try ClientIDMetadataDocument(clientID: id) }
    #expect(error?.code == code)
  }

  @Test("Discovery#Addresses: a loopback document is only for clients that allow loopback")
  func loopback() throws {
    let document = try ClientIDMetadataDocument(clientID: "http://127.0.0.1:7777/client.json", trust: .local)
    #expect(document.request().url.text == "http://127.0.0.1:7777/client.json")
  }

  @Test(
    "Registration#Client-ID-Metadata-Documents: a correct document is valid, without any request to the authorization server"
  )
  func valid() throws {
    let document = try ClientIDMetadataDocument(clientID: Self.id)
    for answer in [
      World.json(200, Self.good), Self.changed("client_secret", .null),
      Self.changed("token_endpoint_auth_method", "none"), Self.changed("token_endpoint_auth_method", "private_key_jwt"),
    ] {
      #expect(document.interpret(answer, redirectURIs: [World.redirect]) == .valid)
    }
  }

  @Test(
    "Registration#Client-ID-Metadata-Documents: a 200 with a wrong document is client-metadata-invalid",
    arguments: [
      (World.text(200, "<html>"), "not a JSON object"), (World.json(200, []), "not a JSON object"),
      (changed("client_id", "https://acme.dev/other"), "https://acme.dev/other"),
      (changed("client_id", nil), "missing"),
      (changed("client_id", .string(id + "/")), "client_id"), (changed("client_name", nil), "client_name"),
      (changed("client_name", ""), "client_name"), (changed("redirect_uris", nil), World.redirect),
      (changed("redirect_uris", [.string(World.redirect + "/")]), World.redirect),
      (changed("client_secret", "abc"), "client_secret"),
      (changed("client_secret_expires_at", 0), "client_secret_expires_at"),
      (changed("token_endpoint_auth_method", "client_secret_post"), "client_secret_post"),
    ])
  func invalid(answer: Result<HTTPResponse, HTTPFailure>, says: String) throws {
    let document = try ClientIDMetadataDocument(clientID: Self.id)
    guard case .invalid(let diagnostic) = document.interpret(answer, redirectURIs: [World.redirect]) else {
      Issue.record("taken for valid or unverified")
      return
    }
    #expect(diagnostic.code == .clientMetadataInvalid)
    #expect(diagnostic.severity == .error)
    #expect(diagnostic.message.contains(says))
    #expect(diagnostic.requests.map(\.status) == [200])
  }

  @Test(
    "Registration#Client-ID-Metadata-Documents: any status but 200 is the warning client-metadata-unverified",
    arguments: [
      World.text(404, ""), World.text(302, ""), World.json(201, good), World.text(500, ""),
      .failure(.notSent(reason: "no such host")), .failure(.timeout(seconds: 10, sent: true)),
      .failure(.tooLarge(limit: 1 << 20)),
    ])
  func unverified(answer: Result<HTTPResponse, HTTPFailure>) throws {
    let document = try ClientIDMetadataDocument(clientID: Self.id)
    guard case .unverified(let warning) = document.interpret(answer, redirectURIs: [World.redirect]) else {
      Issue.record("not unverified")
      return
    }
    #expect(warning.code == .clientMetadataUnverified)
    #expect(warning.severity == .warning)
    #expect(warning.requests.count == 1)
  }

  @Test("PlanAndApply#Commands: the document that mcpauth prints passes its own checks")
  func roundTrip() throws {
    var client = World.client(metadataURL: Self.id)
    client.contacts = ["ops@acme.dev"]
    client.logoURI = ""
    let bytes = ClientIDMetadataDocument.document(for: client)
    let answer = Result<HTTPResponse, HTTPFailure>.success(HTTPResponse(status: 200, body: bytes))
    #expect(try ClientIDMetadataDocument(clientID: Self.id).interpret(answer, redirectURIs: [World.redirect]) == .valid)
    let object = try #require(try JSONParser.parse(bytes).object)
    #expect(object["logo_uri"] == nil)
    #expect(object["contacts"] == ["ops@acme.dev"])
    #expect(object["application_type"] == "web")
  }

  private static func review(
    _ changes: [String: JSON] = [:], type: String? = "application/json", status: Int = 200
  ) throws -> [String] {
    var object = good.object ?? JSONObject()
    for (name, value) in changes { object[name] = value }
    guard case .success(var response) = World.json(status, .object(object)) else { return ["no answer"] }
    response.fields = type.map { [HTTPField("Content-Type", $0)] } ?? []
    return try ClientIDMetadataDocument(clientID: id).review(.success(response), redirectURIs: [World.redirect]).map {
      "\($0.severity) \($0.message)"
    }
  }

  @Test("Registration#Client-ID-Metadata-Documents: a review reports all mistakes at once")
  func reviewed() throws {
    let both: JSON = [.string(World.redirect), "http://127.0.0.1/callback", "http://127.0.0.1:33418/callback"]
    #expect(try Self.review(["redirect_uris": both]).isEmpty)
    #expect(
      try Self.review() == [
        "warning the document '\(Self.id)' lists http://127.0.0.1/callback only without a port"
      ])
    let port: JSON = [.string(World.redirect), "http://[::1]:1/callback"]
    #expect(
      try Self.review(["redirect_uris": port]) == [
        "warning the document '\(Self.id)' lists http://[::1]:1/callback only with its port"
      ])
    let address: JSON = [.string(World.redirect), "http://[::1]/callback"]
    #expect(
      try Self.review(["redirect_uris": address]) == [
        "warning the document '\(Self.id)' lists http://[::1]/callback only without a port"
      ])
    #expect(
      try Self.review(["redirect_uris": both], type: "text/plain") == [
        "error the document '\(Self.id)' is sent with Content-Type 'text/plain'"
      ])
    #expect(try Self.review(["redirect_uris": both], type: "application/x+json").isEmpty)
    let big = try Self.review(["redirect_uris": both, "padding": .string(String(repeating: "x", count: 5 << 10))])
    #expect(big.count == 1 && big[0].contains("authorization servers need not read more than 5120"))
    let several = try Self.review(["client_id": "another", "redirect_uris": both], type: nil)
    #expect(several.count == 2)
    let missing = try Self.review(status: 404)
    #expect(missing.count == 1 && missing[0].hasPrefix("error ") && missing[0].hasSuffix("it answers 404"))
  }
}
