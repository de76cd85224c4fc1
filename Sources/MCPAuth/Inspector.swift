package import MCPAuthCore

/// Looks at everything that a server and its authorization servers publish, for whoever runs them. It registers nothing, and sends nothing but the
/// probe and GETs of metadata documents, without credentials.
package struct Inspector: Sendable {
  /// What came of it.
  package struct Seen: Sendable {
    /// Exactly what discovery by itself comes to.
    package var discovery: Result<DiscoveredServer, DiscoveryFailure>
    /// The walk and everything beside it; not yet concluded.
    package var inspection: Inspection
  }

  private let transport: any Transport
  private let environment: DiscoveryEnvironment

  /// Seconds for a look beyond the walk: nothing depends on it.
  private static let patience = 5

  package init(transport: any Transport, environment: DiscoveryEnvironment = DiscoveryEnvironment()) {
    self.transport = transport
    self.environment = environment
  }

  /// Discovers the server as any client would, then goes on where that is safe.
  ///
  /// - Parameters:
  ///   - timeout: seconds for the discovery, and as many again for what comes after it.
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

  /// Looks at our Client ID Metadata Document.
  ///
  /// - Parameter redirectURIs: those that must be in it.
  package func check(
    _ document: ClientIDMetadataDocument, redirectURIs: [String], trust: ServerTrust
  ) async -> (verdict: ClientIDMetadataDocument.Verdict, exchange: RecordedExchange) {
    let exchange = await exchange(document.request(), over: AllowingTransport(transport, allowance: trust.allowance))
    return (document.interpret(exchange.received, redirectURIs: redirectURIs), exchange)
  }

  /// Everything that is wrong with our Client ID Metadata Document.
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
