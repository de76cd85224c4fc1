/// A line of the inspection: a request, its answer, what was decided by it, and by which rule.
package struct InspectedRequest: Sendable, Equatable {
  package var section: InspectionSection
  package var method: String
  /// Without its query values.
  package var url: String
  /// nil when no answer came.
  package var status: Int?
  /// As the server sent it, made printable.
  package var contentType: String?
  /// Where a redirect leads, without query values; made printable.
  package var location: String?
  package var milliseconds: Int
  /// What it was: `absent: not JSON`.
  package var note: String
  /// What was done then: `the next address is asked`.
  package var decision: String
  package var rule: InspectionRule
  /// Whether it was made only to see what else there is: no client makes it, and nothing was decided by it.
  package var isFurther: Bool

  init(
    _ section: InspectionSection, _ exchange: RecordedExchange, note: String, decision: String, _ rule: InspectionRule,
    isFurther: Bool = false
  ) {
    self.section = section
    method = exchange.request.method.rawValue
    url = exchange.request.url.redacted
    let response = exchange.response
    status = response?.status
    contentType = response?.contentType
    if let response, (300...399).contains(response.status) {
      location = response.value(of: "Location").map(CheckedURL.shown)
    }
    milliseconds = exchange.milliseconds
    // What is wrong with a document stands among the findings, whole.
    self.note = note.hasPrefix("invalid: ") ? "invalid" : note
    self.decision = decision
    self.rule = rule
    self.isFurther = isFurther
  }

  /// The look at our own Client ID Metadata Document.
  package static func clientDocument(
    _ exchange: RecordedExchange, _ verdict: ClientIDMetadataDocument.Verdict
  ) -> InspectedRequest {
    let (note, decision) =
      switch verdict {
      case .valid: ("the client's own document", "it is the client: nothing is registered")
      case .invalid: ("the client's own document, and wrong", "no server would take it")
      case .unverified: ("the client's own document", "it could not be looked at from here")
      }
    return InspectedRequest(.client, exchange, note: note, decision: decision, .clientDocument)
  }
}
