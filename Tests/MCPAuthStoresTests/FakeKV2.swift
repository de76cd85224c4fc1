import MCPAuth
import MCPAuthCore
import MCPAuthPlan
import Synchronization

@testable import MCPAuthStores

/// A KV version 2 engine at `https://bao.example:8200/v1/secret/`, as OpenBao 2.7 answers, in memory.
final class FakeKV2: Transport {
  /// What comes back instead of the normal answer.
  enum Reply: Sendable {
    case answer(Int, JSON, [HTTPField] = [])
    /// The server handles the request, but its answer never arrives.
    case lost
    /// The connection is lost before the server gets the request; the client cannot know that.
    case dropped
    case notSent
  }

  private struct Key {
    /// The texts of the versions; nil: deleted.
    var versions: [String?] = []
    var isDestroyed = false
  }

  private struct State {
    var keys: [String: Key] = [:]
    var tokens: Set<String> = ["given-token"]
    var logins = 0
    var replies: [(request: String, reply: Reply)] = []
    var log: [String] = []
    var isSealed = false
    /// Requests that a policy refuses, as `METHOD path` begins.
    var denied: [String] = []
    var tokenLife: Int64 = 0
    var isRenewable = true
    var uptime = 0
    var pauses: [Duration] = []
    var learned: [String] = []
    var credential: String? = "given-token"
    var fields: [HTTPField] = []
    /// Whether the policy allows `create` and not `update`, as the policy in SecretStores#KV2 does for records.
    var refusesUpdate = false
  }

  private let state = Mutex(State())

  static let address = "https://bao.example:8200"

  func store(
    auth: KV2Auth = KV2Auth(.token, credential: .env("BAO_TOKEN")), allowed: String? = FakeKV2.address,
    mount: String = "secret", namespace: String? = nil
  ) throws -> KV2SecretStore {
    let settings = KV2Settings(
      address: try CheckedURL(Self.address, plaintext: .refused),
      location: SourceLocation(file: "servers.yaml", line: 3, column: 12), mount: mount, path: "mcpauth/test",
      namespace: namespace, auth: auth)
    return KV2SecretStore(settings, connection(allowed: allowed))
  }

  func connection(allowed: String? = FakeKV2.address) -> StoreConnection {
    let environment = allowed.map { [StoreAddresses.variable: $0] } ?? [:]
    return StoreConnection(
      transport: self, addresses: StoreAddresses(environment: environment, ask: nil),
      resolve: { [self] reference throws(Diagnostic) in
        guard let value = state.withLock(\.credential) else {
          throw Diagnostic(.error, .secretMissing, "\(reference.description) is not set")
        }
        return Secret(value)
      },
      learn: { [self] secret in state.withLock { $0.learned.append(secret.open()) } },
      now: { Timestamp(seconds: 1_800_000_000) }, uptime: { [self] in state.withLock(\.uptime) },
      pause: { [self] duration in state.withLock { $0.pauses.append(duration) } })
  }

  // MARK: What a test sets and sees

  /// The next request that begins with this text gets this reply.
  func reply(_ request: String, _ replies: Reply...) {
    state.withLock { state in
      for reply in replies { state.replies.append((request: request, reply: reply)) }
    }
  }

  func seal(_ isSealed: Bool = true) { state.withLock { $0.isSealed = isSealed } }
  func deny(_ requests: String...) { state.withLock { $0.denied = requests } }
  func refuseUpdate() { state.withLock { $0.refusesUpdate = true } }
  func revokeTokens() { state.withLock { $0.tokens = [] } }
  func allow(token: String) { state.withLock { _ = $0.tokens.insert(token) } }
  func give(credential: String?) { state.withLock { $0.credential = credential } }
  func live(seconds: Int64, isRenewable: Bool = true) {
    state.withLock {
      $0.tokenLife = seconds
      $0.isRenewable = isRenewable
    }
  }
  func pass(seconds: Int) { state.withLock { $0.uptime += seconds * 1000 } }
  func set(_ key: String, _ text: String) { state.withLock { $0.keys[key] = Key(versions: [text]) } }
  /// `bao kv delete`, or `bao kv destroy`: the metadata stays.
  func deleteVersion(_ key: String, isDestroyed: Bool = false) {
    state.withLock { state in
      guard var kept = state.keys[key], !kept.versions.isEmpty else { return }
      kept.versions[kept.versions.count - 1] = nil
      kept.isDestroyed = isDestroyed
      state.keys[key] = kept
    }
  }
  func forgetLog() { state.withLock { $0.log = [] } }

  var log: [String] { state.withLock(\.log) }
  var keys: [String] { state.withLock { $0.keys.keys.sorted() } }
  var pauses: [Duration] { state.withLock(\.pauses) }
  var learned: [String] { state.withLock(\.learned) }
  var logins: Int { state.withLock(\.logins) }
  var lastFields: [HTTPField] { state.withLock(\.fields) }
  func versions(_ key: String) -> [String?] { state.withLock { $0.keys[key]?.versions ?? [] } }

