import Foundation
import MCPAuthSandbox
import Testing

/// One run of `apply` for one server of the sandbox, with its output, files and requests.
struct KindRun: Sendable {
  /// The server's name in the inventory, which is the name of its kind.
  let name: String
  let place: Workplace
  let run: Run
  /// The result document.
  let document: Document
  /// The lock file. Empty if there is none.
  let lock: Document
  /// In the order in which they arrived.
  let requests: [SandboxRequest]
  let clients: [SandboxClient]
  /// The number of clients that the authorization server registered, including those whose answer was lost.
  let registrations: Int
  let url: String
  let issuer: String
  /// `http://127.0.0.1:PORT` of the server.
  let origin: String

  /// The server in the result document.
  var server: Document { document["servers"][0] }
  var entry: Document { lock["servers"][name] }
  var code: String? { server["error"]["code"].string }
  var warnings: [String] { server["warnings"].array.compactMap { $0["code"].string } }
  /// Every request, for example `GET oauth-metadata`; `GET /path` for a URL that is not of the kind; probes without their JSON-RPC method.
  var trail: [String] { requests.map(\.step) }
  /// The bodies of the registrations that were sent.
  var bodies: [[String: SandboxJSON]] { requests.filter { $0.endpoint == .register }.map { $0.json?.object ?? [:] } }

  /// The body of the only registration.
  func body(_ location: SourceLocation = #_sourceLocation) throws -> [String: SandboxJSON] {
    try #require(bodies.count == 1, "\(trail)", sourceLocation: location)
    return bodies[0]
  }
}

extension SandboxRequest {
  var step: String {
    guard let endpoint, endpoint != .other else { return "\(method) \(path)" }
    return "\(method) \(endpoint.rawValue)"
  }

  /// The JSON-RPC method of a probe; `GET` for the last probe.
  var rung: String? {
    guard endpoint == .mcp else { return nil }
    return method == "GET" ? "GET" : json?["method"]?.string
  }

  /// Whether it was sent to an endpoint of an authorization server, not to a document.
  var isToAnEndpoint: Bool {
    switch endpoint {
    case .authorize, .token, .register, .management, .revoke: true
    default: false
    }
  }

  var isToAnAuthorizationServer: Bool {
    switch endpoint {
    case .oauthMetadata, .openIDMetadata, .openIDAppendedMetadata: true
    default: isToAnEndpoint
    }
  }
}

extension Sandbox {
  /// Applies an inventory with only this server, in a new folder.
  /// - Parameters:
  ///   - oauth2: the lines of the server's `oauth2` block.
  ///   - client: the lines of the `client` block, as `Workplace.write` takes them.
  func apply(
    _ kind: String, oauth2: [String] = [], client: String? = nil, options: [String] = [],
    environment: [String: String] = [:]
  ) async throws -> KindRun {
    let place = try Workplace(servers: block(kind, oauth2: oauth2), client: client)
    return try await apply(kind, in: place, options: options, environment: environment)
  }

  /// Applies the inventory in a folder. `requests` has only the requests of this run.
  func apply(
    _ kind: String, in place: Workplace, options: [String] = [], environment: [String: String] = [:]
  ) async throws -> KindRun {
    let before = requests().count
    let run = try await place.run(["apply", "--format", "json"] + options, environment: environment)
    return try kindRun(kind, place, run, from: before)
  }

  func kindRun(_ kind: String, _ place: Workplace, _ run: Run, from before: Int = 0) throws -> KindRun {
    let url = url(kind)
    return KindRun(
      name: kind, place: place, run: run, document: try run.json(),
      lock: place.lockText == nil ? Document(nil) : try place.lock(),
      requests: requests().dropFirst(before).sorted { $0.number < $1.number }, clients: clients(),
      registrations: registrations(kind), url: url, issuer: issuer(kind),
      origin: "http://" + url.dropFirst("http://".count).prefix { $0 != "/" })
  }

  func block(_ kind: String, oauth2: [String] = []) -> String {
    let lines = oauth2.isEmpty ? [] : ["  oauth2:"] + oauth2.map { "    " + $0 }
    return (["\(kind):", "  url: \"\(url(kind))\""] + lines).joined(separator: "\n")
  }
}

/// One run for each kind without changes. Many tests use the same run.
actor KindRuns {
  static let shared = KindRuns()

  private var runs: [String: Task<KindRun, any Error>] = [:]

  /// Runs `apply` for a kind, with the metadata document or the token that the kind needs.
  func run(_ kind: String) async throws -> KindRun {
    if let run = runs[kind] { return try await run.value }
    let run = Task { try await Self.apply(kind) }
    runs[kind] = run
    return try await run.value
  }

  static func run(_ kind: String) async throws -> KindRun { try await shared.run(kind) }

  private static func apply(_ kind: String) async throws -> KindRun {
    try await withServers(SandboxConfiguration(kinds: [kind])) { sandbox in
      if kind == "silent" { return try await killed(sandbox, kind) }
      let takesDocuments = kind.hasPrefix("cimd")
      let client =
        takesDocuments
        ? "name: End to end\n  redirect_uris: [\"\(Workplace.redirectURI)\"]\n  metadata_url: \(sandbox.origin)/client.json"
        : nil
      let oauth2 =
        kind == "protected"
        ? ["issuer: \"\(sandbox.issuer(kind))\"", "initial_access_token: {env: INITIAL_TOKEN}"] : []
      return try await sandbox.apply(
        kind, oauth2: oauth2, client: client, environment: ["INITIAL_TOKEN": SandboxKind.initialAccessToken])
    }
  }

  /// For the server that never answers a registration. The run is killed when the client exists, and the next run reports the unknown
  /// outcome. Waiting for the time limit would take a minute.
  private static func killed(_ sandbox: Sandbox, _ kind: String) async throws -> KindRun {
    let place = try Workplace(servers: sandbox.block(kind))
    let running = try place.start(["apply"])
    try await eventually("a client is registered") { sandbox.registrations(kind) > 0 }
    running.send(SIGKILL)
    _ = try await running.finish()
    let run = try await place.run("apply", "--format", "json")
    return try sandbox.kindRun(kind, place, run)
  }
}

/// Runs a sandbox during the body. Waits first if too many sandboxes are running.
func withServers<Value: Sendable>(
  _ configuration: SandboxConfiguration, _ body: @Sendable (Sandbox) async throws -> Value
) async throws -> Value {
  try await Turnstile.shared.pass { try await withSandbox(configuration, body) }
}

/// Limits how many run at a time. Hundreds of programs on a few cores would exceed their own time limits.
actor Turnstile {
  static let shared = Turnstile(places: 4)

  private var places: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(places: Int) { self.places = places }

  func pass<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
    await enter()
    defer { leave() }
    return try await body()
  }

  private func enter() async {
    if places > 0 {
      places -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  private func leave() {
    if waiting.isEmpty {
      places += 1
    } else {
      waiting.removeFirst().resume()
    }
  }
}

extension SandboxConfiguration {
  /// One kind made for a test: it follows the specification except for the change.
  static func made(_ name: String, _ change: (inout SandboxKind) -> Void = { _ in }) -> SandboxConfiguration {
    var kind = SandboxKind(name, "made up for a test")
    change(&kind)
    var configuration = SandboxConfiguration(kinds: [])
    configuration.kinds = [kind]
    return configuration
  }
}

extension SandboxKind {
  /// Used as arguments of tests.
  static let names = all.map(\.name)
}
