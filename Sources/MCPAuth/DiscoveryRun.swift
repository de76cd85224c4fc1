internal import MCPAuthCore

/// The discovery of one server: executes the steps of the walk within the server's time limit.
struct DiscoveryRun {
  /// Why the run ends before the walk is finished.
  enum Interruption: Error {
    case outOfTime
    case cancelled
  }

  private var walk: DiscoveryWalk
  private let transport: AllowingTransport
  private let environment: DiscoveryEnvironment
  private let cache: SingleFlightCache
  /// The server's time limit in seconds.
  private let timeout: Int
  /// Whether the first document is requested together with the probe.
  private let readsAhead: Bool
  private let start: Int
  /// Milliseconds that do not count against the server's time limit, because the server asked for the wait.
  private var waited = 0
  /// Whether `willSend` was called for requests that have no answer yet.
  private var isSending = false
  /// Records of the current exchange, for a report that is made before the exchange ends.
  private var underWay: [RequestRecord] = []

  init(
    _ walk: DiscoveryWalk, transport: any Transport, environment: DiscoveryEnvironment, cache: SingleFlightCache,
    timeout: Int, readsAhead: Bool
  ) {
    self.walk = walk
    self.transport = AllowingTransport(transport, allowance: walk.target.trust.allowance)
    self.environment = environment
    self.cache = cache
    self.timeout = timeout
    self.readsAhead = readsAhead
    start = environment.uptime()
  }

  mutating func result() async -> Result<DiscoveredServer, DiscoveryFailure> {
    do throws(Interruption) {
      while true {
        switch walk.next() {
        case .finished(let result): return result
        case .probe(let probe): try await answer(probe)
        case .fetch(let fetch, isShared: false): walk.receive(try await complete(fetch).outcome)
        case .fetch(let fetch, isShared: true): walk.receive(try await shared(fetch))
        }
        underWay = []
      }
    } catch {
      return .failure(walk.stopped(diagnostic(error), records: underWay))
    }
  }

  private func diagnostic(_ interruption: Interruption) -> Diagnostic {
    let url = CheckedURL.shown(walk.target.trust.written)
    return switch interruption {
    case .outOfTime:
      Diagnostic(
        .error, .timeout, "\(url) could not be discovered within \(timeout) s",
        help: [
          "run it again, with a longer --timeout if the servers are known to be slow", "the lock file stays as it is",
        ])
    case .cancelled:
      Diagnostic(
        .error, .interrupted, "the discovery of \(url) was stopped",
        help: ["run it again: the lock file stays as it is"])
    }
  }

  // MARK: Exchanges

  /// Sends the probe. With `readsAhead`, the first request of the document that most challenges name is sent at the same time (Discovery#Probe).
  private mutating func answer(_ probe: DiscoveryProbe) async throws(Interruption) {
    guard readsAhead, var fetch = walk.expectedFetch, case .send(let request) = fetch.next() else {
      let (outcome, records) = try await complete(probe)
      walk.receive(outcome, records: records)
      return
    }
    await willSend()
    let (limited, transport) = (limited(request), transport)
    // If its answer is not used, the request is cancelled at the end of this function.
    async let received = transport.result(of: limited)
    let (outcome, records): (DiscoveryProbe.Outcome, [RequestRecord])
    do throws(Interruption) {
      (outcome, records) = try await complete(probe)
    } catch {
      await didSend()
      throw error
    }
    walk.receive(outcome, records: records, requested: fetch)
    guard walk.next() == .fetch(fetch, isShared: false) else { return }
    underWay = []
    try take(await received, of: &fetch, sent: limited, limit: request.timeout)
    walk.receive(try await complete(fetch).outcome)
  }

  private var remaining: Int { timeout * 1000 + waited - (environment.uptime() - start) }

  /// - Parameter key: the cache key of a document that other callers may be waiting for.
  private mutating func complete<Exchange: DiscoveryExchange>(
    _ exchange: Exchange, for key: SingleFlightCache.Key? = nil
  ) async throws(Interruption) -> (outcome: Exchange.Outcome, records: [RequestRecord]) {
    var exchange = exchange
    while true {
      underWay = exchange.records
      switch exchange.next() {
      case .finished(let outcome): return (outcome, exchange.records)
      case .send(let request): try await send(request, of: &exchange)
      case .wait(let milliseconds, let isCounted):
        let pausing = isCounted ? nil : key
        if let pausing { await cache.beginPause(pausing) }
        let outcome = await wait(milliseconds, isCounted: isCounted)
        if let pausing { await cache.endPause(pausing) }
        try outcome.get()
        exchange.waited()
      }
    }
  }

