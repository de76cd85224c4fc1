import Foundation
import MCPAuth
import MCPAuthCore
import Synchronization

/// MCP servers at `https://NAME.example/mcp`, and their authorization servers, in memory.
final class FakeWeb: Transport {
  struct Client: Sendable, Equatable {
    var id: String
    var secret: String?
    var token: String?
    var metadata: JSONObject
    /// False after the client was deleted.
    var isAlive = true
  }

  /// What comes back instead of the normal answer.
  enum Reply: Sendable {
    case answer(Int, JSON, [HTTPField] = [])
    /// The server handles the request, but its answer never arrives.
    case lost
    case notSent
  }

  struct AuthorizationServer: Sendable {
    var methods: [String]? = ["none", "client_secret_basic"]
    var hasRegistration = true
    var offersCIMD = false
    var scopes: [String]?
    var isManaged = false
    /// Seconds; nil: secrets never expire.
    var secretLife: Int64?
    var rotatesToken = false
    var rotatesSecret = false
    /// The issuer in the documents, if it is not the one that they are found by.
    var issuerInDocument: String?
    var tokenEndpoint: String?
    var clients: [Client] = []
    /// Replies by `POST /register`, `PUT`, `GET`, `DELETE`, `POST /token`; each is used once, in order.
    var replies: [String: [Reply]] = [:]
    /// Members that are added to the answer to every registration.
    var addition = JSONObject()
    var answersWithFixedID: String?

    var alive: [Client] { clients.filter(\.isAlive) }
  }

  private struct State {
    var issuers: [String: AuthorizationServer] = [:]
    /// The authorization servers that an MCP server lists, by the MCP server's host.
    var listed: [String: [String]] = [:]
    var log: [String] = []
    /// The `Date` of the MCP servers' answers; nil: they have none.
    var date: String?
    var bodies: [JSONObject] = []
    var inside: [String: Int] = [:]
    var mostInside = 0
  }

  private let state = Mutex(State())
  let fate: Fate
  let clock: TestClock

  init(fate: Fate, clock: TestClock) {
    self.fate = fate
    self.clock = clock
  }

  /// `METHOD URL` of every request.
  var log: [String] { state.withLock(\.log) }
  var registrations: Int { log.count { $0.hasPrefix("POST ") && $0.hasSuffix("/register") } }
  /// The bodies of registrations and updates.
  var bodies: [JSONObject] { state.withLock(\.bodies) }
  var mostInside: Int { state.withLock(\.mostInside) }
  func say(date: String?) { state.withLock { $0.date = date } }
  func forgetLog() { state.withLock { $0.log = [] } }

  func list(_ server: String, _ issuers: String...) { state.withLock { $0.listed[server + ".example"] = issuers } }

  func change(_ issuer: String, _ body: (inout AuthorizationServer) -> Void) {
    state.withLock { body(&$0.issuers[issuer, default: AuthorizationServer()]) }
  }

