internal import MCPAuthCore

/// One server's discovery: does what the walk says, within the server's time.
struct DiscoveryRun {
  /// Why it ends before the walk does.
  enum Interruption: Error {
    case outOfTime
    case cancelled
  }

  private var walk: DiscoveryWalk
  private let transport: AllowingTransport
  private let allowance: AddressAllowance
  private let seams: DiscoverySeams
  private let shelf: DocumentShelf
  /// Seconds.
  private let timeout: Int
  private let start: Int
  /// Milliseconds that are not the server's: it asked for them.
  private var excused = 0
  /// Of what is under way, for a report that comes before its end.
  private var underWay: [RequestRecord] = []

  init(
    _ walk: DiscoveryWalk, transport: any Transport, allowance: AddressAllowance, seams: DiscoverySeams,
    shelf: DocumentShelf, timeout: Int
  ) {
    self.walk = walk
    self.transport = AllowingTransport(transport, allowance: allowance)
    self.allowance = allowance
    self.seams = seams
    self.shelf = shelf
    self.timeout = timeout
    start = seams.uptime()
  }

  mutating func result() async -> Result<DiscoveredServer, DiscoveryFailure> {
    do throws(Interruption) {
      while true {
        switch walk.next() {
        case .finished(let result): return result
        case .probe(let probe):
          let (outcome, records) = try await complete(probe)
          walk.receive(outcome, records: records)
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
    let url = CheckedURL.shown(walk.target.serverURL)
    return switch interruption {
    case .outOfTime:
      Diagnostic(
        .error, .timeout, "\(url) could not be discovered within \(timeout) s",
        help: [
          "run it again, with a longer --timeout if the servers are known to be slow", "what is locked stays as it is",
        ])
    case .cancelled:
      Diagnostic(
        .error, .interrupted, "the discovery of \(url) was stopped",
        help: ["run it again: what is locked stays as it is"])
    }
  }

  // MARK: Exchanges

  private var remaining: Int { timeout * 1000 + excused - (seams.uptime() - start) }

  /// - Parameter key: of a document that others may be waiting for.
  private mutating func complete<Exchange: DiscoveryExchange>(
    _ exchange: Exchange, for key: DocumentShelf.Key? = nil
  ) async throws(Interruption) -> (outcome: Exchange.Outcome, records: [RequestRecord]) {
    var exchange = exchange
    while true {
      underWay = exchange.records
      switch exchange.next() {
      case .finished(let outcome): return (outcome, exchange.records)
      case .send(let request): try await send(request, of: &exchange)
      case .wait(let milliseconds, let isCounted):
        let pausing = isCounted ? nil : key
        if let pausing { await shelf.beginPause(pausing) }
        let outcome = await wait(milliseconds, isCounted: isCounted)
        if let pausing { await shelf.endPause(pausing) }
        try outcome.get()
        exchange.waited()
      }
    }
  }

  private mutating func send<Exchange: DiscoveryExchange>(
    _ request: HTTPRequest, of exchange: inout Exchange
  ) async throws(Interruption) {
    try goOn()
    var request = request
    let own = request.timeout
    request.timeout = min(own, (remaining + 999) / 1000)
    let received = await transport.result(of: request)
    if Task.isCancelled { throw .cancelled }
    exchange.receive(received, now: seams.now(), jitter: seams.jitter())
    underWay = exchange.records
    // It was the server's time that was up, not the request's: no verdict for others.
    if request.timeout < own, case .failure(.timeout) = received { throw .outOfTime }
  }

  private mutating func wait(_ milliseconds: Int, isCounted: Bool) async -> Result<Void, Interruption> {
    do throws(Interruption) { try goOn() } catch { return .failure(error) }
    if isCounted, milliseconds >= remaining { return .failure(.outOfTime) }
    let began = seams.uptime()
    seams.willWait(milliseconds)
    await seams.willIdle()
    var isOver = true
    do { try await seams.pause(milliseconds) } catch { isOver = false }
    let ended = seams.uptime()
    await seams.didIdle()
    // Nor is the time that it takes to get a place again.
    excused += seams.uptime() - (isCounted ? ended : began)
    return !isOver || Task.isCancelled ? .failure(.cancelled) : .success(())
  }

  private func goOn() throws(Interruption) {
    if Task.isCancelled { throw .cancelled }
    if remaining <= 0 { throw .outOfTime }
  }

  // MARK: Shared documents

  private mutating func shared(_ fetch: MetadataFetch) async throws(Interruption) -> MetadataAnswer {
    let key = DocumentShelf.Key(
      url: fetch.url, provenance: fetch.provenance, allowance: allowance, plaintext: fetch.plaintext)
    while true {
      try goOn()
      switch await shelf.claim(key) {
      case .answer(let answer): return answer
      case .lead:
        do throws(Interruption) {
          let answer = try await complete(fetch, for: key).outcome
          await shelf.settle(key, answer)
          return answer
        } catch {
          await shelf.abandon(key)
          throw error
        }
      case .follow:
        underWay = [
          RequestRecord(method: "GET", url: fetch.url.redacted, note: "waiting: it is being fetched for another server")
        ]
        if let answer = try await follow(key) { return answer }
      }
    }
  }

  /// Waits for whoever fetches it, as long as this server's own time allows.
  ///
  /// - Returns: nil when nobody does any more.
  private mutating func follow(_ key: DocumentShelf.Key) async throws(Interruption) -> MetadataAnswer? {
    while true {
      try goOn()
      let before = await shelf.pauses(key)
      let (began, left) = (seams.uptime(), remaining)
      // Whoever fetches it may need a place to go on: nobody may hold one while waiting for that.
      await seams.willIdle()
      let outcome = await race(key, milliseconds: left)
      let ended = seams.uptime()
      await seams.didIdle()
      // A while in which the leader was asked to wait is not this server's time either.
      let wasPaused = before.isOn ? true : await shelf.pauses(key).begun > before.begun
      excused += seams.uptime() - (wasPaused ? began : ended)
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

  private func race(_ key: DocumentShelf.Key, milliseconds: Int) async -> RaceOutcome {
    await withTaskGroup(of: RaceOutcome.self) { [shelf, pause = seams.pause] group in
      group.addTask { .answered(await shelf.join(key)) }
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
