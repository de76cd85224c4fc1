import MCPAuth
import MCPAuthCore
import MCPAuthPlan
import Synchronization
import Testing

@testable import MCPAuthReconciler

/// A folder, a web, an inventory, and any number of runs.
final class World: Sendable {
  static let issuer = "https://as.example"

  private struct State {
    var servers: [InventoryServer]
    var ids = 0
    var pauses: [Duration] = []
    var learnt: [Secret] = []
    var isInterrupted = false
    var perIssuer = 1
    var parallelism = 1
  }

  let fate = Fate()
  let clock = TestClock()
  let web: FakeWeb
  let folder: Folder
  /// Opened by a signal.
  let signal = Gate()
  /// Opened at the end of the grace period after a signal.
  let graceIsOver = Gate()
  private let state: Mutex<State>

  init(_ servers: InventoryServer..., at configure: (inout FakeWeb.AuthorizationServer) -> Void = { _ in }) {
    web = FakeWeb(fate: fate, clock: clock)
    folder = Folder(fate: fate)
    state = Mutex(State(servers: servers))
    web.change(Self.issuer, configure)
  }

  var servers: [InventoryServer] {
    get { state.withLock(\.servers) }
    set { state.withLock { $0.servers = newValue } }
  }
  var pauses: [Duration] { state.withLock(\.pauses) }
  var learnt: [Secret] { state.withLock(\.learnt) }
  func interrupt() {
    state.withLock { $0.isInterrupted = true }
    signal.open()
  }
  func set(perIssuer: Int, parallelism: Int) {
    state.withLock {
      $0.perIssuer = perIssuer
      $0.parallelism = parallelism
    }
  }

  /// Changes the `oauth2` block of a server.
  func edit(_ name: String, _ body: (inout OAuth2Settings) -> Void) {
    servers = servers.map { server in
      guard server.name == name, case .discovered(var settings) = server.mode else { return server }
      body(&settings)
      var server = server
      server.mode = .discovered(settings)
      return server
    }
  }

  var lock: Lock { folder.lock ?? Lock(lineage: "there is none") }

  var context: ReconcilerContext {
    let (servers, perIssuer, parallelism) = state.withLock { ($0.servers, $0.perIssuer, $0.parallelism) }
    var inventory = Inventory(file: "servers.yaml", servers: servers)
    inventory.network.perIssuer = perIssuer
    var context = ReconcilerContext(
      inventory: inventory, transport: web, state: MemoryStateStore(folder: folder),
      secrets: MemorySecretStore(folder: folder), now: { [clock] in clock.now },
      randomID: { [self] in
        state.withLock {
          $0.ids += 1
          return "id-\($0.ids)"
        }
      },
      resolve: { reference in Secret("value of " + reference.description) },
      learn: { [self] secret in state.withLock { $0.learnt.append(secret) } }, report: { _ in }, durability: nil,
      holder: RunHolder(pid: 1, host: "h", user: "u", command: "mcpauth apply", since: clock.now),
      isInterrupted: { [self] in state.withLock(\.isInterrupted) })
    context.awaitInterruption = { [signal] in await signal.wait() }
    context.grace = { [graceIsOver] in await graceIsOver.wait() }
    context.pause = { [self] duration in state.withLock { $0.pauses.append(duration) } }
    context.parallelism = parallelism
    return context
  }

  func plan(_ configure: (inout PlanOptions) -> Void = { _ in }) async throws -> Plan {
    var options = PlanOptions()
    configure(&options)
    return try await Reconciler(context).plan(options)
  }

  @discardableResult
  func apply(
    allowMassChange: Bool = true, _ configure: (inout PlanOptions) -> Void = { _ in }
  ) async throws -> RunResult {
    var options = PlanOptions()
    configure(&options)
    let result = try await Reconciler(context).apply(options, allowMassChange: allowMassChange, confirm: { _ in true })
    return try #require(result)
  }

  /// Applies, and clears the recorded requests: the state at the start of a test.
  func settled() async throws -> World {
    let result = try await apply()
    #expect(!result.hasFailed, "\(result.results.compactMap(\.error)) \(String(describing: result.error))")
    fate.forgetEffects()
    web.forgetLog()
    return self
  }
}

/// A server of the inventory that needs discovery.
func discovered(
  _ name: String, location line: Int = 7, _ configure: (inout OAuth2Settings) -> Void = { _ in }
) -> InventoryServer {
  var settings = OAuth2Settings()
  settings.client = ClientMetadata(clientName: "Acme", redirectURIs: ["https://coder.example/\(name)/callback"])
  configure(&settings)
  if let method = settings.tokenEndpointAuthMethod { settings.client?.tokenEndpointAuthMethod = method }
  return InventoryServer(
    name: name, url: "https://\(name).example/mcp", mode: .discovered(settings),
    location: SourceLocation(file: "servers.yaml", line: line, column: 3))
}

extension RunResult {
  func of(_ name: String) -> ChangeResult? { results.first { $0.change.server == name } }
  /// For example `linear register done`.
  var told: [String] { results.map { "\($0.change.server) \($0.change.action.rawValue) \($0.outcome.rawValue)" } }
  var codes: [DiagnosticCode] { results.compactMap(\.error?.code) }
}

/// Common kinds of authorization servers.
enum ServerKind {
  /// Every client gets a secret.
  static let secret: @Sendable (inout FakeWeb.AuthorizationServer) -> Void = { $0.methods = ["client_secret_basic"] }
  /// Every client gets a secret and RFC 7592 management.
  static let managed: @Sendable (inout FakeWeb.AuthorizationServer) -> Void = {
    $0.isManaged = true
    $0.methods = ["client_secret_basic"]
  }
}
