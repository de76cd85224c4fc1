import MCPAuthCore
import Testing

/// An inspection that uses the script of a `DiscoveryWorld`.
struct Inspected {
  var result: Result<DiscoveredServer, DiscoveryFailure>
  var inspection: Inspection
  /// Every request, in order.
  var requests: [HTTPRequest]
  /// The number of requests of the discovery walk.
  var walked: Int

  var codes: Set<String> { Set(inspection.findings.map(\.code)) }
  var errors: [String] { codes(.error) }
  var warnings: [String] { codes(.warning) }
  /// The URLs of documents that were requested in addition to the walk.
  var further: [String] { requests.dropFirst(walked).filter(\.wantsBody).map(\.url.text) }

  func codes(_ grade: InspectionFinding.Grade) -> [String] {
    inspection.findings.filter { $0.grade == grade }.map(\.code)
  }

  func finding(_ code: String, _ location: Testing.SourceLocation = #_sourceLocation) throws -> InspectionFinding {
    try #require(inspection.findings.first { $0.code == code }, "\(codes)", sourceLocation: location)
  }
}

extension DiscoveryWorld {
  private static let rungs = ["server/discover", "initialize", "tools/list"]

  /// - Parameter stopsAfter: the number of requests after the walk at which the time is over.
  func inspect(
    _ target: DiscoveryTarget = DiscoveryTarget(.remote), stopsAfter: Int = .max
  ) throws -> Inspected {
    var exchanges: [RecordedExchange] = []
    var rest = documents
    func answer(_ request: HTTPRequest) -> RecordedExchange {
      let exchange = RecordedExchange(
        request: request, received: received(request, &rest), at: Self.now, milliseconds: 7)
      exchanges.append(exchange)
      return exchange
    }
    var walk = try DiscoveryWalk(target)
    var result: Result<DiscoveredServer, DiscoveryFailure>?
    while result == nil {
      switch walk.next() {
      case .finished(let ended): result = ended
      case .probe(let probe):
        let (outcome, records) = Self.drive(probe) { answer($0).received }
        walk.receive(outcome, records: records)
      case .fetch(let fetch, _): walk.receive(Self.drive(fetch) { answer($0).received }.0)
      }
    }
    let walked = exchanges.count
    var survey = InspectionSurvey(target, exchanges)
    looks: while true {
      switch survey.next() {
      case .finished: break looks
      case .send(let request):
        guard exchanges.count - walked < stopsAfter else {
          survey.stop()
          break looks
        }
        survey.receive(answer(request))
      }
      try #require(exchanges.count < 200, "the survey does not end")
    }
    let ended = try #require(result)
    var inspection = Inspection(survey)
    switch ended {
    case .success(let found): inspection.conclude(nil, isOfClient: true, warnings: found.warnings)
    case .failure(let failure):
      inspection.conclude(failure.diagnostic, isOfClient: false, warnings: failure.warnings)
    }
    return Inspected(result: ended, inspection: inspection, requests: exchanges.map(\.request), walked: walked)
  }

  /// Answers the probe's requests by their method, however often each is sent.
  private func received(_ request: HTTPRequest, _ rest: inout [String: [Answer]]) -> Answer {
    guard request.wantsBody else {
      let method = request.body.flatMap { try? JSONParser.parse($0) }?["method"]?.string
      let index = Self.rungs.firstIndex { $0 == method } ?? 3
      return probe[min(index, probe.count - 1)]
    }
    guard var answers = rest[request.url.text], let first = answers.first else { return Self.status(404) }
    if answers.count > 1 { answers.removeFirst() }
    rest[request.url.text] = answers
    return first
  }

  private static func drive<Exchange: DiscoveryExchange>(
    _ exchange: Exchange, answer: (HTTPRequest) -> Answer
  ) -> (Exchange.Outcome, [RequestRecord]) {
    var exchange = exchange
    while true {
      switch exchange.next() {
      case .finished(let outcome): return (outcome, exchange.records)
      case .wait: exchange.waited()
      case .send(let request): exchange.receive(answer(request), now: now, jitter: 0.5)
      }
    }
  }
}
