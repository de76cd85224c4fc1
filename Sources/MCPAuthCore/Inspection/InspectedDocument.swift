/// An address that was asked for a document, by the walk or beyond it.
struct InspectedDocument: Sendable, Equatable {
  var section: InspectionSection
  var url: CheckedURL
  /// At least one, unless it was never asked.
  var exchanges: [RecordedExchange]
  var records: [RequestRecord]
  /// nil: it failed for the moment, and was not asked again.
  var answer: MetadataAnswer?
  var isFurther: Bool

  /// Of an answer that is a document.
  var object: JSONObject? {
    if case .object(let object) = answer?.outcome { object } else { nil }
  }

  /// Whether nothing usable is there.
  var isAbsent: Bool {
    switch answer?.outcome {
    case .absent, .denied: true
    case .object, .invalid, .transient, nil: false
    }
  }

  var lastResponse: HTTPResponse? { exchanges.last?.response }

  /// The lines of a look beyond the walk.
  func lines(_ rule: InspectionRule) -> [InspectedRequest] {
    zip(exchanges, records).map { exchange, record in
      let isDocument = object != nil && exchange == exchanges.last
      return InspectedRequest(
        section, exchange, note: record.note ?? "",
        decision: isDocument ? "its members are looked at; nothing is decided by it" : "nothing is decided by it", rule,
        isFurther: true)
    }
  }
}

/// What can be wrong with any of several pages, whatever the document (Discovery#Classes-of-answer).
struct InspectedDocumentReview {
  let section: InspectionSection
  let rule: InspectionRule
  /// How messages call a document.
  let name: String

  func findings(_ pages: [InspectedDocument]) -> [InspectionFinding] {
    var findings: [InspectionFinding] = []
    for page in pages { findings += own(page) }
    let pagesOfHTML = pages.filter { $0.isAbsent && $0.lastResponse?.status == 200 }
    if !pagesOfHTML.isEmpty {
      findings.append(
        InspectionFinding(
          .warning, section, .notJSON, rule,
          "200 with no JSON object where \(name) is looked for: \(Self.list(pagesOfHTML))",
          help: [
            "answer 404 where there is no document: a page for every address (as single-page applications have) is taken for one by some clients"
          ]))
    }
    let denied = pages.filter { if case .denied = $0.answer?.outcome { true } else { false } }
    if !denied.isEmpty {
      findings.append(
        InspectionFinding(
          .warning, section, .metadataDenied, rule,
          "\(name) is looked for without credentials, and is refused: \(Self.list(denied))",
          help: [
            "serve the well-known addresses to everybody, or answer 404 there: look for a firewall or a middleware"
          ]
        ))
    }
    return findings
  }

  private func own(_ page: InspectedDocument) -> [InspectionFinding] {
    let url = page.url.redacted
    switch page.answer?.outcome {
    case .object:
      var findings: [InspectionFinding] = []
      let type = page.lastResponse?.contentType
      if type != "application/json" {
        findings.append(
          InspectionFinding(
            .warning, section, .contentType, rule,
            "\(url) is sent as \(type.map { "'\($0)'" } ?? "nothing in particular"): application/json is due",
            help: ["send Content-Type: application/json"]))
      }
      if let first = page.exchanges.first?.response, first.status != 200 {
        findings.append(
          InspectionFinding(
            .note, section, .metadataRedirected, rule, "\(url) redirects to the document; not every client follows",
            help: ["serve the document at \(url) itself"]))
      }
      return findings
    case .absent(let why, isRedirect: true):
      return [
        InspectionFinding(
          Diagnostic(
            .warning, .redirectRefused, "\(url): \(why)",
            help: ["serve \(name) itself there, or answer 404"]), in: section)
      ]
    case .invalid(let diagnostic): return [InspectionFinding(diagnostic, in: section)]
    case .transient(let diagnostic, _): return page.isFurther ? [failed(diagnostic)] : []
    case nil:
      guard let note = page.records.last?.note, page.isFurther else { return [] }
      return [failed(Diagnostic(.warning, .unreachable, "\(url) could not be looked at: \(note)"))]
    case .absent, .denied: return []
    }
  }

  private func failed(_ diagnostic: Diagnostic) -> InspectionFinding {
    InspectionFinding(diagnostic, in: section, at: .warning)
  }

  static func list(_ pages: [InspectedDocument]) -> String { pages.map(\.url.redacted).joined(separator: ", ") }
}