  // MARK: Transport

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let result: Result<HTTPResponse, HTTPFailure> = state.withLock { state in
      let isList = request.url.query == "list=true"
      let line = "\(isList ? "LIST" : request.method.rawValue) \(request.url.path.dropFirst(4))"
      state.log.append(line)
      state.fields = request.fields
      var lost = false
      if let index = state.replies.firstIndex(where: { line.hasPrefix($0.request) }) {
        switch state.replies.remove(at: index).reply {
        case .answer(let status, let body, let fields):
          return .success(HTTPResponse(status: status, fields: fields, body: JSONWriter.compact(body)))
        case .lost: lost = true
        case .dropped: return .failure(.connectionLost(reason: "the connection was closed"))
        case .notSent: return .failure(.notSent(reason: "the connection was refused"))
        }
      }
      let (status, body) = Self.handle(&state, request, line)
      if lost { return .failure(.connectionLost(reason: "the connection was closed")) }
      return .success(HTTPResponse(status: status, body: body.map(JSONWriter.compact) ?? []))
    }
    return try result.get()
  }

  private static func handle(_ state: inout State, _ request: HTTPRequest, _ line: String) -> (Int, JSON?) {
    if state.isSealed { return (503, ["errors": ["Vault is sealed"]]) }
    let path = String(request.url.path.dropFirst(4))
    let body = request.body.flatMap { try? JSONParser.parse($0, refusingDuplicates: true) } ?? .null
    if path.hasPrefix("auth/"), path.hasSuffix("/login") {
      let credential = body["jwt"]?.string ?? body["secret_id"]?.string
      guard let credential, credential == state.credential else {
        return (400, ["errors": ["invalid role or secret ID"]])
      }
      state.logins += 1
      let token = "login-token-\(state.logins)"
      state.tokens.insert(token)
      return (200, ["auth": grant(state, token)])
    }
    let token = request.fields.first { $0.name == "X-Vault-Token" }?.value ?? ""
    guard state.tokens.contains(token), !state.denied.contains(where: line.hasPrefix) else {
      return (403, ["errors": ["1 error occurred:\n\t* permission denied\n\n"]])
    }
    switch path {
    case "auth/token/lookup-self":
      return (200, ["data": ["ttl": .number(String(state.tokenLife)), "renewable": .bool(state.isRenewable)]])
    case "auth/token/renew-self": return (200, ["auth": grant(state, token)])
    default: break
    }
    let parts = path.split(separator: "/", maxSplits: 2).map(String.init)
    guard parts.count == 3, parts[0] == "secret" else {
      return (404, ["errors": [.string("no handler for route \"\(path)\". route entry not found.")]])
    }
    return engine(&state, request, parts[1], parts[2], body)
  }

  private static func grant(_ state: State, _ token: String) -> JSON {
    [
      "client_token": .string(token), "lease_duration": .number(String(state.tokenLife)),
      "renewable": .bool(state.isRenewable),
    ]
  }

  private static func engine(
    _ state: inout State, _ request: HTTPRequest, _ kind: String, _ key: String, _ body: JSON
  ) -> (Int, JSON?) {
    switch (kind, request.method) {
    case ("metadata", .get):
      let names = state.keys.keys.filter { $0.hasPrefix(key + "/") }.map { String($0.dropFirst(key.count + 1)) }
      if names.isEmpty { return (404, ["errors": []]) }
      return (200, ["data": ["keys": .array(names.sorted().map(JSON.string))]])
    case ("metadata", .delete):
      state.keys[key] = nil
      return (204, nil)
    case ("data", .get):
      guard let kept = state.keys[key] else { return (404, ["errors": []]) }
      let metadata: JSON = [
        "version": .number(String(kept.versions.count)), "destroyed": .bool(kept.isDestroyed),
      ]
      guard let text = kept.versions.last ?? nil else {
        return (404, ["data": ["data": .null, "metadata": metadata]])
      }
      return (200, ["data": ["data": ["record": .string(text)], "metadata": metadata]])
    case ("data", .post):
      var kept = state.keys[key] ?? Key()
      if state.refusesUpdate, !kept.versions.isEmpty {
        return (403, ["errors": ["1 error occurred:\n\t* permission denied\n\n"]])
      }
      guard body["options"]?["cas"]?.integer == Int64(kept.versions.count) else {
        return (400, ["errors": ["check-and-set parameter did not match the current version"]])
      }
      guard let text = body["data"]?["record"]?.string else { return (400, ["errors": ["no data provided"]]) }
      kept.versions.append(text)
      state.keys[key] = kept
      return (200, ["data": ["version": .number(String(kept.versions.count))]])
    default: return (405, ["errors": []])
    }
  }
}
