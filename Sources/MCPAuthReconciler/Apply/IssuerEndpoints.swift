import MCPAuth
import MCPAuthCore
import MCPAuthPlan

/// The endpoints of the issuers of orphans. A line of the orphans' list and its record may come from another person, so the endpoints in a record are
/// used only if a lock entry of the same issuer or the issuer's metadata confirms them. The metadata of an issuer is fetched once per run.
actor IssuerEndpoints {
  /// Endpoints that are confirmed.
  struct Endpoints: Sendable, Equatable {
    var registration: String
    var token: String
  }

  private struct Key: Hashable {
    var issuer: String
    var allowance: AddressAllowance
  }

  private let entries: [LockEntry]
  private let discoverer: Discoverer
  private let timeout: Int
  private var fetches: [Key: Task<Result<Endpoints, Diagnostic>, Never>] = [:]

  /// - Parameter entries: of the lock file, as it was when the run began and as it is now.
  init(_ context: ReconcilerContext, entries: [LockEntry]) {
    self.entries = entries
    discoverer = Discoverer(
      transport: DiscoveredTransport(base: context.transport), environment: DiscoveryEnvironment(now: context.now))
    timeout = context.discoveryTimeout
  }

  /// The confirmed endpoints of the issuer to which the record's management token may be sent: the registration endpoint has the origin of the
  /// `registration_client_uri`.
  ///
  /// - Throws: `invalid-url`, `insecure-url` for the URL of the record; `client-left-behind` with the reason if nothing confirms it.
  func confirmed(for record: SecretRecord, trust: ServerTrust) async throws(Diagnostic) -> Endpoints {
    let uri = try trust.endpoint(record.registrationClientURI ?? "", called: "registration_client_uri")
    let isConfirmed: (Endpoints) -> Bool = { endpoints in
      guard let endpoint = try? trust.endpoint(endpoints.registration, called: "registration endpoint") else {
        return false
      }
      return endpoint.origin == uri.origin
    }
    let locked = entries.compactMap { entry -> Endpoints? in
      guard let endpoints = entry.endpoints, endpoints.issuer == record.issuer,
        let registration = endpoints.registrationEndpoint
      else { return nil }
      return Endpoints(registration: registration, token: endpoints.tokenEndpoint)
    }
    let own = record.entry.tokenEndpoint
    let matching = locked.filter(isConfirmed)
    if let endpoints = matching.first(where: { $0.token == own }) ?? matching.first { return endpoints }
    switch await discovered(record.issuer, trust) {
    case .success(let endpoints):
      if isConfirmed(endpoints) { return endpoints }
      throw Self.unconfirmed("they are not those of its issuer")
    case .failure(let diagnostic):
      throw Self.unconfirmed(diagnostic.message)
    }
  }

  private func discovered(_ issuer: String, _ trust: ServerTrust) async -> Result<Endpoints, Diagnostic> {
    let key = Key(issuer: issuer, allowance: trust.allowance)
    let fetch =
      fetches[key]
      ?? Task { [discoverer, timeout] in
        await Self.fetch(issuer, trust, discoverer, timeout: timeout)
      }
    fetches[key] = fetch
    return await withTaskCancellationHandler {
      await fetch.value
    } onCancel: {
      fetch.cancel()
    }
  }

  private static func fetch(
    _ issuer: String, _ trust: ServerTrust, _ discoverer: Discoverer, timeout: Int
  ) async -> Result<Endpoints, Diagnostic> {
    // No user signs in by these endpoints, so it does not matter whether they support S256.
    let target = DiscoveryTarget(trust, resourceMetadata: .none, issuer: issuer, assumesS256: true)
    switch await discoverer.discover(target, timeout: timeout) {
    case .success(let found):
      guard let registration = found.metadata.registrationEndpoint else {
        return .failure(unconfirmed("its issuer names no registration endpoint"))
      }
      return .success(Endpoints(registration: registration, token: found.metadata.tokenEndpoint))
    case .failure(let failure):
      return .failure(failure.diagnostic)
    }
  }

  private static func unconfirmed(_ why: String) -> Diagnostic {
    Diagnostic(.error, .clientLeftBehind, "its endpoints are not confirmed: \(why)")
  }
}

/// Sends requests as to URLs that a server named. The issuer of an orphan is not in the inventory, so it may not lead to a private address.
private struct DiscoveredTransport: Transport {
  let base: any Transport

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    var request = request
    request.provenance = .discovered
    return try await base.send(request)
  }
}
