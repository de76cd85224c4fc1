/// MCP servers with their authorization servers, on loopback: for trying things out, for examples and for tests.
///
/// One listener serves all kinds that can share an origin; a kind whose documents lie at an origin's root has a listener of its own.
/// Nothing of it is shared with the client that is tried on it, so that a misunderstanding cannot hide on both sides.
///
/// ```swift
/// try await withSandbox { sandbox in
///   let url = sandbox.url("challenge")           // http://127.0.0.1:PORT/challenge/mcp
///   …
///   #expect(sandbox.registrations("challenge") == 1)
/// }
/// ```
public final class Sandbox: Sendable {
  /// `http://127.0.0.1:PORT` of the listener that most kinds share.
  public let origin: String
  /// What it was started with.
  public let configuration: SandboxConfiguration

  private let ownOrigins: [String: String]
  private let listeners: [Listener]
  private let world: World

  private init(
    origin: String, configuration: SandboxConfiguration, ownOrigins: [String: String], listeners: [Listener],
    world: World
  ) {
    self.origin = origin
    self.configuration = configuration
    self.ownOrigins = ownOrigins
    self.listeners = listeners
    self.world = world
  }

  /// Starts a sandbox.
  /// - Parameters:
  ///   - configuration: all kinds, when it is left out.
  ///   - port: of the shared origin; those of the kinds with an origin of their own follow it, the same for each kind whichever
  ///     are served. 0: any ports.
  /// - Throws: `SandboxError`; nothing is listening then.
  public static func start(_ configuration: SandboxConfiguration = .init(), port: Int = 0) async throws -> Sandbox {
    let world = World(configuration)
    let engine = Engine(configuration: configuration, world: world)
    var listeners: [Listener] = []
    var ownOrigins: [String: String] = [:]
    do {
      listeners.append(try await Listener.start(port: port, engine: engine, own: nil))
      for kind in configuration.kinds where kind.home == .ownOrigin {
        let listener = try await Listener.start(
          port: ownPort(of: kind.name, from: port) ?? 0, engine: engine, own: kind.name)
        listeners.append(listener)
        ownOrigins[kind.name] = "http://127.0.0.1:\(listener.port)"
      }
    } catch {
      for listener in listeners { await listener.stop() }
      throw error
    }
    return Sandbox(
      origin: "http://127.0.0.1:\(listeners[0].port)", configuration: configuration, ownOrigins: ownOrigins,
      listeners: listeners, world: world)
  }

  /// Closes all sockets.
  public func stop() async {
    for listener in listeners { await listener.stop() }
  }

  // MARK: Where things are

  /// The URL of the MCP server of a kind's name, or of a numbered one (`n-0001`). There has to be such a server.
  public func url(_ server: String) -> String { site(server).resource }

  /// The issuer of a server's authorization server, as the protected resource metadata has it.
  public func issuer(_ server: String) -> String { site(server).issuer }

  /// Where a server's protected resource metadata is, or would be.
  public func metadataURL(_ server: String) -> String { site(server).metadataURL }

  /// The names of all servers, as `url(_:)` takes them.
  public var servers: [String] {
    configuration.kinds.map(\.name) + configuration.numbers.map { "n-" + $0 }
  }

  func site(_ server: String) -> Site {
    if server.hasPrefix("n-"), configuration.numberedServers > 0 {
      return Site(kind: .numbered, origin: origin, number: String(server.dropFirst(2)))
    }
    guard let kind = world.with({ $0.kinds[server] }) else {
      preconditionFailure("the sandbox serves no '\(server)'")
    }
    return Site(kind: kind, origin: ownOrigins[server] ?? origin)
  }

  /// The port of a kind's own origin: the same whichever kinds are served. nil for any port.
  static func ownPort(of kind: String, from port: Int) -> Int? {
    guard port != 0 else { return nil }
    return SandboxKind.all.filter { $0.home == .ownOrigin }.firstIndex { $0.name == kind }.map { port + 1 + $0 }
  }

  /// `0001`: all numbers as wide as the greatest, and at least four digits.
  static func padded(_ number: Int, of count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, max(4, String(count).count) - text.count)) + text
  }

  // MARK: What was asked

  /// What was asked, in the order of the answers; not what was asked of `/admin`.
  public func requests() -> [SandboxRequest] { world.with { $0.requests } }

  /// The clients that there are, in the order of their registration.
  public func clients() -> [SandboxClient] { world.clients }

  /// How many clients the authorization server of a server made, those included whose answer got lost.
  public func registrations(_ server: String) -> Int {
    let issuer = site(server).issuer
    return world.with { $0.registrations[issuer, default: 0] }
  }

  /// How many clients every authorization server made, by issuer.
  public func registrationsByIssuer() -> [String: Int] { world.with { $0.registrations } }

  /// The most registrations that were under way at once at the authorization server of a server.
  public func mostRegistrationsAtOnce(_ server: String) -> Int {
    let issuer = site(server).issuer
    return world.with { $0.mostAtOnce[issuer, default: 0] }
  }

  // MARK: Changing it

  /// As if it had just been started: no requests, clients, tokens or counts; kinds and answers as they were configured.
  public func reset() { world.reset(configuration) }

  /// Forgets what was asked, and nothing else.
  public func forgetRequests() { world.with { $0.requests = [] } }

  /// Forgets the clients of a kind, or all: an authorization server that was purged. Their tokens go too.
  public func forgetClients(of kind: String? = nil) { _ = world.forgetClients(of: kind) }

  /// Lets the client secrets of a kind, or all, expire.
  public func expireSecrets(of kind: String? = nil) { _ = world.expireSecrets(of: kind) }

  /// Makes new registration access tokens for the clients of a kind, or all: those that were given out are dead.
  public func forgetManagement(of kind: String? = nil) { _ = world.forgetManagement(of: kind) }

  /// Changes a kind while it is served. An issuer that is moved (`issuerPath`, which has to stay below the kind's own) is served at its
  /// old place as well.
  public func change(_ kind: String, _ change: (inout SandboxKind) -> Void) {
    var changed = site(kind).kind
    change(&changed)
    world.with { [changed] in $0.change(kind) { $0 = changed } }
  }

  /// Answers a method and path so, from now on or for some times.
  /// - Parameter path: as it is sent, with its query or without.
  public func answer(_ method: String, _ path: String, with answer: SandboxAnswer, times: Int? = nil) {
    world.with { $0.answers["\(method) \(path)"] = (answer, times) }
  }
}

/// Runs a sandbox for as long as the body does.
public func withSandbox<Value>(
  _ configuration: SandboxConfiguration = .init(), _ body: (Sandbox) async throws -> Value
) async throws -> Value {
  let sandbox = try await Sandbox.start(configuration)
  do {
    let value = try await body(sandbox)
    await sandbox.stop()
    return value
  } catch {
    await sandbox.stop()
    throw error
  }
}