  private mutating func send<Exchange: DiscoveryExchange>(
    _ request: HTTPRequest, of exchange: inout Exchange
  ) async throws(Interruption) {
    try goOn()
    await willSend()
    let limited = limited(request)
    let received = await transport.result(of: limited)
    await didSend()
    try take(received, of: &exchange, sent: limited, limit: request.timeout)
  }

  private mutating func willSend() async {
    if isSending { return }
    isSending = true
    let began = environment.uptime()
    await environment.willSend()
    waited += environment.uptime() - began
  }

  private mutating func didSend() async {
    guard isSending else { return }
    isSending = false
    await environment.didSend()
  }

  /// The request, with no more time than the server has left.
  private func limited(_ request: HTTPRequest) -> HTTPRequest {
    var request = request
    request.timeout = min(request.timeout, (remaining + 999) / 1000)
    return request
  }

  /// - Parameter limit: the seconds that the request has, if the server has enough time left.
  private mutating func take<Exchange: DiscoveryExchange>(
    _ received: Result<HTTPResponse, HTTPFailure>, of exchange: inout Exchange, sent: HTTPRequest, limit: Int
  ) throws(Interruption) {
    if Task.isCancelled { throw .cancelled }
    exchange.receive(received, now: environment.now(), jitter: environment.jitter())
    underWay = exchange.records
    // The time limit of the server ended, not that of the request. This is no result for other servers that share the document.
    if sent.timeout < limit, case .failure(.timeout) = received { throw .outOfTime }
  }

  private mutating func wait(_ milliseconds: Int, isCounted: Bool) async -> Result<Void, Interruption> {
    do throws(Interruption) { try goOn() } catch { return .failure(error) }
    if isCounted, milliseconds >= remaining { return .failure(.outOfTime) }
    let began = environment.uptime()
    environment.willWait(milliseconds)
    await environment.willIdle()
    var isOver = true
    do { try await environment.pause(milliseconds) } catch { isOver = false }
    let ended = environment.uptime()
    await environment.didIdle()
    // The time to acquire a slot again does not count either.
    waited += environment.uptime() - (isCounted ? ended : began)
    return !isOver || Task.isCancelled ? .failure(.cancelled) : .success(())
  }

  private func goOn() throws(Interruption) {
    if Task.isCancelled { throw .cancelled }
    if remaining <= 0 { throw .outOfTime }
  }

  // MARK: Shared documents

  private mutating func shared(_ fetch: MetadataFetch) async throws(Interruption) -> MetadataAnswer {
    let key = SingleFlightCache.Key(
      url: fetch.url, provenance: fetch.provenance, allowance: walk.target.trust.allowance)
    while true {
      try goOn()
      switch await cache.lookup(key) {
      case .cached(let answer): return answer
      case .fetch:
        do throws(Interruption) {
          let answer = try await complete(fetch, for: key).outcome
          await cache.complete(key, answer)
          return answer
        } catch {
          await cache.cancel(key)
          throw error
        }
      case .wait:
        underWay = [
          RequestRecord(method: "GET", url: fetch.url.redacted, note: "waiting: it is being fetched for another server")
        ]
        if let answer = try await result(key) { return answer }
      }
    }
  }

  /// Waits for the caller that fetches the document, as long as this server's own time allows.
  ///
  /// - Returns: nil when no caller is fetching it any more.
  private mutating func result(_ key: SingleFlightCache.Key) async throws(Interruption) -> MetadataAnswer? {
    while true {
      try goOn()
      let before = await cache.pauses(key)
      let (began, left) = (environment.uptime(), remaining)
      // The caller that fetches it may need a slot to go on, so none is held while waiting for it.
      await environment.willIdle()
      let outcome = await race(key, milliseconds: left)
      let ended = environment.uptime()
      await environment.didIdle()
      // Time in which the fetching caller had to wait does not count against this server either.
      let wasPaused = before.isPaused ? true : await cache.pauses(key).begun > before.begun
      waited += environment.uptime() - (wasPaused ? began : ended)
      if Task.isCancelled { throw .cancelled }
      switch outcome {
      case .answered(let answer): return answer
      case .timeIsUp: if !wasPaused { throw .outOfTime }
      }
    }
  }

  private enum RaceOutcome: Sendable {
    case answered(MetadataAnswer?)
    case timeIsUp
  }

  private func race(_ key: SingleFlightCache.Key, milliseconds: Int) async -> RaceOutcome {
    await withTaskGroup(of: RaceOutcome.self) { [cache, pause = environment.pause] group in
      group.addTask { .answered(await cache.result(key)) }
      group.addTask {
        do {
          try await pause(milliseconds)
          return .timeIsUp
        } catch {
          return .answered(nil)
        }
      }
      let first = await group.next() ?? .timeIsUp
      group.cancelAll()
      return first
    }
  }
}
