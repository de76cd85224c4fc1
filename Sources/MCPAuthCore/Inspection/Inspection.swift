/// All that was seen of a server, and all that is wrong with it.
package struct Inspection: Sendable, Equatable {
  /// In the order of the walk, then what was looked at beyond it.
  package var requests: [InspectedRequest]
  /// By section, the worst first.
  package private(set) var findings: [InspectionFinding]
  /// What a client would find if what is wrong were put right: only for showing, never to be asked anything of.
  package var supposed: DiscoveredServer?
  /// Where the walk came to its end.
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
          "\(survey.leftOut) more addresses could have been looked at, and were not",
          help: ["give it more time: --timeout 2m"]))
    }
    supposed = Self.supposed(survey, servers)
    sort()
  }

  /// Adds what discovery, and the choice of a client, came to. Where a client can be had nothing is an error: clients get past it.
  ///
  /// - Parameters:
  ///   - error: why there can be no client; nil when there can.
  ///   - isOfClient: whether discovery went well, and the error came after it.
  package mutating func conclude(_ error: Diagnostic?, isOfClient: Bool, warnings: [Diagnostic]) {
    if var error {
      error.notes.removeAll { $0.hasPrefix("while ") }
      var verdict = InspectionFinding(error, in: isOfClient ? .client : end, at: .error)
      // It comes first, in its section; found by a review, it is that of the right one.
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

  /// The first authorization server of which enough is known to say what a client would be.
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
