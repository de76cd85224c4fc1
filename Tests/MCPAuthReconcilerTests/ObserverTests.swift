import MCPAuth
import MCPAuthCore
import MCPAuthPlan
import Synchronization
import Testing

@testable import MCPAuthReconciler

/// How many servers are discovered at a time, and in which order.
@Suite struct ObserverTests {
  /// The servers that are being discovered, as the events tell.
  private final class Watch: Sendable {
    private struct State {
      var begun: [String] = []
      var running = 0
      var most = 0
    }

    private let state = Mutex(State())

    func note(_ event: RunEvent) {
      state.withLock { state in
        switch event {
        case .discovering(let server):
          state.begun.append(server)
          state.running += 1
          state.most = max(state.most, state.running)
        case .discovered: state.running -= 1
        default: break
        }
      }
    }

    var begun: [String] { state.withLock(\.begun) }
    var most: Int { state.withLock(\.most) }
  }

  /// Counts the requests that are under way, without those that are sent together with a probe.
  private actor Counting: Transport {
    let base: any Transport
    private var underWay = 0
    private(set) var most = 0

    init(_ base: any Transport) { self.base = base }

    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
      if request.url.path.hasPrefix("/.well-known/oauth-protected-resource") { return try await base.send(request) }
      underWay += 1
      most = max(most, underWay)
      defer { underWay -= 1 }
      for _ in 0..<5 { await Task.yield() }
      return try await base.send(request)
    }
  }

  private func plan(
    _ names: [String], parallelism: Int
  ) async throws -> (plan: Plan, watch: Watch, requests: Int) {
    let world = World()
    world.servers = names.map { discovered($0) }
    // A server that waits for the document of a shared issuer gives its place to another one.
    for name in names { world.web.list(name, "https://as-\(name).example") }
    world.set(perIssuer: 1, parallelism: parallelism)
    let watch = Watch()
    var context = world.context
    context.report = { watch.note($0) }
    let counting = Counting(context.transport)
    context.transport = counting
    return (try await Reconciler(context).plan(PlanOptions()), watch, await counting.most)
  }

  @Test("--parallelism: no more servers are asked at a time, and each is in its place", arguments: [1, 4])
  func limit(parallelism: Int) async throws {
    let names = (1...40).map { "server-\($0)" }
    let (plan, watch, requests) = try await plan(names, parallelism: parallelism)
    #expect(plan.changes.map(\.server) == names)
    #expect(Set(watch.begun) == Set(names) && watch.begun.count == names.count)
    #expect(requests <= parallelism)
    // While the answers of some are handled, others are asked.
    #expect(watch.most <= parallelism + parallelism / 2)
    if parallelism == 1 { #expect(watch.begun == names) }
  }

  /// Challenges that name another document than the first well-known one. Nothing else exists.
  private actor OtherDocument: Transport {
    private(set) var guesses = 0

    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
      if request.method == .post {
        let other = "Bearer resource_metadata=\"\(request.url.origin)/other\""
        return HTTPResponse(status: 401, fields: [HTTPField("WWW-Authenticate", other)])
      }
      if request.url.path.hasPrefix("/.well-known/") { guesses += 1 }
      return HTTPResponse(status: 404)
    }
  }

  @Test(
    "Discovery#Probe: only in a run with many servers the first document is requested before the probe is answered",
    arguments: [(33, 4, 33), (32, 4, 0), (40, 1, 0), (40, 40, 0), (41, 40, 41)])
  func readsAhead(servers: Int, parallelism: Int, guesses: Int) async throws {
    let world = World()
    world.servers = (1...servers).map { discovered("server-\($0)") }
    world.set(perIssuer: 1, parallelism: parallelism)
    var context = world.context
    let transport = OtherDocument()
    context.transport = transport
    let plan = try await Reconciler(context).plan(PlanOptions())
    #expect(plan.changes.allSatisfy { $0.error?.code == .resourceMetadataUnavailable })
    #expect(await transport.guesses == guesses)
  }
}
