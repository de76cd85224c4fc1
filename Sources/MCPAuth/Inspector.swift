package import MCPAuthCore

/// Inspects everything that a server and its authorization servers publish, for the operators of these servers. It registers nothing. It sends only
/// the probe and GET requests for metadata documents, without credentials.
package struct Inspector: Sendable {
  /// The result of an inspection.
  package struct Seen: Sendable {
    /// Exactly the result that discovery alone returns.
    package var discovery: Result<DiscoveredServer, DiscoveryFailure>
    /// The walk and all additional requests, before conclusions are drawn.
    package var inspection: Inspection
  }

  private let transport: any Transport
  private let environment: DiscoveryEnvironment

  /// Seconds for one request beyond the walk. No result depends on such a request.
  private static let patience = 5

  package init(transport: any Transport, environment: DiscoveryEnvironment = DiscoveryEnvironment()) {
    self.transport = transport
    self.environment = environment
  }

  /// Discovers the server as any client would, then continues with the requests that are safe.
  ///
  /// - Parameters:
  ///   - timeout: seconds for the discovery, and the same number of seconds for the requests after it.
  package func inspect(_ target: DiscoveryTarget, timeout: Int = 30) async -> Seen {
    let recorder = RecordingTransport(transport, environment: environment)
    let discovery = await Discoverer(transport: recorder, environment: environment)
      .discover(target, timeout: timeout)
    var survey = InspectionSurvey(target, recorder.exchanges)
    let looking = AllowingTransport(transport, allowance: target.trust.allowance)
    let start = environment.uptime()
    looks: while true {
      switch survey.next() {
      case .finished: break looks
      case .send(var request):
        let left = timeout * 1000 - (environment.uptime() - start)
        guard left > 0, !Task.isCancelled else {
          survey.stop()
          break looks
        }
        request.timeout = min(Self.patience, (left + 999) / 1000)
        survey.receive(await exchange(request, over: looking))
      }
    }
    return Seen(discovery: discovery, inspection: Inspection(survey))
  }

  /// Fetches and checks the client's own Client ID Metadata Document.
  ///
  /// - Parameter redirectURIs: the redirect URIs that the document must contain.
  package func check(
    _ document: ClientIDMetadataDocument, redirectURIs: [String], trust: ServerTrust
  ) async -> (verdict: ClientIDMetadataDocument.Verdict, exchange: RecordedExchange) {
    let exchange = await exchange(document.request(), over: AllowingTransport(transport, allowance: trust.allowance))
    return (document.interpret(exchange.received, redirectURIs: redirectURIs), exchange)
  }

  /// Returns everything that is wrong with the client's own Client ID Metadata Document.
  package func review(_ document: ClientIDMetadataDocument, redirectURIs: [String]) async -> [Diagnostic] {
    var allowance = AddressAllowance.none
    allowance.loopback = document.isOnLoopback
    let exchange = await exchange(document.request(), over: AllowingTransport(transport, allowance: allowance))
    return document.review(exchange.received, redirectURIs: redirectURIs)
  }

  private func exchange(_ request: HTTPRequest, over transport: AllowingTransport) async -> RecordedExchange {
    let start = environment.uptime()
    let received = await transport.result(of: request)
    return RecordedExchange(
      request: request, received: received, at: environment.now(), milliseconds: environment.uptime() - start)
  }
}
