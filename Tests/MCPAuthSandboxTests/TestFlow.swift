import Foundation
import MCPAuthSandbox
import Testing

/// A client that takes every address from the documents: from the metadata to an authorized call.
struct TestFlow: Sendable {
  static let redirect = "http://127.0.0.1:7777/callback/test"
  /// A verifier with 43 characters, and its S256 challenge.
  static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

  var metadata: SandboxJSON
  var resource: String
  var clientID = ""
  var secret: String?
  var method = "none"
  var redirect = Self.redirect
  var registered: SandboxJSON = [:]

  func endpoint(_ name: String) throws -> String { try #require(metadata[name]?.string) }

  /// Reads the documents of a server. For a legacy server they are made from the defaults of MCP 2025-03-26.
  static func discover(_ server: String, in sandbox: Sandbox) async throws -> TestFlow {
    let document = try await TestClient.get(sandbox.metadataURL(server))
    var issuer = String(sandbox.url(server).dropLast("/mcp".count))
    var resource = sandbox.url(server)
    if document.status == 302 {
      let target = try #require(document.values("Location").first)
      let other = try #require(try await TestClient.get(target).json)
      issuer = try #require(other["authorization_servers"]?[0]?.string)
    } else if document.status == 200, let json = document.json {
      issuer = try #require(json["authorization_servers"]?.array?.last?.string)
      resource = try #require(json["resource"]?.string)
    }
    for url in wellKnown(issuer) {
      let answer = try await TestClient.get(url)
      guard answer.status == 200, let metadata = answer.json, metadata.object != nil else { continue }
      #expect(metadata["issuer"]?.string?.trimmingSuffix("/") == issuer)
      return TestFlow(metadata: metadata, resource: resource)
    }
    return TestFlow(
      metadata: [
        "issuer": .string(issuer), "authorization_endpoint": .string(issuer + "/authorize"),
        "token_endpoint": .string(issuer + "/token"), "registration_endpoint": .string(issuer + "/register"),
      ], resource: resource)
  }

  /// RFC 8414 3.1 and 5, OpenID Connect Discovery 4.
  static func wellKnown(_ issuer: String) -> [String] {
    let origin = issuer.prefix { $0 != "/" } + "//" + issuer.dropFirst("http://".count).prefix { $0 != "/" }
    let path = issuer.dropFirst(origin.count)
    return [
      origin + "/.well-known/oauth-authorization-server" + path, origin + "/.well-known/openid-configuration" + path,
      issuer + "/.well-known/openid-configuration",
    ]
  }

  /// The registration request of a client without special needs.
  func registration(method: String? = nil, redirect: String = Self.redirect, scope: String? = nil) -> SandboxJSON {
    let listed = metadata["token_endpoint_auth_methods_supported"]?.strings ?? ["client_secret_basic"]
    let method = method ?? (listed.contains("none") ? "none" : listed[0])
    let grants = metadata["grant_types_supported"]?.strings ?? ["authorization_code", "refresh_token"]
    var members: [String: SandboxJSON] = [
      "client_name": "Test", "redirect_uris": [.string(redirect)], "token_endpoint_auth_method": .string(method),
      "grant_types": .array(grants.map(SandboxJSON.string)), "response_types": ["code"], "application_type": "native",
    ]
    members["scope"] = scope.map(SandboxJSON.string)
    return .object(members)
  }

  /// Stores the values of the answer to a registration.
  mutating func take(_ answer: SandboxJSON, asked: SandboxJSON) throws {
    registered = answer
    clientID = try #require(answer["client_id"]?.string)
    let said = answer["token_endpoint_auth_method"]
    method = said?.string ?? said?.array?.first?.string ?? asked["token_endpoint_auth_method"]?.string ?? "none"
    secret = answer["client_secret"]?.string
  }

  /// Discovers and registers.
  static func register(_ server: String, in sandbox: Sandbox, method: String? = nil) async throws -> TestFlow {
    var flow = try await discover(server, in: sandbox)
    let asked = flow.registration(method: method)
    let answer = try await TestClient.post(flow.endpoint("registration_endpoint"), json: asked)
    try #require(answer.status == 201, "\(answer.body)")
    try flow.take(try #require(answer.json), asked: asked)
    return flow
  }

  /// Sends the authorization request. Returns the parameters of the redirect.
  func authorize(challenge: String = Self.challenge, changes: [String: String?] = [:]) async throws -> [String: String]
  {
    var parameters: [String: String] = [
      "response_type": "code", "client_id": clientID, "redirect_uri": redirect, "state": "s t&te",
      "code_challenge": challenge,
      "code_challenge_method": "S256", "resource": resource,
    ]
    for (name, value) in changes { parameters[name] = value }
    let query = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\(TestClient.encoded($0.value))" }
    let answer = try await TestClient.get(endpoint("authorization_endpoint") + "?" + query.joined(separator: "&"))
    try #require(answer.status == 302, "\(answer.status) \(answer.body)")
    let location = try #require(answer.values("Location").first)
    #expect(location.hasPrefix((parameters["redirect_uri"] ?? redirect) + "?"))
    let items = try #require(URLComponents(string: location)?.queryItems)
    return Dictionary(items.map { ($0.name, $0.value ?? "") }) { $1 }
  }

  /// A request to the token endpoint, with the authentication method of the registration.
  func token(_ form: [String: String], secret: String? = nil, method: String? = nil) async throws -> TestClient.Answer {
    var form = form
    var fields: [(String, String)] = []
    switch method ?? self.method {
    case "client_secret_basic":
      let pair = TestClient.encoded(clientID) + ":" + TestClient.encoded(secret ?? self.secret ?? "")
      fields.append(("Authorization", "Basic " + Data(pair.utf8).base64EncodedString()))
    case "client_secret_post":
      form["client_id"] = clientID
      form["client_secret"] = secret ?? self.secret
    default: form["client_id"] = clientID
    }
    return try await TestClient.post(endpoint("token_endpoint"), form: form, fields: fields)
  }

  func exchange(_ code: String, changes: [String: String?] = [:]) async throws -> TestClient.Answer {
    var form = [
      "grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": Self.verifier,
      "resource": resource,
    ]
    for (name, value) in changes { form[name] = value }
    return try await token(form)
  }

  /// The whole flow. Returns the answer of the token endpoint.
  func tokens() async throws -> SandboxJSON {
    let back = try await authorize()
    let code = try #require(back["code"])
    let answer = try await exchange(code)
    try #require(answer.status == 200, "\(answer.body)")
    return try #require(answer.json)
  }
}

extension String {
  func trimmingSuffix(_ suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}

extension SandboxJSON {
  subscript(index: Int) -> SandboxJSON? {
    guard let array, array.indices.contains(index) else { return nil }
    return array[index]
  }
}
