import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// Sends requests to the JSON gateway of an etcd cluster (Reliability#Many-runners).
///
/// Every request may be repeated: a transaction that was done already fails at its own conditions, and the present values show that it was done. So a
/// request without an answer goes to the next endpoint, until the time allowed is over.
actor EtcdClient {
  /// Why a request has no result.
  enum Failure: Error, Sendable, Equatable {
    /// etcd refused it, with a gRPC code.
    case refused(code: Int64, message: String)
    /// No endpoint gave an answer in the time allowed. The request may have been done.
    case unanswered(String)
    /// The address or the credential cannot be used: nothing was sent.
    case unusable(Diagnostic)
    /// No endpoint can be reached with these certificates. Waiting does not change that.
    case untrusted(String)
  }

  /// Codes of gRPC.
  enum Code {
    static let cancelled: Int64 = 1
    static let invalidArgument: Int64 = 3
    static let deadlineExceeded: Int64 = 4
    static let notFound: Int64 = 5
    static let permissionDenied: Int64 = 7
    static let resourceExhausted: Int64 = 8
    static let outOfRange: Int64 = 11
    static let unavailable: Int64 = 14
    static let unauthenticated: Int64 = 16
  }

  nonisolated let settings: EtcdSettings
  nonisolated let connection: StoreConnection
  /// Milliseconds for one request with all its attempts: an election takes a few seconds.
  nonisolated let patience: Int
  private var current = 0
  private var token: Token?
  private var login: Task<Result<Token?, Failure>, Never>?
  private var isPermitted = false
  /// etcd has no authentication: it refuses every login.
  private var hasNoUsers = false
  /// How many requests were answered or given up.
  private(set) var requests = 0

  private struct Token: Sendable {
    var value: Secret
    var number: Int
  }

  init(_ settings: EtcdSettings, _ connection: StoreConnection, patience: Int = 30_000) {
    self.settings = settings
    self.connection = connection
    self.patience = patience
  }

  /// Milliseconds for what a server has answered: it is lost if it cannot be written, and an election on a busy machine takes long.
  static let patienceForResults = 60_000
  /// Seconds for one attempt. A member that has no leader, or is cut off, answers later or never: then another one is asked.
  static let attemptSeconds = 5
  /// The most bytes of an answer.
  private static let bodyLimit = 64 << 20

  // MARK: Requests

  /// - Parameters:
  ///   - path: below `/v3/`.
  ///   - seconds: for one attempt.
  ///   - patience: milliseconds for all attempts and the waits between them; nil: as for every request.
  func call(
    _ path: String, _ body: JSON, seconds: Int = EtcdClient.attemptSeconds, patience: Int? = nil
  ) async throws(Failure) -> JSON {
    do throws(Diagnostic) { try await permit() } catch { throw .unusable(error) }
    let patience = patience ?? self.patience
    // The time of attempts and waits, and not that of the clock: a process that was stopped has tried nothing meanwhile.
    var spent = 0
    var wait = 50
    var hasLoggedInAgain = false
    var problem = ""
    while true {
      var tried = 0
      var untrusted = 0
      while tried < settings.endpoints.count {
        let index = current
        let used = try await present(path)
        let began = connection.uptime()
        let outcome = await once(settings.endpoints[index], path, body, used?.value, seconds)
        spent += min(connection.uptime() - began, seconds * 1000)
        switch outcome {
        case .success(let json): return json
        case .failure(.refused(let code, let message))
        where Self.isOldToken(code, message) && settings.auth != nil && !hasLoggedInAgain && path != Self.loginPath:
          hasLoggedInAgain = true
          if token?.number == used?.number { token = nil }
          hasNoUsers = false
          continue
        case .failure(.refused(let code, let message)):
          guard Self.isTemporary(code, message) else { throw .refused(code: code, message: message) }
          problem = message
        case .failure(.unanswered(let message)): problem = message
        case .failure(.untrusted(let message)):
          problem = message
          untrusted += 1
        case .failure(.unusable(let diagnostic)): throw .unusable(diagnostic)
        }
        tried += 1
        if current == index { current = (index + 1) % settings.endpoints.count }
      }
      if untrusted == settings.endpoints.count { throw .untrusted(problem) }
      guard spent + wait < patience, !Task.isCancelled else { throw .unanswered(problem) }
      spent += wait
      do { try await connection.pause(.milliseconds(wait)) } catch { throw .unanswered(problem) }
      wait = min(wait * 2, 1000)
    }
  }

  /// Asks for permission once for each address (SecretStores#Addresses).
  private func permit() async throws(Diagnostic) {
    if isPermitted { return }
    try await connection.addresses.permit(settings.endpoints, at: settings.location)
    isPermitted = true
  }

  private func once(
    _ endpoint: CheckedURL, _ path: String, _ body: JSON, _ token: Secret?, _ seconds: Int
  ) async -> Result<JSON, Failure> {
    requests += 1
    var fields = [HTTPField("Accept", "application/json"), HTTPField("Content-Type", "application/json")]
    // The bare token, without a scheme.
    if let token { fields.append(HTTPField("Authorization", token.open())) }
    var request = HTTPRequest(
      .post, endpoint.sibling(path: endpoint.path + "/v3/" + path), fields: fields, body: JSONWriter.compact(body),
      provenance: .inventory, bodyLimit: Self.bodyLimit, timeout: seconds)
    // A request that is lost on a kept connection is sent again.
    request.keepsConnection = true
    let answer: HTTPResponse
    do throws(HTTPFailure) {
      answer = try await connection.transport.send(request)
    } catch .tooLarge {
      return .failure(.refused(code: Code.resourceExhausted, message: Self.answerTooLarge))
    } catch {
      let message = "\(endpoint.redacted): \(error.message)"
      return .failure(Self.isOfCertificates(error) ? .untrusted(message) : .unanswered(message))
    }
    guard let json = try? JSONParser.parse(answer.body, refusingDuplicates: false), json.object != nil else {
      if answer.status == 503 || answer.status == 502 || answer.status == 504 {
        return .failure(.unanswered("\(endpoint.redacted): it answers \(answer.status)"))
      }
      let line = String(decoding: answer.body.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
      let said = answer.status >= 400 && !line.isEmpty ? ": \(ForeignText.printable(line, limit: 256))" : ""
      return .failure(
        .refused(code: -1, message: "it answers \(answer.status), and not as the JSON gateway of etcd does\(said)"))
    }
    if answer.status == 200, json["error"] == nil { return .success(json) }
    // A stream, such as the one of keepalive, has its error in an object.
    let error = json["error"]?.object == nil ? json : json["error"] ?? json
    let message = error["message"]?.string ?? error["error"]?.string ?? "it answers \(answer.status)"
    let code = error["code"]?.integer ?? error["grpc_code"]?.integer ?? -1
    return .failure(.refused(code: code, message: ForeignText.printable(message, limit: 256)))
  }

  /// Whether the connection failed at the certificate of one of the sides (`TLSMessage`). A server that wants a client certificate says so only after
  /// the handshake.
  private static func isOfCertificates(_ failure: HTTPFailure) -> Bool {
    switch failure {
    case .notSent(let reason), .connectionLost(let reason):
      reason.contains("the certificate ") || reason.contains("the TLS handshake failed")
    case .timeout, .tooLarge, .addressBlocked: false
    }
  }

  static let answerTooLarge = "the answer is over 64 MiB"

  private static func isTemporary(_ code: Int64, _ message: String) -> Bool {
    switch code {
    case Code.unavailable, Code.deadlineExceeded, Code.cancelled: true
    case Code.resourceExhausted: message.contains("too many requests")
    default: false
    }
  }

  /// Tokens lapse after five idle minutes, and when etcd restarts. Others are refused after a change of users.
  private static func isOldToken(_ code: Int64, _ message: String) -> Bool {
    code == Code.unauthenticated || message.contains("revision of auth store is old")
      || message.contains("revision in header is old") || message.contains("user name is empty")
  }

  // MARK: Authentication

  private static let loginPath = "auth/authenticate"

  /// The token for a request; nil if there is no user.
  private func present(_ path: String) async throws(Failure) -> Token? {
    guard let auth = settings.auth, path != Self.loginPath, !hasNoUsers else { return nil }
    if let token { return token }
    // Several requests wait for one login.
    let task = login ?? Task { await self.authenticate(auth) }
    login = task
    let result = await task.value
    login = nil
    let fresh = try result.get()
    if token == nil { token = fresh }
    return fresh
  }

  private var logins = 0

  private func authenticate(_ auth: EtcdAuth) async -> Result<Token?, Failure> {
    let username: String
    let password: Secret
    do throws(Diagnostic) {
      switch auth.user {
      case .name(let name): username = name
      case .reference(let reference):
        let secret = try await connection.resolve(reference)
        connection.learn(secret)
        username = secret.open()
      }
      password = try await connection.resolve(auth.password)
    } catch {
      return .failure(.unusable(error))
    }
    connection.learn(password)
    do throws(Failure) {
      let answer = try await call(
        Self.loginPath, ["name": .string(username), "password": .string(password.open())])
      guard let text = answer["token"]?.string, !text.isEmpty else {
        throw .refused(code: -1, message: "the answer to the login has no token")
      }
      let secret = Secret(text)
      connection.learn(secret)
      logins += 1
      return .success(Token(value: secret, number: logins))
    } catch .refused(_, let message) where message.contains("authentication is not enabled") {
      hasNoUsers = true
      return .success(nil)
    } catch {
      return .failure(error)
    }
  }
}

// MARK: Messages

extension EtcdClient {
  nonisolated var shownAddress: String { settings.endpoints.first?.redacted ?? "" }

  nonisolated func failed(_ problem: String, help: [String] = []) -> Diagnostic {
    Diagnostic(
      .error, .storeFailed, "etcd at \(shownAddress): \(problem)", at: settings.location, help: help)
  }

  nonisolated func diagnostic(_ failure: Failure) -> Diagnostic {
    switch failure {
    case .unusable(let diagnostic): return diagnostic
    case .unanswered(let problem):
      return failed(
        "no endpoint answers: \(problem)",
        help: ["check the endpoints, and that a majority of the members runs: etcdctl endpoint status --cluster"])
    case .untrusted(let problem):
      return failed(
        "no endpoint can be reached: \(problem)",
        help: [
          "check ca_file: it has the authority that signed the certificates of etcd",
          "if etcd wants a certificate of its clients, write client_certificate and client_key",
        ])
    case .refused(_, let message) where message.contains("CommonName"):
      return failed(
        message,
        help: [
          "use a client certificate without a common name, with a subject such as /O=mcpauth: where etcd has users, its gateway refuses the others"
        ])
    case .refused(Code.permissionDenied, let message):
      return failed(
        message, help: ["give the user's role read and write permission on the prefix \(settings.prefix)/"])
    case .refused(Code.invalidArgument, let message) where message.contains("authentication failed"):
      return failed(message, help: ["check username and password in state.auth"])
    case .refused(Code.invalidArgument, let message) where message.contains("user name is empty"):
      return failed(message, help: ["etcd has users: write state.auth with username and password"])
    case .refused(Code.resourceExhausted, let message) where message.contains("space exceeded"):
      return failed(message, help: ["compact and defragment etcd, and disarm its alarm: etcdctl alarm disarm"])
    case .refused(_, let message): return failed(message)
    }
  }
}