  func at(_ issuer: String) -> AuthorizationServer { state.withLock { $0.issuers[issuer] ?? AuthorizationServer() } }
  /// Every client that exists at any issuer, with its issuer.
  var alive: [(issuer: String, client: Client)] {
    state.withLock { state in
      state.issuers.sorted { $0.key < $1.key }.flatMap { issuer, server in server.alive.map { (issuer, $0) } }
    }
  }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let isRegistration = request.method == .post && request.url.path == "/register"
    state.withLock { state in
      state.log.append("\(request.method.rawValue) \(request.url.text)")
      if isRegistration {
        state.inside[request.url.origin, default: 0] += 1
        state.mostInside = max(state.mostInside, state.inside[request.url.origin, default: 0])
      }
    }
    if isRegistration { await Task.yield() }
    defer { if isRegistration { state.withLock { $0.inside[request.url.origin, default: 1] -= 1 } } }
    switch request.url.path {
    case "/mcp": return challenge(request)
    case let path where path.hasPrefix("/.well-known/oauth-protected-resource"): return resourceMetadata(request)
    case "/.well-known/oauth-authorization-server": return serverMetadata(request.url.origin)
    default: return try acting(request)
    }
  }

  private func challenge(_ request: HTTPRequest) -> HTTPResponse {
    let pointer = request.url.origin + "/.well-known/oauth-protected-resource/mcp"
    let date = state.withLock(\.date).map { [HTTPField("Date", $0)] } ?? []
    return HTTPResponse(
      status: 401, fields: date + [HTTPField("WWW-Authenticate", "Bearer resource_metadata=\"\(pointer)\"")])
  }

  private func resourceMetadata(_ request: HTTPRequest) -> HTTPResponse {
    let issuers = state.withLock { $0.listed[request.url.host] ?? ["https://as.example"] }
    return json(
      200,
      ["resource": .string(request.url.origin + "/mcp"), "authorization_servers": .array(issuers.map(JSON.string))]
    )
  }

  private func serverMetadata(_ issuer: String) -> HTTPResponse {
    let server = at(issuer)
    var document = JSONObject([
      .init("issuer", .string(server.issuerInDocument ?? issuer)),
      .init("authorization_endpoint", .string(issuer + "/authorize")),
      .init("token_endpoint", .string(server.tokenEndpoint ?? issuer + "/token")),
      .init("code_challenge_methods_supported", ["S256"]),
    ])
    if server.hasRegistration { document["registration_endpoint"] = .string(issuer + "/register") }
    if let methods = server.methods {
      document["token_endpoint_auth_methods_supported"] = .array(methods.map(JSON.string))
    }
    if server.offersCIMD { document["client_id_metadata_document_supported"] = true }
    return json(200, .object(document))
  }

  // MARK: Requests with an effect

  private func acting(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
    let issuer = request.url.origin
    let isToken = request.url.path == "/token"
    let key = request.method == .post ? "POST " + request.url.path : request.method.rawValue
    let reply = state.withLock { state -> Reply? in
      guard state.issuers[issuer]?.replies[key]?.isEmpty == false else { return nil }
      return state.issuers[issuer, default: AuthorizationServer()].replies[key]?.removeFirst()
    }
    if case .notSent = reply { throw .notSent(reason: "connection refused") }
    // A request to the token endpoint changes nothing.
    if !isToken, !fate.act("\(request.method.rawValue) \(request.url.text)", kind: "request") {
      throw .notSent(reason: "the process is dead")
    }
    if case .answer(let status, let body, let fields) = reply { return json(status, body, fields) }
    let response = state.withLock { state in
      var server = state.issuers[issuer] ?? AuthorizationServer()
      defer { state.issuers[issuer] = server }
      return usual(request, at: &server, &state)
    }
    if case .lost = reply { throw .connectionLost(reason: "reset") }
    return response
  }

  private func usual(
    _ request: HTTPRequest, at server: inout AuthorizationServer, _ state: inout State
  ) -> HTTPResponse {
    let body = (try? JSONParser.parse(request.body ?? []))?.object ?? JSONObject()
    switch (request.method, request.url.path) {
    case (.post, "/token"): return token(request, server)
    case (.post, "/register"):
      state.bodies.append(body)
      return register(body, request.url.origin, &server)
    default:
      guard let id = request.url.path.split(separator: "/").last.map(String.init),
        let index = server.clients.firstIndex(where: { $0.id == id }), server.clients[index].isAlive,
        let token = server.clients[index].token,
        request.fields.contains(where: { $0.name == "Authorization" && $0.value == "Bearer " + token })
      else { return json(401, ["error": "invalid_token"]) }
      if request.method == .put { state.bodies.append(body) }
      return manage(request.method, body, request.url.origin, index, &server)
    }
  }

  private func token(_ request: HTTPRequest, _ server: AuthorizationServer) -> HTTPResponse {
    let form = String(decoding: request.body ?? [], as: UTF8.self)
    let client = server.alive.first { form.contains("client_id=" + $0.id) }
    guard let client else { return json(401, ["error": "invalid_client"]) }
    let authorization = request.fields.first { $0.name == "Authorization" }?.value
    if let secret = client.secret, authorization != Self.basic(client.id, secret) {
      return json(401, ["error": "invalid_client"])
    }
    return json(400, ["error": "invalid_grant"])
  }

  private static func basic(_ id: String, _ secret: String) -> String {
    "Basic " + Data((id + ":" + secret).utf8).base64EncodedString()
  }

  private func register(_ body: JSONObject, _ issuer: String, _ server: inout AuthorizationServer) -> HTTPResponse {
    let id = server.answersWithFixedID ?? "client-\(server.clients.count + 1)"
    var client = Client(id: id, metadata: body)
    if body["token_endpoint_auth_method"]?.string != "none" { client.secret = "secret-of-\(id)-1" }
    if server.isManaged { client.token = "token-of-\(id)-1" }
    server.clients.append(client)
    return json(201, answer(client, issuer, server))
  }

  private func manage(
    _ method: HTTPRequest.Method, _ body: JSONObject, _ issuer: String, _ index: Int,
    _ server: inout AuthorizationServer
  ) -> HTTPResponse {
    if method == .delete {
      server.clients[index].isAlive = false
      return HTTPResponse(status: 204)
    }
    if method == .put { server.clients[index].metadata = body }
    func next(_ text: String?) -> String? {
      guard let text, let dash = text.lastIndex(of: "-"), let count = Int(text[text.index(after: dash)...]) else {
        return text
      }
      return text[...dash] + String(count + 1)
    }
    if server.rotatesToken { server.clients[index].token = next(server.clients[index].token) }
    if server.rotatesSecret, method == .put { server.clients[index].secret = next(server.clients[index].secret) }
    return json(200, answer(server.clients[index], issuer, server))
  }

  private func answer(_ client: Client, _ issuer: String, _ server: AuthorizationServer) -> JSON {
    var answer = client.metadata
    answer["client_id"] = .string(client.id)
    if let secret = client.secret {
      answer["client_secret"] = .string(secret)
      let life = server.secretLife.map { clock.now.seconds + $0 } ?? 0
      answer["client_secret_expires_at"] = .number(String(life))
    }
    if let token = client.token {
      answer["registration_access_token"] = .string(token)
      answer["registration_client_uri"] = .string(issuer + "/register/" + client.id)
    }
    for member in server.addition.members { answer[member.name] = member.value }
    return .object(answer)
  }

  private func json(_ status: Int, _ value: JSON, _ fields: [HTTPField] = []) -> HTTPResponse {
    HTTPResponse(
      status: status, fields: [HTTPField("Content-Type", "application/json")] + fields, body: JSONWriter.compact(value))
  }
}

/// A clock that only a test moves.
final class TestClock: Sendable {
  private let seconds = Mutex<Int64>(1_800_000_000)

  var now: Timestamp { Timestamp(seconds: seconds.withLock { $0 }) }
  func advance(_ by: Int64) { seconds.withLock { $0 += by } }
}
