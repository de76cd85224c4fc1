/// Everything that an inspection saw of a server, and all problems that it found.
package struct Inspection: Sendable, Equatable {
  /// The requests of discovery in their order, then the further requests.
  package var requests: [InspectedRequest]
  /// By section, the worst first.
  package private(set) var findings: [InspectionFinding]
  /// The discovered server as it would be without the problems. Only for display: no request is ever sent to it.
  package var supposed: DiscoveredServer?
  /// The section in which discovery ended.
  private let end: InspectionSection

  package init(_ survey: InspectionSurvey) {
    let named = survey.places.namedURLs(survey.rungs)
    requests = InspectionDecision.requests(survey.looks, named: named) + survey.further
    end = survey.looks.last?.purpose.section ?? .probe
    let servers = survey.candidates.map { InspectionServerReview(survey: survey, candidate: $0) }
    findings = []
    let found =
      InspectionProbeReview(server: survey.places.server, rungs: survey.rungs).findings
      + InspectionResourceReview(survey: survey).findings + servers.flatMap(\.findings)
    for finding in found { add(finding) }
    if survey.leftOut > 0 {
      add(
        InspectionFinding(
          .note, .server, .looksLeftOut, InspectionRule("1", "time and number of requests"),
          "\(survey.leftOut) more addresses were not requested",
          help: ["give it more time: --timeout 2m"]))
    }
    supposed = Self.supposed(survey, servers)
    sort()
  }

  /// Adds the result of discovery and of the choice of a client. If a client is possible, every error becomes a warning, because clients
  /// can work in spite of it.
  ///
  /// - Parameters:
  ///   - error: why no client is possible. nil if one is possible.
  ///   - isOfClient: whether discovery succeeded and the error came after it.
  package mutating func conclude(_ error: Diagnostic?, isOfClient: Bool, warnings: [Diagnostic]) {
    if var error {
      error.notes.removeAll { $0.hasPrefix("while ") }
      var verdict = InspectionFinding(error, in: isOfClient ? .client : end, at: .error)
      // The error is the first finding of its section. If a review already found it, the review's section is the right one.
      if let index = findings.firstIndex(where: { $0.isSame(verdict) }) {
        verdict = findings.remove(at: index)
        verdict.grade = .error
      }
      findings.insert(verdict, at: 0)
    } else {
      for index in findings.indices where findings[index].grade == .error { findings[index].grade = .warning }
    }
    for warning in warnings { add(InspectionFinding(warning, in: Self.section(of: warning.code))) }
    sort()
  }

  private mutating func add(_ finding: InspectionFinding) {
    guard let index = findings.firstIndex(where: { $0.isSame(finding) }) else {
      findings.append(finding)
      return
    }
    if finding.grade == .error { findings[index].grade = .error }
  }

  private mutating func sort() {
    let sections = InspectionSection.allCases
    let grades = InspectionFinding.Grade.allCases
    func rank(_ finding: InspectionFinding) -> Int {
      (sections.firstIndex(of: finding.section) ?? 0) * 8 + (grades.firstIndex(of: finding.grade) ?? 0)
    }
    findings = findings.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
      .map(\.element)
  }

  private static func section(of code: DiagnosticCode) -> InspectionSection {
    switch code {
    case .resourceIsBroader, .legacyDiscovery: .resource
    case .issuerTrailingSlash, .authorizationServerPassedOver, .pkceAssumed: .server
    default: .client
    }
  }

  /// The first authorization server that is known well enough to say what a client would be.
  private static func supposed(_ survey: InspectionSurvey, _ servers: [InspectionServerReview]) -> DiscoveredServer? {
    let places = survey.places
    let document = survey.resourcePages.first { $0.object != nil }?.object.map(ProtectedResourceMetadata.init)
    let challenge = survey.rungs.first { $0.exchange.asksForAuthorization }
      .map { ChallengeFindings($0.exchange.challenges) }
    for server in servers {
      guard let metadata = server.usable else { continue }
      let route: DiscoveredServer.Route =
        if document == nil { .legacy } else {
          challenge?.resourceMetadata.isEmpty == false ? .challenge : .wellKnownPath
        }
      return DiscoveredServer(
        resource: places.target.resource ?? places.target.trust.written, authorizationServer: server.candidate.name,
        metadata: metadata, route: route, challengeScopes: challenge?.scopes,
        resourceScopes: document?.scopesSupported)
    }
    return nil
  }
}
