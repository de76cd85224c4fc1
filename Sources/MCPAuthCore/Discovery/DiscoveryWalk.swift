/// Discovery from the server's URL to an authorization server whose document passed all checks (Discovery#Protected-resource-metadata,
/// Discovery#Authorization-server-metadata). It gets events, returns actions, and does no I/O.
///
/// Call `next()`, do what it says, and report the result. Repeat until `finished`. If `isShared` is true, the caller may use a document
/// that another discovery fetched, instead of fetching it again.
package struct DiscoveryWalk: Sendable {
  package enum Step: Sendable, Equatable {
    case probe(DiscoveryProbe)
    case fetch(MetadataFetch, isShared: Bool)
    case finished(Result<DiscoveredServer, DiscoveryFailure>)
  }

  private enum State {
    case probing
    case readingResource(ResourceMetadataSearch, MetadataFetch)
    case readingServer(AuthorizationServerSearch, MetadataFetch)
    case finished(Result<DiscoveredServer, DiscoveryFailure>)
  }

  package let target: DiscoveryTarget
  private let plan: AuthorizationServerPlan
  private var state = State.probing
  private var findings: DiscoveryProbe.Findings?
  private var resource: ResourceMetadataSearch.Finding?
  private var isLegacy = false
  private var warnings: [Diagnostic] = []
  /// All requests so far, the oldest first.
  package private(set) var records: [RequestRecord] = []

  /// - Throws: `no-authorization-server` if there is no address to request.
  package init(_ target: DiscoveryTarget) throws(DiscoveryFailure) {
    self.target = target
    plan = AuthorizationServerPlan(target)
    do throws(Diagnostic) {
      if target.resourceMetadata == .none { readServer(try plan.written()) }
    } catch {
      var diagnostic = error
      diagnostic.notes.append("while reading what is known of the server")
      throw DiscoveryFailure(diagnostic: diagnostic)
    }
  }

  package func next() -> Step {
    switch state {
    case .probing: .probe(DiscoveryProbe(plan.server))
    case .readingResource(_, let fetch): .fetch(fetch, isShared: false)
    case .readingServer(_, let fetch): .fetch(fetch, isShared: true)
    case .finished(let result): .finished(result)
    }
  }

  /// The document that is read after the probe, unless a challenge names another one. It may be requested while the probe is under way. nil
  /// if the walk does not begin with the probe.
  package var expectedFetch: MetadataFetch? {
    guard case .probing = state, case .fetch(let fetch) = ResourceMetadataSearch(target, named: []).step else {
      return nil
    }
    return fetch
  }

  /// Takes the result of the probe.
  ///
  /// - Parameter requested: the document that was requested while the probe was under way. If it is not the next one to read, its answer is not
  ///   used.
  package mutating func receive(
    _ outcome: DiscoveryProbe.Outcome, records: [RequestRecord], requested: MetadataFetch? = nil
  ) {
    guard case .probing = state else { return }
    self.records += records
    switch outcome {
    case .failed(let diagnostic, let retryAfter):
      if let requested { self.records.append(.unused(requested, because: "the probe failed")) }
      fail(diagnostic, during: Self.probingWords, retryAfter: retryAfter)
    case .answered(let findings):
      self.findings = findings
      let search = ResourceMetadataSearch(target, named: findings.challenges.resourceMetadata)
      if let requested, search.step != .fetch(requested) {
        self.records.append(.unused(requested, because: "a challenge names another document"))
      }
      follow(search)
    }
  }

  /// Takes the result of the fetch.
  package mutating func receive(_ answer: MetadataAnswer) {
    switch state {
    case .readingResource(var search, _):
      record(answer, concluded: search.receive(answer))
      follow(search)
    case .readingServer(var search, _):
      record(answer, concluded: search.receive(answer))
      follow(search)
    case .probing, .finished: return
    }
  }

  /// Ends discovery from outside, because its time is up or it was cancelled.
  ///
  /// - Parameter records: the requests that are under way.
  package func stopped(_ diagnostic: Diagnostic, records: [RequestRecord]) -> DiscoveryFailure {
    var failure = DiscoveryFailure(diagnostic: diagnostic, warnings: warnings)
    failure.diagnostic.notes.append("while \(stepInWords)")
    failure.diagnostic.requests = self.records + records
    return failure
  }

  /// The current step in words: "probing the server".
  package var stepInWords: String {
    switch state {
    case .probing: Self.probingWords
    case .readingResource: Self.resourceWords
    case .readingServer: Self.serverWords
    case .finished: "finishing"
    }
  }

  private static let probingWords = "probing the server"
  private static let resourceWords = "reading the protected resource metadata"
  private static let serverWords = "reading the authorization server metadata"

  // MARK: The steps

  private mutating func follow(_ search: ResourceMetadataSearch) {
    switch search.step {
    case .fetch(let fetch): state = .readingResource(search, fetch)
    case .found(let finding):
      resource = finding
      warnings += finding.warnings
      readServer(plan.listed(finding))
    case .failed(let diagnostic, let retryAfter):
      fail(diagnostic, during: Self.resourceWords, retryAfter: retryAfter)
    case .nothing(let denied):
      guard let findings, findings.asksForAuthorization else {
        fail(
          plan.noAuthRequired(hasSuccess: findings?.hasSuccess ?? false, wasDenied: denied), during: Self.resourceWords)
        return
      }
      isLegacy = true
      readServer([plan.legacy()])
    }
  }

  private mutating func follow(_ search: AuthorizationServerSearch) {
    switch search.step {
    case .fetch(let fetch): state = .readingServer(search, fetch)
    case .found(let finding):
      warnings += search.warnings
      if isLegacy { warnings.append(plan.legacyWarning(guessed: false)) }
      succeed(finding.authorizationServer, finding.metadata)
    case .failed(let diagnostic, let retryAfter, let isAbsence):
      warnings += search.warnings
      if isLegacy, isAbsence, target.metadataURL == nil {
        guess(after: diagnostic)
      } else {
        fail(diagnostic, during: Self.serverWords, retryAfter: retryAfter)
      }
    }
  }

  private mutating func readServer(_ candidates: [AuthorizationServerSearch.Candidate]) {
    follow(AuthorizationServerSearch(candidates, target))
  }

  /// Discovery#Servers-without-metadata: there is no document. Uses the endpoints of MCP 2025-03-26 if a challenge was `Bearer`.
  private mutating func guess(after diagnostic: Diagnostic) {
    do throws(Diagnostic) {
      let metadata = try plan.guessed(hasBearer: findings?.challenges.hasBearer ?? false)
      warnings.append(plan.legacyWarning(guessed: true))
      succeed(metadata.issuer, metadata)
    } catch {
      fail(error, during: Self.serverWords)
    }
  }

  private mutating func succeed(_ authorizationServer: String, _ metadata: AuthorizationServerMetadata) {
    let route: DiscoveredServer.Route = isLegacy ? .legacy : resource?.route ?? .inventory
    state = .finished(
      .success(
        DiscoveredServer(
          resource: resource?.resource ?? target.resource ?? target.trust.written,
          authorizationServer: authorizationServer, metadata: metadata, route: route,
          challengeScopes: findings?.challenges.scopes, resourceScopes: resource?.scopes, warnings: warnings,
          requests: records)))
  }

  private mutating func fail(_ diagnostic: Diagnostic, during step: String, retryAfter: Int? = nil) {
    var diagnostic = diagnostic
    diagnostic.notes.append("while \(step)")
    diagnostic.requests = records
    state = .finished(.failure(DiscoveryFailure(diagnostic: diagnostic, warnings: warnings, retryAfter: retryAfter)))
  }

  private mutating func record(_ answer: MetadataAnswer, concluded note: String?) {
    var records = answer.records
    if let note, let last = records.indices.last { records[last].note = note }
    self.records += records
  }
}

extension RequestRecord {
  /// A document that was requested while the probe was under way, and is not needed.
  fileprivate static func unused(_ fetch: MetadataFetch, because why: String) -> RequestRecord {
    RequestRecord(method: "GET", url: fetch.url.redacted, note: "not used: \(why)")
  }
}
