import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// What `inspect` is to look at, and as whom.
struct InspectionOrder: Sendable {
  var url: String
  var client: ClientMetadata
  var issuer: String?
  var resource: String?
  var allowPrivate: [String] = []
  var caFile: String?
  /// Seconds for the discovery, and again for the further looks.
  var timeout = 30
}

/// What `inspect` came to.
struct InspectionResult: Sendable {
  var url: String
  var inspection: Inspection
  /// Why no client can be had: exactly what `plan` would say; nil when one can.
  var error: Diagnostic?
  /// The client; where none can be had, the one that there would be if the server were put right, as far as that is known.
  var outlook: ClientForecast?
  /// A signal came.
  var isInterrupted = false

  var isHypothetical: Bool { error != nil }
}

/// Discovers as `plan` does, looks further, and decides as `plan` does.
struct InspectionRun: Sendable {
  let inspector: Inspector
  let now: Timestamp

  /// - Throws: `invalid-url`, `insecure-url`: nothing was asked.
  func result(_ order: InspectionOrder) async throws(Diagnostic) -> InspectionResult {
    let server = InspectedServer(
      url: order.url, client: order.client, issuer: order.issuer, resource: order.resource,
      allowPrivate: order.allowPrivate, now: now)
    let seen = try await inspector.inspect(server.target, allowance: server.allowance, timeout: order.timeout)
    var result = InspectionResult(url: order.url, inspection: seen.inspection)
    switch seen.discovery {
    case .failure(let failure):
      result.error = failure.diagnostic
      result.isInterrupted = failure.diagnostic.code == .interrupted
      result.inspection.conclude(failure.diagnostic, isOfClient: false, warnings: failure.warnings)
    case .success(let found):
      var verdict: ClientIDMetadataDocument.Verdict?
      if let (document, redirectURIs) = server.clientMetadataDocument(found) {
        let look = await inspector.check(document, redirectURIs: redirectURIs, allowance: server.allowance)
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
