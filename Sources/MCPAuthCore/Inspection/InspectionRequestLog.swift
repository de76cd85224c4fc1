/// The requests of a finished discovery, grouped by purpose. To find the purpose of each request, discovery runs again over the recorded
/// answers.
struct InspectionRequestLog {
  enum Purpose: Sendable, Equatable {
    case probe
    case resource(MetadataFetch)
    case server(MetadataFetch)
  }

  /// One probe or fetch, with its retries and redirects.
  struct Look: Sendable, Equatable {
    var purpose: Purpose
    var exchanges: [RecordedExchange]
    /// One record per exchange. The note of the last record says what discovery concluded.
    var records: [RequestRecord]
    /// The outcome of the probe.
    var outcome: DiscoveryProbe.Outcome?
    /// The answer of a completed fetch.
    var answer: MetadataAnswer?
  }

  private(set) var looks: [Look] = []
  private var rest: ArraySlice<RecordedExchange>

  init(_ target: DiscoveryTarget, _ exchanges: [RecordedExchange]) {
    rest = ArraySlice(exchanges)
    do throws(DiscoveryFailure) { follow(try DiscoveryWalk(target)) } catch { return }
  }

  private mutating func follow(_ walk: DiscoveryWalk) {
    var walk = walk
    // The document of an authorization server is fetched only once, even if several documents list the server.
    var settled: [CheckedURL: MetadataAnswer] = [:]
    while true {
      switch walk.next() {
      case .finished: return
      case .probe(let probe):
        let (probed, outcome, sent) = replay(probe)
        looks.append(Look(purpose: .probe, exchanges: sent, records: probed.records, outcome: outcome))
        guard let outcome else { return }
        walk.receive(outcome, records: probed.records)
      case .fetch(let fetch, let isShared):
        if isShared, let answer = settled[fetch.url] {
          walk.receive(answer)
          continue
        }
        let (fetched, answer, sent) = replay(fetch)
        var look = Look(
          purpose: isShared ? .server(fetch) : .resource(fetch), exchanges: sent, records: fetched.records,
          answer: answer)
        guard let answer else {
          looks.append(look)
          return
        }
        let before = walk.records.count
        walk.receive(answer)
        look.records = Array(walk.records[before...])
        looks.append(look)
        if isShared, answer.isSettled { settled[fetch.url] = answer }
      }
    }
  }

  /// - Returns: nil if the discovery stopped before the outcome.
  private mutating func replay<Exchange: DiscoveryExchange>(
    _ exchange: Exchange
  ) -> (Exchange, Exchange.Outcome?, [RecordedExchange]) {
    var exchange = exchange
    var sent: [RecordedExchange] = []
    while true {
      switch exchange.next() {
      case .finished(let outcome): return (exchange, outcome, sent)
      case .wait: exchange.waited()
      case .send:
        guard let recorded = rest.popFirst() else { return (exchange, nil, sent) }
        sent.append(recorded)
        exchange.receive(recorded.received, now: recorded.at, jitter: 0)
      }
    }
  }
}

extension InspectionRequestLog.Purpose {
  var section: InspectionSection {
    switch self {
    case .probe: .probe
    case .resource: .resource
    case .server: .server
    }
  }
}
