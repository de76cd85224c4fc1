import MCPAuthSandbox
import Testing

/// Three rules, checked in the logs of every kind of server (Discovery#Requests, Discovery#Resource-check, 3): no request goes to an
/// endpoint of a document for another issuer or resource, no GET has credentials, and no POST follows a redirect.
@Suite struct RequestLogTests {
  /// A change that is made to every kind.
  enum World: String, Sendable, CaseIterable {
    /// No change.
    case plain
    /// The document of every authorization server has another issuer.
    case otherIssuer
    /// All resource metadata is for another resource.
    case otherResource
    /// Every POST is redirected to a path `/trap`.
    case redirects
  }

  @Test(
    "Discovery#Requests, Discovery#Resource-check, 3: requests that must not be in the log of any server",
    arguments: SandboxKind.names, World.allCases)
  func log(name: String, world: World) async throws {
    let kind = try #require(SandboxKind.named(name))
    let requests = try await WorldRuns.shared.requests(of: name, in: world)
    if kind.asking != .never { #expect(!requests.isEmpty) }
    for request in requests {
      #expect(!request.path.hasPrefix("/trap"), "a redirect was followed: \(request.step)")
      for field in ["Cookie", "Proxy-Authorization"] { #expect(request.values(of: field).isEmpty, "\(request.step)") }
      guard request.method == "GET", request.endpoint != .management else { continue }
      #expect(request.values(of: "Authorization").isEmpty, "\(request.step)")
      #expect(request.query == nil && request.body.isEmpty, "\(request.step)")
    }
    switch world {
    case .plain:
      if ["wrong-issuer", "no-issuer"].contains(name) { expectNone(requests, \.isToAnEndpoint) }
      if ["wrong-resource", "no-resource"].contains(name) { expectNone(requests, \.isToAnAuthorizationServer) }
    case .otherIssuer:
      // Only kinds that have a document.
      if !kind.issuerMetadataPlaces.isEmpty { expectNone(requests, \.isToAnEndpoint) }
    case .otherResource:
      if !kind.metadataPlaces.isEmpty { expectNone(requests, \.isToAnAuthorizationServer) }
    case .redirects:
      let posts = requests.filter { $0.method == "POST" }
      #expect(posts.allSatisfy { (300..<400).contains($0.status) }, "\(posts.map(\.step))")
      #expect(posts.filter { $0.endpoint == .register }.count <= 1)
    }
  }

  private func expectNone(
    _ requests: [SandboxRequest], _ isForbidden: (SandboxRequest) -> Bool,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(requests.filter(isForbidden).map(\.step) == [], sourceLocation: location)
  }
}

/// One run with all kinds for each world. Many tests use the same run.
private actor WorldRuns {
  static let shared = WorldRuns()

  private var runs: [RequestLogTests.World: Task<[String: [SandboxRequest]], any Error>] = [:]

  func requests(of kind: String, in world: RequestLogTests.World) async throws -> [SandboxRequest] {
    if world == .plain { return try await KindRuns.run(kind).requests }
    let run = runs[world] ?? Task { try await Self.run(world) }
    runs[world] = run
    return try await run.value[kind] ?? []
  }

  /// The requests by kind. Requests to the trap are added to every kind.
  private static func run(_ world: RequestLogTests.World) async throws -> [String: [SandboxRequest]] {
    var configuration = SandboxConfiguration()
    for index in configuration.kinds.indices {
      switch world {
      case .plain, .redirects: break
      case .otherIssuer: configuration.kinds[index].issuerMetadataChanges["issuer"] = "{origin}/as/somebody-else"
      case .otherResource: configuration.kinds[index].metadataChanges["resource"] = "{resource}-other"
      }
    }
    if world == .redirects {
      configuration.script = { request in
        guard request.method == "POST" else { return nil }
        return .redirect([301, 302, 303, 307, 308][request.number % 5], to: "{origin}/trap\(request.path)")
      }
    }
    return try await withServers(configuration) { sandbox in
      let names = sandbox.servers
      let place = try Workplace(servers: names.map { sandbox.block($0) }.joined(separator: "\n"))
      let run = try await place.run("apply", "--format", "json", "--parallelism", "16", "--timeout", "120s")
      #expect(try run.json()["servers"].array.count == names.count, "\(run.err)")
      let trapped = sandbox.requests().filter { $0.path.hasPrefix("/trap") }
      let own = Dictionary(grouping: sandbox.requests().filter { $0.kind != nil }) { $0.kind ?? "" }
      return Dictionary(names.map { ($0, (own[$0] ?? []) + trapped) }) { first, _ in first }
    }
  }
}
