/// The requests of an inspection that discovery does not make: the rest of the probe, and every document that could be relevant. It gets
/// events, returns requests, and does no I/O.
///
/// Discovery runs first and makes all decisions. The survey decides nothing. It sends only the probe's own requests to the server's own
/// URL, and GETs of metadata documents, each once. It never sends anything to an endpoint that a document names.
///
/// Call `next()`, do what it says, and report the result. Repeat until `finished`, or call `stop()` when the time is up.
package struct InspectionSurvey: Sendable {
  package enum Step: Sendable, Equatable {
    case send(HTTPRequest)
    case finished
  }

  private enum PendingRequest: Sendable, Equatable {
    case rung(DiscoveryProbe.Rung)
    case fetch(MetadataFetch, InspectionSection)
  }

  private enum Phase: Int, CaseIterable { case probe, resource, misplacedResource, server, misplacedServer }

  /// The most requests after those of discovery.
  static let limit = 64

  let places: InspectionLocations
  let looks: [InspectionRequestLog.Look]
  /// The key is the text of the URL.
  private(set) var pages: [String: InspectedDocument] = [:]
  /// The requests of the probe in their order, each with its last answer.
  private(set) var rungs: [(rung: DiscoveryProbe.Rung, exchange: RecordedExchange)] = []
  /// In the order of sending.
  private(set) var further: [InspectedRequest] = []
  /// Addresses that were not requested because the time was up or there were too many.
  private(set) var leftOut = 0
  private var phases = ArraySlice(Phase.allCases)
  private var queue: ArraySlice<PendingRequest> = []
  private var current: PendingRequest?
  private var underWay: [RecordedExchange] = []
  private var sent = 0
  private var silentOrigins: Set<String> = []

  /// - Parameter exchanges: the exchanges of the discovery of the same target, in their order.
  package init(_ target: DiscoveryTarget, _ exchanges: [RecordedExchange]) {
    places = InspectionLocations(target)
    looks = InspectionRequestLog(target, exchanges).looks
    for look in looks {
      switch look.purpose {
      case .probe: remember(look)
      case .resource(let fetch), .server(let fetch):
        pages[fetch.url.text] = InspectedDocument(
          section: look.purpose.section, url: fetch.url, exchanges: look.exchanges, records: look.records,
          answer: look.answer, isFurther: false)
        if case .failure = look.exchanges.last?.received { silentOrigins.insert(fetch.url.origin) }
      }
    }
    advance()
  }

  package func next() -> Step {
    switch current {
    case .rung(let rung): return .send(rung.request(to: places.server))
    case .fetch(let fetch, _):
      if case .send(let request) = fetch.next() { return .send(request) }
      return .finished
    case nil: return .finished
    }
  }

  package mutating func receive(_ exchange: RecordedExchange) {
    sent += 1
    switch current {
    case .rung(let rung):
      rungs.append((rung, exchange))
      let asks = exchange.asksForAuthorization
      further.append(
        InspectedRequest(
          .probe, exchange,
          note: "\(rung.name): " + (asks ? "asks for authorization" : "does not ask for authorization"),
          decision: "it does not change the result",
          asks ? .status : InspectionRule("2.1", "MCP 2026-07-28 authorization, discovery"),
          isFurther: true))
      advance()
    case .fetch(var fetch, let section):
      underWay.append(exchange)
      fetch.receive(exchange.received, now: exchange.at, jitter: 0)
      switch fetch.next() {
      // A redirect to the same host.
      case .send: current = .fetch(fetch, section)
      case .wait: settle(fetch, section, nil)
      case .finished(let answer): settle(fetch, section, answer)
      }
    case nil: return
    }
  }

  /// Ends the survey because the time is up.
  package mutating func stop() {
    if current != nil { leftOut += 1 }
    leftOut += queue.count
    current = nil
    queue = []
    phases = []
  }

  private mutating func settle(_ fetch: MetadataFetch, _ section: InspectionSection, _ answer: MetadataAnswer?) {
    let page = InspectedDocument(
      section: section, url: fetch.url, exchanges: underWay, records: fetch.records, answer: answer, isFurther: true)
    pages[fetch.url.text] = page
    if case .failure = underWay.last?.received { silentOrigins.insert(fetch.url.origin) }
    further += page.lines(
      section == .resource
        ? InspectionDecision.rule(ofResource: fetch.url, isNamed: places.namedURLs(rungs).contains(fetch.url.text))
        : InspectionDecision.rule(ofServer: fetch.url))
    underWay = []
    advance()
  }

  private mutating func remember(_ look: InspectionRequestLog.Look) {
    for exchange in look.exchanges {
      guard let rung = DiscoveryProbe.Rung.of(exchange.request, to: places.server) else { continue }
      if rungs.last?.rung == rung { rungs.removeLast() }
      rungs.append((rung, exchange))
    }
  }

  // MARK: Next requests

  private mutating func advance() {
    current = nil
    while true {
      while let pending = queue.popFirst() {
        guard isWorthIt(pending) else { continue }
        guard sent < Self.limit else {
          leftOut += 1
          continue
        }
        current = pending
        return
      }
      guard let phase = phases.popFirst() else { return }
      queue = ArraySlice(pendingRequests(phase))
    }
  }

  /// False for an address that was already requested, for a host that does not answer, and for a server that answered 429.
  private func isWorthIt(_ pending: PendingRequest) -> Bool {
    switch pending {
    case .rung: rungs.last?.exchange.response?.status != 429
    case .fetch(let fetch, _): pages[fetch.url.text] == nil && !silentOrigins.contains(fetch.url.origin)
    }
  }

  private func pendingRequests(_ phase: Phase) -> [PendingRequest] {
    // A server that answered 429 gets no more requests.
    guard rungs.last?.exchange.response?.status != 429 else { return [] }
    switch phase {
    case .probe:
      guard places.probes else { return [] }
      let known = rungs.map(\.rung)
      return DiscoveryProbe.Rung.all.filter { !known.contains($0) }.map(PendingRequest.rung)
    case .resource:
      return places.resources(rungs).compactMap { place in place.fetch.map { .fetch($0, .resource) } }
    case .misplacedResource:
      guard resourcePages.allSatisfy(\.isAbsent) else { return [] }
      return places.misplacedResource.map { .fetch(places.fetch($0, .inventory), .resource) }
    case .server:
      return candidates.flatMap { candidate in
        candidate.urls.map { .fetch(places.fetch($0, candidate.provenance), .server) }
      }
    case .misplacedServer:
      return candidates.filter { pages(of: $0).allSatisfy(\.isAbsent) }.flatMap { candidate in
        places.misplaced(candidate).map { .fetch(places.fetch($0, candidate.provenance), .server) }
      }
    }
  }

  // MARK: Results

  /// In the order in which a client looks at them.
  var resourcePages: [InspectedDocument] {
    places.resources(rungs).compactMap { place in place.fetch.flatMap { pages[$0.url.text] } }
  }

  func pages(of candidate: AuthorizationServerSearch.Candidate) -> [InspectedDocument] {
    candidate.urls.compactMap { pages[$0.text] }
  }

  /// All authorization servers that the documents list.
  var candidates: [AuthorizationServerSearch.Candidate] {
    let pages = resourcePages
    // MCP 2025-03-26 is only for servers without these documents. A document that cannot be read at the moment may exist.
    let isLegacy = pages.allSatisfy(\.isAbsent) && rungs.contains { $0.exchange.asksForAuthorization }
    return places.candidates(
      pages.compactMap { $0.object.map(ProtectedResourceMetadata.init) }, isLegacy: isLegacy)
  }
}

extension DiscoveryProbe.Rung {
  static let all: [DiscoveryProbe.Rung] = [.serverDiscover, .initialize, .toolsList, .get]

  /// Which request of the probe this is. nil if it is none of them.
  static func of(_ request: HTTPRequest, to server: CheckedURL) -> DiscoveryProbe.Rung? {
    all.first { rung in
      let own = rung.request(to: server)
      return own.method == request.method && own.body == request.body && own.url == request.url
    }
  }
}
