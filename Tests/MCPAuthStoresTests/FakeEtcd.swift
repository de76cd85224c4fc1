import Foundation
import MCPAuth
import MCPAuthCore
import MCPAuthPlan
import Synchronization

@testable import MCPAuthStores

/// The JSON gateway of etcd 3.4 in memory: transactions, ranges and leases. `Tests/Etcd` runs the same code with a real etcd.
final class FakeEtcd: Transport {
  /// What comes back instead of the normal answer.
  enum Reply: Sendable {
    case answer(Int, JSON)
    /// etcd handles the request, but its answer never arrives.
    case lost
    /// The request never arrives; the client cannot know that.
    case dropped
    /// As `dropped`, and the process was stopped for so many milliseconds meanwhile.
    case stopped(Int)
    /// The normal answer, after something else has happened.
    case after(@Sendable () async -> Void)
  }

  private struct State {
    var pairs: [String: EtcdPair] = [:]
    var revision: Int64 = 1
    var leases: Set<Int64> = []
    var lastLease: Int64 = 0
    var replies: [(path: String, reply: Reply)] = []
    var log: [String] = []
    var tokens: Set<String> = []
    var password: String?
    var logins = 0
    var uptime = 0
  }

  private let state = Mutex(State())

  static let endpoints = ["https://etcd-1.example:2379", "https://etcd-2.example:2379"]

  /// - Parameter prefix: each has a state of its own.
  func space(_ prefix: String = "/mcpauth/test", user: Bool = false) throws -> EtcdSpace {
    let urls = try Self.endpoints.map { try CheckedURL($0, plaintext: .refused) }
    var settings = EtcdSettings(endpoints: urls, prefix: prefix)
    if user { settings.auth = EtcdAuth(user: .name("mcpauth"), password: .env("ETCD_PASSWORD")) }
    let connection = StoreConnection(
      transport: self,
      addresses: StoreAddresses(
        environment: [StoreAddresses.variable: Self.endpoints.joined(separator: ",")], ask: nil),
      resolve: { _ throws(Diagnostic) in Secret("correct") }, learn: { _ in },
      now: { Timestamp(seconds: 1_800_000_000) },
      uptime: { [self] in state.withLock { $0.uptime } },
      pause: { [self] duration in
        // The lease of a test never needs to be kept alive.
        if duration >= .seconds(5) { return try await Task.sleep(for: .seconds(3600)) }
        state.withLock { $0.uptime += Int(duration / .milliseconds(1)) }
        await Task.yield()
      })
    return EtcdSpace(EtcdClient(settings, connection))
  }

  func store(_ prefix: String = "/mcpauth/test", perIssuer: Int = 1) throws -> EtcdStateStore {
    EtcdStateStore(try space(prefix), perIssuer: perIssuer)
  }

  // MARK: What a test sets and sees

  /// The next requests whose path ends with this text get these replies.
  func reply(_ path: String, _ replies: Reply...) {
    state.withLock { state in for reply in replies { state.replies.append((path: path, reply: reply)) } }
  }

  func require(password: String) { state.withLock { $0.password = password } }
  func forgetTokens() { state.withLock { $0.tokens = [] } }
  func forgetLog() { state.withLock { $0.log = [] } }
  /// All leases lapse, with their keys.
  func expireLeases() { state.withLock { state in for lease in state.leases { Self.end(lease, &state) } } }
  func remove(_ key: String) { state.withLock { $0.pairs["/mcpauth/test/" + key] = nil } }

  var log: [String] { state.withLock(\.log) }
  var logins: Int { state.withLock(\.logins) }
  /// Without the prefix.
  var keys: [String] {
    state.withLock { $0.pairs.keys.sorted().map { $0.replacingOccurrences(of: "/mcpauth/test/", with: "") } }
  }
  func text(_ key: String) -> String? {
    state.withLock { $0.pairs["/mcpauth/test/" + key].map { String(decoding: $0.value, as: UTF8.self) } }
  }

