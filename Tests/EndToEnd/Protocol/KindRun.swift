import Foundation
import MCPAuthSandbox
import Testing

/// One run of `apply` for one server of the sandbox, and all that can be seen of it afterwards.
struct KindRun: Sendable {
  /// The server's name in the inventory, which is its kind's.
  let name: String
  let place: Workplace
  let run: Run
  /// The result document.
  let document: Document
  /// The lock file; nothing where there is none.
  let lock: Document
  /// In the order of their arrival.
  let requests: [SandboxRequest]
  let clients: [SandboxClient]
  /// Clients that the authorization server made, those included whose answer got lost.
  let registrations: Int
  let url: String
  let issuer: String
  /// `http://127.0.0.1:PORT` of the server.
  let origin: String

  /// What the document says of the server.
  var server: Document { document["servers"][0] }
  var entry: Document { lock["servers"][name] }
  var code: String? { server["error"]["code"].string }
  var warnings: [String] { server["warnings"].array.compactMap { $0["code"].string } }
  /// Every request as `GET oauth-metadata`; `GET /path` where the address is none of the kind's; the probes without their JSON-RPC method.
  var trail: [String] { requests.map(\.step) }
  /// The bodies of the registrations that were sent.
  var bodies: [[String: SandboxJSON]] { requests.filter { $0.endpoint == .register }.map { $0.json?.object ?? [:] } }

  /// The bodies where there has to be exactly one.
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

  /// The JSON-RPC method of a probe; `GET` for the last one.
  var rung: String? {
    guard endpoint == .mcp else { return nil }
    return method == "GET" ? "GET" : json?["method"]?.string
  }

  /// Whether it went to one of an authorization server's own endpoints, rather than to a document.
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
  /// Applies an inventory with this server alone, in a folder of its own.
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

  /// Applies what stands in a folder; `requests` holds only this run's.
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

/// The runs of the kinds as they stand, each done once and looked at by many tests.
actor KindRuns {
  static let shared = KindRuns()

  private var runs: [String: Task<KindRun, any Error>] = [:]

  /// What `apply` makes of a kind: with our metadata document where the kind takes one, with the token where it wants one.
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

  /// The server that never answers a registration. The run is killed when the client exists; the next run says what became
  /// of it. Waiting for the time limit would take a minute.
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

/// Runs a sandbox for as long as the body does, when there is a place for one more.
func withServers<Value: Sendable>(
  _ configuration: SandboxConfiguration, _ body: @Sendable (Sandbox) async throws -> Value
) async throws -> Value {
  try await Turnstile.shared.pass { try await withSandbox(configuration, body) }
}

/// Lets only so many in at a time: hundreds of programs started at once on a few cores would be late for their own deadlines.
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
  /// One kind that is made up: everything as it should be, but for the change.
  static func made(_ name: String, _ change: (inout SandboxKind) -> Void = { _ in }) -> SandboxConfiguration {
    var kind = SandboxKind(name, "made up for a test")
    change(&kind)
    var configuration = SandboxConfiguration(kinds: [])
    configuration.kinds = [kind]
    return configuration
  }
}

extension SandboxKind {
  /// For tables of tests, whose arguments are named after them.
  static let names = all.map(\.name)
}
