/// An address that was requested for a document, during discovery or afterwards.
struct InspectedDocument: Sendable, Equatable {
  var section: InspectionSection
  var url: CheckedURL
  /// At least one exchange, unless the address was never requested.
  var exchanges: [RecordedExchange]
  var records: [RequestRecord]
  /// nil: the request failed temporarily and was not repeated.
  var answer: MetadataAnswer?
  var isFurther: Bool

  /// The JSON object, if the answer is a document.
  var object: JSONObject? {
    if case .object(let object) = answer?.outcome { object } else { nil }
  }

  /// Whether there is no usable document.
  var isAbsent: Bool {
    switch answer?.outcome {
    case .absent, .denied: true
    case .object, .invalid, .transient, nil: false
    }
  }

  var lastResponse: HTTPResponse? { exchanges.last?.response }

  /// The lines for a request that discovery itself did not make.
  func lines(_ rule: InspectionRule) -> [InspectedRequest] {
    zip(exchanges, records).map { exchange, record in
      let isDocument = object != nil && exchange == exchanges.last
      return InspectedRequest(
        section, exchange, note: record.note ?? "",
        decision: isDocument
          ? "its members are checked; it does not change the result" : "it does not change the result", rule,
        isFurther: true)
    }
  }
}

/// The checks that apply to every document (Discovery#Classes-of-answer).
struct InspectedDocumentReview {
  let section: InspectionSection
  let rule: InspectionRule
  /// The name of the document in messages.
  let name: String

  func findings(_ pages: [InspectedDocument]) -> [InspectionFinding] {
    var findings: [InspectionFinding] = []
    for page in pages { findings += own(page) }
    let pagesOfHTML = pages.filter { $0.isAbsent && $0.lastResponse?.status == 200 }
    if !pagesOfHTML.isEmpty {
      findings.add(
        .warning, section, .notJSON, rule,
        "200 without a JSON object where \(name) is requested: \(Self.list(pagesOfHTML))",
        help: [
          "answer 404 where there is no document: some clients read a page that is sent for every address (as in single-page applications) as one"
        ])
    }
    let denied = pages.filter { if case .denied = $0.answer?.outcome { true } else { false } }
    if !denied.isEmpty {
      findings.add(
        .warning, section, .metadataDenied, rule,
        "\(name) is requested without credentials, and is refused: \(Self.list(denied))",
        help: [
          "serve the well-known addresses to everybody, or answer 404 there: look for a firewall or a middleware"
        ])
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
        findings.add(
          .warning, section, .contentType, rule,
          "\(url) is sent with \(type.map { "Content-Type '\($0)'" } ?? "no Content-Type"): application/json is expected",
          help: ["send Content-Type: application/json"])
      }
      if let first = page.exchanges.first?.response, first.status != 200 {
        findings.add(
          .note, section, .metadataRedirected, rule, "\(url) redirects to the document; not every client follows",
          help: ["serve the document at \(url) itself"])
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
      return [failed(Diagnostic(.warning, .unreachable, "\(url) could not be read: \(note)"))]
    case .absent, .denied: return []
    }
  }

  private func failed(_ diagnostic: Diagnostic) -> InspectionFinding {
    InspectionFinding(diagnostic, in: section, at: .warning)
  }

  static func list(_ pages: [InspectedDocument]) -> String { pages.map(\.url.redacted).joined(separator: ", ") }
}