  // MARK: Transport

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let path = String(request.url.path.dropFirst("/v3/".count))
    let reply: Reply? = state.withLock { state in
      state.log.append(path)
      return state.replies.firstIndex { path == $0.path }.map { state.replies.remove(at: $0).reply }
    }
    if case .after(let event)? = reply { await event() }
    let result: Result<HTTPResponse, HTTPFailure> = state.withLock { state in
      var isLost = false
      if let reply {
        switch reply {
        case .answer(let status, let body):
          return .success(HTTPResponse(status: status, body: JSONWriter.compact(body)))
        case .lost: isLost = true
        case .dropped: return .failure(.connectionLost(reason: "the connection was closed"))
        case .stopped(let milliseconds):
          state.uptime += milliseconds
          return .failure(.connectionLost(reason: "the connection was closed"))
        case .after: break
        }
      }
      let body = request.body.flatMap { try? JSONParser.parse($0, refusingDuplicates: true) } ?? .null
      let (status, answer) = Self.handle(&state, path, body, request.fields)
      if isLost { return .failure(.connectionLost(reason: "the connection was closed")) }
      return .success(HTTPResponse(status: status, body: JSONWriter.compact(answer)))
    }
    return try result.get()
  }

  private static func error(_ status: Int, _ code: Int, _ message: String) -> (Int, JSON) {
    let code = JSON.number(String(code))
    return (status, ["error": .string(message), "message": .string(message), "code": code])
  }

  private static func handle(
    _ state: inout State, _ path: String, _ body: JSON, _ fields: [HTTPField]
  ) -> (Int, JSON) {
    if path == "auth/authenticate" {
      guard let password = state.password else { return error(412, 9, "etcdserver: authentication is not enabled") }
      guard body["password"]?.string == password else {
        return error(400, 3, "etcdserver: authentication failed, invalid user ID or password")
      }
      state.logins += 1
      state.tokens.insert("token.\(state.logins)")
      return (200, ["token": .string("token.\(state.logins)")])
    }
    if state.password != nil {
      let token = fields.first { $0.name == "Authorization" }?.value ?? ""
      guard state.tokens.contains(token) else { return error(401, 16, "etcdserver: invalid auth token") }
    }
    switch path {
    case "kv/range": return (200, range(state, body))
    case "kv/txn": return transaction(&state, body)
    case "lease/grant":
      state.lastLease += 1
      state.leases.insert(state.lastLease)
      return (200, ["ID": .string(String(state.lastLease)), "TTL": body["TTL"] ?? "0"])
    case "lease/keepalive":
      let id = body.etcdInteger("ID")
      var result: JSONObject = ["ID": .string(String(id))]
      if state.leases.contains(id) { result["TTL"] = "15" }
      return (200, ["result": .object(result)])
    case "lease/revoke":
      let id = body.etcdInteger("ID")
      guard state.leases.contains(id) else { return error(404, 5, "etcdserver: requested lease not found") }
      end(id, &state)
      return (200, ["header": [:]])
    default: return error(404, 5, "Not Found")
    }
  }

  private static func end(_ lease: Int64, _ state: inout State) {
    state.leases.remove(lease)
    state.pairs = state.pairs.filter { $0.value.lease != lease }
    state.revision += 1
  }

  private static func key(_ json: JSON, _ name: String = "key") -> String {
    String(decoding: json.etcdBytes(name), as: UTF8.self)
  }

  private static func range(_ state: State, _ body: JSON) -> JSON {
    let start = key(body)
    let end = key(body, "range_end")
    let limit = Int(body.etcdInteger("limit"))
    var found = state.pairs.filter { end.isEmpty ? $0.key == start : $0.key >= start && $0.key < end }
      .filter { $0.value.modified >= body.etcdInteger("min_mod_revision") }.sorted { $0.key < $1.key }
    let count = found.count
    var answer: JSONObject = ["header": ["revision": .string(String(state.revision))]]
    if limit > 0, found.count > limit {
      found = Array(found.prefix(limit))
      answer["more"] = true
    }
    // An empty list and zero are left out.
    if count > 0 { answer["count"] = .string(String(count)) }
    if body["count_only"]?.bool == true { return .object(answer) }
    let hidesValues = body["keys_only"]?.bool == true
    if !found.isEmpty {
      answer["kvs"] = .array(
        found.map { key, pair in
          var pair = pair
          if hidesValues { pair.value = [] }
          return Self.json(key, pair)
        })
    }
    return .object(answer)
  }

  private static func json(_ key: String, _ pair: EtcdPair) -> JSON {
    var object: JSONObject = [
      "key": .etcd(key), "create_revision": .string(String(pair.created)),
      "mod_revision": .string(String(pair.modified)), "value": .etcd(pair.value),
    ]
    if pair.lease != 0 { object["lease"] = .string(String(pair.lease)) }
    return .object(object)
  }

  private static func holds(_ compare: JSON, _ state: State) -> Bool {
    let pair = state.pairs[key(compare)]
    switch compare["target"]?.string {
    case "CREATE":
      let end = key(compare, "range_end")
      return !state.pairs.keys.contains { $0 >= key(compare) && $0 < end }
    case "MOD": return (pair?.modified ?? 0) == compare.etcdInteger("mod_revision")
    case "VALUE": return pair?.value == compare.etcdBytes("value")
    default: return false
    }
  }

  private static func transaction(_ state: inout State, _ body: JSON) -> (Int, JSON) {
    let isDone = (body["compare"]?.array ?? []).allSatisfy { holds($0, state) }
    let operations = body[isDone ? "success" : "failure"]?.array ?? []
    let puts = operations.compactMap { $0["request_put"] }
    for put in puts where put["lease"] != nil && !state.leases.contains(put.etcdInteger("lease")) {
      return error(404, 5, "etcdserver: requested lease not found")
    }
    if operations.contains(where: { $0["request_range"] == nil }) { state.revision += 1 }
    let revision = state.revision
    var responses: [JSON] = []
    for operation in operations {
      if let put = operation["request_put"] {
        let name = key(put)
        state.pairs[name] = EtcdPair(
          value: put.etcdBytes("value"), created: state.pairs[name]?.created ?? revision, modified: revision,
          lease: put.etcdInteger("lease"))
      }
      if let delete = operation["request_delete_range"] { state.pairs[key(delete)] = nil }
      if let inner = operation["request_txn"] {
        if (inner["compare"]?.array ?? []).allSatisfy({ holds($0, state) }) {
          for delete in inner["success"]?.array ?? [] {
            if let delete = delete["request_delete_range"] { state.pairs[key(delete)] = nil }
          }
        }
      }
      if let get = operation["request_range"] { responses.append(["response_range": range(state, get)]) }
    }
    var answer: JSONObject = ["header": ["revision": .string(String(revision))], "responses": .array(responses)]
    if isDone { answer["succeeded"] = true }
    return (200, .object(answer))
  }
}
