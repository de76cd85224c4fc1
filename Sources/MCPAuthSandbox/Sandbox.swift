/// MCP servers with their authorization servers, on loopback: for experiments, examples and tests.
///
/// One listener serves all kinds that can share an origin. A kind whose documents are at an origin's root has its own listener. The sandbox
/// shares no code with the client that is tested against it. Otherwise the same misunderstanding could be on both sides and stay
/// undetected.
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
  /// The configuration that it was started with.
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
  ///   - configuration: the default serves all kinds.
  ///   - port: the port of the shared origin. The ports of the kinds with their own origin follow it. Each kind always has the same port,
  ///     whichever kinds are served. 0: any free ports.
  /// - Throws: `SandboxError`. Then nothing is listening.
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

  // MARK: Addresses

  /// The URL of the MCP server of a kind, or of a numbered one (`n-0001`). The server must exist.
  public func url(_ server: String) -> String { site(server).resource }

  /// The issuer of a server's authorization server, as in the protected resource metadata.
  public func issuer(_ server: String) -> String { site(server).issuer }

  /// The URL of a server's protected resource metadata, whether it is served there or not.
  public func metadataURL(_ server: String) -> String { site(server).metadataURL }

  /// The names of all servers, as `url(_:)` accepts them.
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

  /// The port of a kind's own origin. It does not depend on which kinds are served. nil for any port.
  static func ownPort(of kind: String, from port: Int) -> Int? {
    guard port != 0 else { return nil }
    return SandboxKind.all.filter { $0.home == .ownOrigin }.firstIndex { $0.name == kind }.map { port + 1 + $0 }
  }

  /// `0001`: all numbers have the width of the greatest number, and at least four digits.
  static func padded(_ number: Int, of count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, max(4, String(count).count) - text.count)) + text
  }

  // MARK: Received requests

  /// The received requests, in the order of the answers. Requests to `/admin` are not in it.
  public func requests() -> [SandboxRequest] { world.with { $0.requests } }

  /// The existing clients, in the order of their registration.
  public func clients() -> [SandboxClient] { world.clients }

  /// How many clients the authorization server of a server made. Clients whose answer was lost count too.
  public func registrations(_ server: String) -> Int {
    let issuer = site(server).issuer
    return world.with { $0.registrations[issuer, default: 0] }
  }

  /// How many clients every authorization server made. The keys are the issuers.
  public func registrationsByIssuer() -> [String: Int] { world.with { $0.registrations } }

  /// The greatest number of simultaneous registrations at the authorization server of a server.
  public func mostRegistrationsAtOnce(_ server: String) -> Int {
    let issuer = site(server).issuer
    return world.with { $0.mostAtOnce[issuer, default: 0] }
  }

  // MARK: Changes

  /// Restores the state after the start: no requests, clients, tokens or counts. Kinds and answers are as configured.
  public func reset() { world.reset(configuration) }

  /// Forgets the received requests, and nothing else.
  public func forgetRequests() { world.with { $0.requests = [] } }

  /// Forgets the clients of a kind, or of all kinds, and their tokens, like an authorization server whose database was purged.
  public func forgetClients(of kind: String? = nil) { _ = world.forgetClients(of: kind) }

  /// Makes the client secrets of a kind, or of all kinds, expire now.
  public func expireSecrets(of kind: String? = nil) { _ = world.expireSecrets(of: kind) }

  /// Makes new registration access tokens for the clients of a kind, or of all kinds. The old tokens are invalid.
  public func forgetManagement(of kind: String? = nil) { _ = world.forgetManagement(of: kind) }

  /// Changes a kind while it is served. If the issuer is moved (`issuerPath`, which must stay below the kind's own path), it is also served
  /// at its old place.
  public func change(_ kind: String, _ change: (inout SandboxKind) -> Void) {
    var changed = site(kind).kind
    change(&changed)
    world.with { [changed] in $0.change(kind) { $0 = changed } }
  }

  /// Sets the answer for a method and path, from now on or for a number of requests.
  /// - Parameter path: the path of the request, with or without its query.
  public func answer(_ method: String, _ path: String, with answer: SandboxAnswer, times: Int? = nil) {
    world.with { $0.answers["\(method) \(path)"] = (answer, times) }
  }
}

/// Runs a sandbox until the body returns.
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
