import MCPAuth
import MCPAuthCore
import MCPAuthPlan
import Synchronization

/// Discovers the servers for which the plan needs discovery, and no others.
struct Observer: Sendable {
  let context: ReconcilerContext
  private let discoverer: Discoverer
  private let documents: ClientMetadataDocuments
  /// Servers that are discovered, and do not wait for another attempt.
  private let slots: AsyncSemaphore
  /// Compares this machine's clock with the answers.
  let clock: ClockWatch

  /// With more servers than this, and more than are discovered at a time, the first document of each is requested together with its probe. With
  /// fewer, that would save one round trip in the whole run, and cost a request in vain where a challenge names another document.
  private static let mostOneByOne = 32

  /// Limits the servers that wait without a slot for another attempt too, because each has a task.
  private static let mostAtOnce = 4096

  /// So many servers are compared with their entries by one task. That takes some milliseconds.
  private static let assessedTogether = 512

  init(_ context: ReconcilerContext) {
    self.context = context
    let slots = AsyncSemaphore(context.begunAtOnce)
    let requests = AsyncSemaphore(context.parallelism)
    self.slots = slots
    clock = ClockWatch(now: context.now)
    let transport = WatchedTransport(base: context.transport, watch: clock)
    discoverer = Discoverer(
      transport: transport,
      environment: DiscoveryEnvironment(
        now: context.now,
        willWait: { [report = context.report] in report(.waiting(server: RunScope.server, milliseconds: $0)) },
        willIdle: { await slots.release() }, didIdle: { await slots.acquire() },
        willSend: { await requests.acquire() }, didSend: { await requests.release() }))
    documents = ClientMetadataDocuments(transport: transport)
  }

  /// - Parameter live: the share of this run among those that are under way. A server that is in the share of another run when its turn comes is left
  ///   out.
  /// - Returns: a change for each selected server of the inventory, in its order.
  func changes(_ planner: Planner, _ live: LiveShare? = nil) async -> [Change] {
    var changes: [Change?] = []
    var open: [Open] = []
    let servers = planner.inventory.servers.filter { planner.isWanted($0.name) }
    for (server, assessment) in zip(servers, await Self.assessments(servers, planner)) {
      switch assessment {
      case .settled(let change): changes.append(change)
      case .discover(let target):
        open.append(Open(place: changes.count, server: server, target: target))
        changes.append(nil)
      }
    }
    if live != nil { open = open.inOrderOfShares() }
    if !open.isEmpty { context.report(.looking(servers: open.count)) }
    let decided = Decided()
    // No change was made yet, so a signal ends discovery at once.
    await context.untilSignal(grace: false) { [open] in
      await discover(open, planner, decided, live)
    }
    for (place, change) in decided.all { changes[place] = change }
    let complete = changes.compactMap { $0 }
    return clock.warning == nil ? complete : complete.map(clock.withoutRenewals)
  }

  /// What the planner says of each server, in their order. All processors work on a long list.
  private static func assessments(_ servers: [InventoryServer], _ planner: Planner) async -> [Planner.Assessment] {
    let parts = stride(from: 0, to: servers.count, by: assessedTogether).map { start in
      servers[start..<min(start + assessedTogether, servers.count)]
    }
    return await parts.mapConcurrently(limit: parts.count) { part in part.map(planner.assess) }.flatMap(\.self)
  }

  /// A server that has to be discovered, and the place of its change.
  fileprivate struct Open: Sendable {
    var place: Int
    var server: InventoryServer
    var target: DiscoveryTarget
  }

  /// The changes of servers that were discovered, by their places.
  private final class Decided: Sendable {
    private let changes = Mutex<[Int: Change]>([:])

    func add(_ change: Change, at place: Int) { changes.withLock { $0[place] = change } }
    var all: [Int: Change] { changes.withLock { $0 } }
  }

  /// Discovers each server in a task, which is made when a slot is free: a task that waits takes 20 KB.
  private func discover(
    _ open: [Open], _ planner: Planner, _ decided: Decided, _ live: LiveShare?
  ) async {
    let tasks = AsyncSemaphore(Self.mostAtOnce)
    let readsAhead = context.parallelism > 1 && open.count > max(context.parallelism, Self.mostOneByOne)
    await withDiscardingTaskGroup { group in
      for item in open {
        await tasks.acquire()
        await slots.acquire()
        if let live, await !live.has(item.server.url) {
          await slots.release()
          await tasks.release()
          continue
        }
        group.addTask {
          let name = item.server.name
          context.report(.discovering(server: name))
          let observation = await RunScope.$server.withValue(name) {
            await observe(item.server, item.target, planner, readsAhead: readsAhead)
          }
          context.report(.discovered(server: name, problem: observation.discovery.problem))
          await slots.release()
          decided.add(planner.decide(item.server, observation), at: item.place)
          await tasks.release()
        }
      }
    }
  }

  private func observe(
    _ server: InventoryServer, _ target: DiscoveryTarget, _ planner: Planner, readsAhead: Bool
  ) async -> Observation {
    if context.isInterrupted() { return Observation(discovery: .failure(.interrupted(server.name))) }
    switch await discoverer.discover(target, timeout: context.discoveryTimeout, readsAhead: readsAhead) {
    case .failure(let failure):
      // The failure came from the signal, not from the server.
      let diagnostic = context.isInterrupted() ? .interrupted(server.name) : failure.diagnostic
      return Observation(discovery: .failure(diagnostic))
    case .success(let found):
      var observation = Observation(discovery: .success(found))
      if let document = planner.clientMetadataDocument(of: server, found) {
        observation.clientMetadata = await documents.check(document, allowance: server.trust.allowance)
      }
      return observation
    }
  }
}

extension [Observer.Open] {
  /// A share is an interval of positions.
  fileprivate func inOrderOfShares() -> [Observer.Open] {
    map { (position: ServerShare.position(of: $0.server.url), item: $0) }
      .sorted { ($0.position, $0.item.place) < ($1.position, $1.item.place) }.map(\.item)
  }
}

extension Result<DiscoveredServer, Diagnostic> {
  fileprivate var problem: DiagnosticCode? {
    if case .failure(let diagnostic) = self { diagnostic.code } else { nil }
  }
}

extension Diagnostic {
  /// A signal came before the server was begun.
  static func interrupted(_ server: String) -> Diagnostic {
    Diagnostic(
      .error, .interrupted, "'\(server)' was not begun: a signal ended the run", help: ["apply again to go on"])
  }
}

/// The client metadata documents of the inventory. Each is fetched once per run for all servers with the same allowed addresses.
actor ClientMetadataDocuments {
  private struct Key: Hashable {
    var document: ClientIDMetadataDocument
    var allowance: AddressAllowance
  }

  private let transport: any Transport
  private var fetches: [Key: Task<Result<HTTPResponse, HTTPFailure>, Never>] = [:]

  init(transport: any Transport) {
    self.transport = transport
  }

  func check(
    _ wanted: (document: ClientIDMetadataDocument, redirectURIs: [String]), allowance: AddressAllowance
  ) async -> ClientIDMetadataDocument.Verdict {
    let key = Key(document: wanted.document, allowance: allowance)
    let fetch =
      fetches[key]
      ?? Task { [transport] in
        await AllowingTransport(transport, allowance: allowance).result(of: wanted.document.request())
      }
    fetches[key] = fetch
    // One task is cancelled only when all are cancelled, so the shared fetch can be cancelled too.
    let received = await withTaskCancellationHandler {
      await fetch.value
    } onCancel: {
      fetch.cancel()
    }
    return wanted.document.interpret(received, redirectURIs: wanted.redirectURIs)
  }
}
