import MCPAuthCore
import MCPAuthPlan
import Testing

/// One server, its state, and the result of discovery: a typical plan. Each test changes the part that it tests.
struct PlanWorld {
  static let issuer = "https://as.example"
  static let day: Int64 = 86_400

  var server: InventoryServer
  var entry: LockEntry?
  var found: Result<DiscoveredServer, Diagnostic>
  var clientMetadata: ClientIDMetadataDocument.Verdict?
  var options = PlanOptions()
  var standing = Standing()
  var others: [InventoryServer] = []
  var now = Timestamp(seconds: 1_800_000_000)

  /// A server that needs discovery and is not in the lock yet.
  init(_ configure: (inout OAuth2Settings) -> Void = { _ in }) {
    var settings = OAuth2Settings()
    settings.client = ClientMetadata(clientName: "Acme", redirectURIs: ["https://coder.example/linear/callback"])
    configure(&settings)
    server = InventoryServer(
      name: "linear", url: "https://linear.example/mcp", mode: .discovered(settings),
      location: SourceLocation(file: "servers.yaml", line: 7, column: 3),
      places: ["oauth2.renew": SourceLocation(file: "servers.yaml", line: 9, column: 5)])
    found = .success(Self.discovered())
  }

  /// The same server after an apply.
  static func settled(
    managed: Bool = false, expires: Timestamp? = nil, _ configure: (inout OAuth2Settings) -> Void = { _ in }
  ) -> PlanWorld {
    var world = PlanWorld(configure)
    world.entry = world.applying(world.change(), managed: managed, expires: expires)
    return world
  }

  static func discovered(_ configure: (inout DiscoveredServer) -> Void = { _ in }) -> DiscoveredServer {
    var found = DiscoveredServer(
      resource: "https://linear.example/mcp", authorizationServer: issuer,
      metadata: AuthorizationServerMetadata(
        issuer: issuer, authorizationEndpoint: issuer + "/authorize", tokenEndpoint: issuer + "/token",
        registrationEndpoint: issuer + "/register",
        tokenEndpointAuthMethodsSupported: ["none", "client_secret_basic", "client_secret_post"],
        codeChallengeMethodsSupported: ["S256"]),
      route: .challenge, challengeScopes: nil, resourceScopes: ["read"])
    configure(&found)
    return found
  }

  mutating func edit(_ body: (inout OAuth2Settings) -> Void) {
    guard var settings = server.mode.oauth2 else { return }
    body(&settings)
    switch server.mode {
    case .discovered: server.mode = .discovered(settings)
    case .preregistered: server.mode = .preregistered(settings)
    case .manual: server.mode = .manual(settings)
    case .registeredAtEndpoints: server.mode = .registeredAtEndpoints(settings)
    case .none, .apiKey, .customHeaders: break
    }
  }

  mutating func find(_ body: (inout DiscoveredServer) -> Void) {
    guard case .success(var server) = found else { return }
    body(&server)
    found = .success(server)
  }

  var planner: Planner {
    var standing = standing
    if let entry { standing.entries["linear"] = entry }
    return Planner(
      inventory: Inventory(file: "servers.yaml", servers: [server] + others), standing: standing, options: options,
      now: now)
  }

  /// Whether the planner would discover the server.
  var isDiscovered: Bool {
    if case .discover = planner.assess(server) { true } else { false }
  }

  func change() -> Change {
    let planner = planner
    switch planner.assess(server) {
    case .settled(let change): return change
    case .discover: return planner.decide(server, Observation(discovery: found, clientMetadata: clientMetadata))
    }
  }

  func told() -> String { change().told }

  /// The entry after the change, if the authorization server accepts every request as sent.
  func applying(_ change: Change, managed: Bool = false, expires: Timestamp? = nil) -> LockEntry? {
    switch change.step {
    case .nothing, .discoverFirst: return change.entry
    case .remove: return nil
    case .write(let entry): return entry
    case .register(let planned):
      return adopting(
        planned, clientID: "client-of-\(planned.metadata.issuer)-\(planned.template.generation)", managed: managed,
        expires: expires)
    case .updateInPlace(let planned):
      return adopting(planned, clientID: change.entry?.clientID ?? "", managed: managed, expires: expires)
    }
  }

  private func adopting(
    _ planned: PlannedRegistration, clientID: String, managed: Bool, expires: Timestamp?
  ) -> LockEntry {
    var entry = planned.template
    let hasRecord = managed || entry.needsSecret
    entry.client?.id = clientID
    entry.client?.registeredAt = now
    entry.client?.isManaged = managed
    entry.client?.secretExpiresAt = expires
    entry.client?.secretVersion = hasRecord ? "v1" : nil
    return entry
  }
}

extension Change {
  /// For example `replace generation-raised`.
  var told: String { ([action.rawValue] + reasons.map(\.name)).joined(separator: " ") }
  var warningCodes: [DiagnosticCode] { warnings.map(\.code) }
}
