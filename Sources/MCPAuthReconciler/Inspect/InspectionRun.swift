package import MCPAuth
package import MCPAuthCore
package import MCPAuthPlan

/// What `inspect` inspects, and with which client.
package struct InspectionOrder: Sendable {
  package var trust: ServerTrust
  package var client: ClientMetadata
  package var issuer: String?
  package var resource: String?
  package var caFile: String?
  /// Seconds for the discovery. The further requests have the same limit again.
  package var timeout = 30

  package init(_ trust: ServerTrust, client: ClientMetadata) {
    self.trust = trust
    self.client = client
  }
}

/// The result of `inspect`.
package struct InspectionResult: Sendable {
  package var url: String
  package var inspection: Inspection
  /// Why no client can be registered, in the words of `plan`; nil when one can.
  package var error: Diagnostic?
  /// The client that would be registered. If none can be registered: the client that a corrected server would give, as far as that is known.
  package var outlook: ClientForecast?
  /// Whether a signal came.
  package var isInterrupted = false

  package var isHypothetical: Bool { error != nil }
}

/// Runs discovery and decides as `plan` does, and sends further requests.
package struct InspectionRun: Sendable {
  let inspector: Inspector
  let now: Timestamp

  package init(inspector: Inspector, now: Timestamp) {
    self.inspector = inspector
    self.now = now
  }

  package func result(_ order: InspectionOrder) async -> InspectionResult {
    let server = InspectedServer(
      trust: order.trust, client: order.client, issuer: order.issuer, resource: order.resource, now: now)
    let seen = await inspector.inspect(server.target, timeout: order.timeout)
    var result = InspectionResult(url: order.trust.written, inspection: seen.inspection)
    switch seen.discovery {
    case .failure(let failure):
      result.error = failure.diagnostic
      result.isInterrupted = failure.diagnostic.code == .interrupted
      result.inspection.conclude(failure.diagnostic, isOfClient: false, warnings: failure.warnings)
    case .success(let found):
      var verdict: ClientIDMetadataDocument.Verdict?
      if let (document, redirectURIs) = server.clientMetadataDocument(found) {
        let look = await inspector.check(document, redirectURIs: redirectURIs, trust: order.trust)
        verdict = look.verdict
        result.inspection.requests.append(.clientDocument(look.exchange, look.verdict))
      }
      let (outlook, warnings) = server.outlook(found, clientMetadata: verdict)
      switch outlook {
      case .success(let client):
        result.outlook = client
        result.inspection.conclude(nil, isOfClient: true, warnings: warnings)
      case .failure(let error):
        result.error = error
        result.inspection.conclude(error, isOfClient: true, warnings: warnings)
      }
    }
    if result.outlook == nil, let supposed = seen.inspection.supposed,
      case .success(let client) = server.outlook(supposed, clientMetadata: nil).0
    {
      result.outlook = client
    }
    return result
  }
}
