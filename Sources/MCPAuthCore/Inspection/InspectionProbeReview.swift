/// How a server asks for authorization (RFC 9110 section 15.5.2, RFC 6750 section 3, RFC 9728 section 5.1; Discovery#Probe, Discovery#Challenges).
struct InspectionProbeReview {
  typealias Rung = (rung: DiscoveryProbe.Rung, exchange: RecordedExchange)

  let server: CheckedURL
  let rungs: [Rung]

  private var asking: [Rung] { rungs.filter { $0.exchange.asksForAuthorization } }

  var findings: [InspectionFinding] {
    challengeFindings + pointerFindings + answerFindings
  }

  // MARK: The challenge

  private var challengeFindings: [InspectionFinding] {
    var findings: [InspectionFinding] = []
    let bare = asking.filter { $0.exchange.response?.values(of: "WWW-Authenticate").isEmpty ?? false }
    if !bare.isEmpty {
      findings.add(
        .warning, .probe, .challengeMissing, .status, "401 without WWW-Authenticate: \(names(bare))",
        help: [
          "send WWW-Authenticate: Bearer resource_metadata=\"…\" with each 401: clients learn from it where to authorize"
        ])
    }
    let unreadable = asking.filter { rung in
      !(rung.exchange.response?.values(of: "WWW-Authenticate").isEmpty ?? true) && rung.exchange.challenges.isEmpty
    }
    if !unreadable.isEmpty {
      findings.add(
        .warning, .probe, .challengeUnreadable, InspectionRule("2.2", "RFC 9110 section 11.6.1"),
        "WWW-Authenticate has no challenge that can be read: \(names(unreadable))",
        help: ["write it as Bearer name=\"value\", name=\"value\""])
    }
    let challenged = asking.filter { !$0.exchange.challenges.isEmpty }
    let strange = challenged.filter { !ChallengeFindings($0.exchange.challenges).hasBearer }
    if let first = strange.first {
      let schemes = first.exchange.challenges.map { ForeignText.printable($0.scheme, limit: 32) }
      findings.add(
        .warning, .probe, .challengeNotBearer, .challenge,
        "no Bearer challenge (\(schemes.joined(separator: ", "))): \(names(strange))",
        help: ["MCP servers take bearer tokens: send a Bearer challenge"])
    }
    let forbidden = challenged.filter { $0.exchange.response?.status == 403 }
    if !forbidden.isEmpty {
      findings.add(
        .warning, .probe, .challengeStatus, InspectionRule("2.1", "RFC 6750 section 3.1"),
        "403 where 401 is expected for a request without a token: \(names(forbidden))",
        help: ["answer 401: 403 is for a token without enough permissions, and many clients stop there"])
    }
    let coded = challenged.filter { rung in
      rung.exchange.challenges.contains { $0.scheme == "bearer" && $0.parameters.contains { $0.name == "error" } }
    }
    if !coded.isEmpty {
      findings.add(
        .note, .probe, .challengeErrorCode, InspectionRule("2.2", "RFC 6750 section 3.1"),
        "the challenge has an error code though no token was sent: \(names(coded))",
        help: ["leave error out where a request has no credentials at all"])
    }
    return findings
  }

  // MARK: resource_metadata

  private var pointerFindings: [InspectionFinding] {
    var findings: [InspectionFinding] = []
    let challenged = asking.filter { !$0.exchange.challenges.isEmpty }
    let pointers = challenged.map { ChallengeFindings($0.exchange.challenges).resourceMetadata }
    let silent = zip(challenged, pointers).filter { $0.1.isEmpty }.map(\.0)
    if !silent.isEmpty {
      findings.add(
        .warning, .probe, .challengeWithoutPointer, .pointer,
        "the challenge does not say where the protected resource metadata is: \(names(silent))",
        help: ["add resource_metadata=\"URL of the document\" to it: clients of MCP 2025-06-18 look only there"])
    }
    if let several = zip(challenged, pointers).first(where: { $0.1.count > 1 }) {
      findings.add(
        .note, .probe, .severalPointers, .pointer,
        "the challenge names \(several.1.count) documents: \(several.1.prefix(4).map(CheckedURL.shown).joined(separator: ", "))",
        help: ["name one: many clients take the first, or the last"])
    }
    let named = pointers.filter { !$0.isEmpty }
    if let first = named.first, named.contains(where: { !$0.elementsEqual(first) { $0.isExactly($1) } }) {
      findings.add(
        .warning, .probe, .challengesDiffer, .pointer,
        "not all challenges name the same document: "
          + zip(challenged, pointers).map {
            "\($0.0.rung.name): \($0.1.map(CheckedURL.shown).joined(separator: ", "))"
          }
          .joined(separator: "; "),
        help: ["name the same document for every request"])
    }
    return findings
  }

  // MARK: Answers without a challenge

  private var answerFindings: [InspectionFinding] {
    var findings: [InspectionFinding] = []
    if asking.isEmpty, rungs.contains(where: { $0.exchange.response.map { $0.status < 500 } ?? false }) {
      findings.add(
        .note, .probe, .neverAsks, .status,
        "none of these requests is refused: clients do not learn that authorization is required",
        help: ["answer 401 to what needs a token, at the latest to tools/list, or leave authorization out"])
    }
    let open = rungs.filter { (200...299).contains($0.exchange.response?.status ?? 0) }
    if !open.isEmpty, !asking.isEmpty {
      findings.add(
        .note, .probe, .openMethods, .status,
        "served without authorization: \(names(open)); clients that send nothing else never learn that \(names(asking)) requires it",
        help: ["ask for authorization on every request if the server needs it for everything"])
    }
    let redirects = rungs.filter { (300...399).contains($0.exchange.response?.status ?? 0) }
    if let first = redirects.first {
      let location =
        first.exchange.response?.value(of: "Location").map { "'\(CheckedURL.shown($0))'" }
        ?? "an address that it does not name"
      findings.add(
        .warning, .probe, .serverRedirects, InspectionRule("2.1", "RFC 9110 section 15.4"),
        "the server's URL redirects to \(location): \(names(redirects)); clients do not follow a redirect of a POST",
        help: ["publish the URL that answers without a redirect: often only a trailing slash differs"])
    }
    let failing = rungs.filter { ($0.exchange.response?.status ?? 500) >= 500 }
    if !failing.isEmpty, failing.count < rungs.count {
      findings.add(
        .warning, .probe, .methodFails, InspectionRule("2.1", "RFC 9110 section 15.6"),
        "no answer, or a server error: \(names(failing))",
        help: ["answer 401 before anything else is checked"])
    }
    return findings
  }

  private func names(_ rungs: [Rung]) -> String { rungs.map(\.rung.name).joined(separator: ", ") }
}
