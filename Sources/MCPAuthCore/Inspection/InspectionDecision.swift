/// Describes the decision after each request of discovery, and the rule behind it.
enum InspectionDecision {
  /// The lines for all requests of discovery.
  static func requests(_ looks: [InspectionRequestLog.Look], named: Set<String>) -> [InspectedRequest] {
    looks.enumerated().flatMap { index, look in
      let next = index + 1 < looks.count ? looks[index + 1] : nil
      return switch look.purpose {
      case .probe: probe(look)
      case .resource(let fetch):
        fetched(
          look, next, .resource, rule(ofResource: fetch.url, isNamed: named.contains(fetch.url.text)),
          isNamed: named.contains(fetch.url.text))
      case .server(let fetch): fetched(look, next, .server, rule(ofServer: fetch.url), isNamed: false)
      }
    }
  }

  static func rule(ofResource url: CheckedURL, isNamed: Bool) -> InspectionRule {
    isNamed ? InspectionRule("2.3", "RFC 9728 section 5.1") : .wellKnownResource
  }

  static func rule(ofServer url: CheckedURL) -> InspectionRule {
    if url.path.hasPrefix("/.well-known/openid-configuration/") { return InspectionRule("3", "RFC 8414 section 5") }
    if url.path.hasSuffix("/.well-known/openid-configuration") {
      return InspectionRule("3", "OpenID Connect Discovery 1.0 section 4.1")
    }
    return .wellKnownServer
  }

  // MARK: The probe

  private static func probe(_ look: InspectionRequestLog.Look) -> [InspectedRequest] {
    zip(look.exchanges, look.records).enumerated().map { index, pair in
      let (exchange, record) = pair
      let isLast = index == look.exchanges.count - 1
      return InspectedRequest(
        .probe, exchange, note: record.note ?? "", decision: decision(exchange, look.outcome, isLast: isLast),
        exchange.asksForAuthorization ? .status : InspectionRule("2.1", "MCP 2026-07-28 authorization, discovery"))
    }
  }

  private static func decision(
    _ exchange: RecordedExchange, _ outcome: DiscoveryProbe.Outcome?, isLast: Bool
  ) -> String {
    guard isLast else { return exchange.response?.status == 429 ? "asked again after a while" : "the next one is sent" }
    switch outcome {
    case .answered(let findings):
      if !findings.asksForAuthorization {
        return "none asked for authorization; metadata is requested nevertheless"
      }
      return findings.challenges.resourceMetadata.isEmpty
        ? "the probe ends; metadata is requested at the well-known addresses"
        : "the probe ends; metadata is where the challenge says"
    case .failed(let diagnostic, _): return "discovery stops: \(diagnostic.code.rawValue)"
    case nil: return "discovery ended here: its time was up"
    }
  }

  // MARK: Documents

  private static func fetched(
    _ look: InspectionRequestLog.Look, _ next: InspectionRequestLog.Look?, _ section: InspectionSection,
    _ rule: InspectionRule,
    isNamed: Bool
  ) -> [InspectedRequest] {
    zip(look.exchanges, look.records).enumerated().map { index, pair in
      let (exchange, record) = pair
      let isLast = index == look.exchanges.count - 1
      let decision =
        if !isLast {
          (300...399).contains(exchange.response?.status ?? 0) ? "followed" : "asked again after a while"
        } else {
          ending(look, record, next, section, isNamed: isNamed)
        }
      return InspectedRequest(section, exchange, note: record.note ?? "", decision: decision, rule)
    }
  }

  private static func ending(
    _ look: InspectionRequestLog.Look, _ record: RequestRecord, _ next: InspectionRequestLog.Look?,
    _ section: InspectionSection, isNamed: Bool
  ) -> String {
    guard let answer = look.answer else { return "discovery ended here: its time was up" }
    let goesOn = next?.purpose.section == section
    switch answer.outcome {
    case .object where record.note == "found":
      return section == .resource
        ? "this is the resource; its authorization servers are asked" : "this is the authorization server"
    case .object, .invalid:
      if goesOn { return section == .resource ? "the next one is tried" : "skipped; the next one is asked" }
      return "nothing is sent to what it names, and discovery stops"
    case .absent, .denied:
      if goesOn { return isNamed ? "the next one that is named is tried" : "the next address is asked" }
      if isNamed { return "no other address is tried if a challenge names a document" }
      if section == .resource {
        return next == nil
          ? "there is no protected resource metadata"
          : "there is no protected resource metadata; the server's own origin is asked, as in MCP 2025-03-26"
      }
      return "no further address may be asked"
    case .transient(let diagnostic, _): return "discovery stops: \(diagnostic.code.rawValue)"
    }
  }
}
