/// A line of the inspection: a request, its answer, the decision, and the rule behind the decision.
package struct InspectedRequest: Sendable, Equatable {
  package var section: InspectionSection
  package var method: String
  /// The URL without its query values.
  package var url: String
  /// nil if no answer arrived.
  package var status: Int?
  /// As the server sent it, made printable.
  package var contentType: String?
  /// The target of a redirect, without query values, made printable.
  package var location: String?
  package var milliseconds: Int
  /// The class of the answer: `absent: not JSON`.
  package var note: String
  /// The next action: `the next address is asked`.
  package var decision: String
  package var rule: InspectionRule
  /// Whether the request was made only to find more problems. Clients do not make it, and no decision depends on it.
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
    // The findings contain the complete problem of a document, so the note is short.
    self.note = note.hasPrefix("invalid: ") ? "invalid" : note
    self.decision = decision
    self.rule = rule
    self.isFurther = isFurther
  }

  /// The line for the request of the user's own Client ID Metadata Document.
  package static func clientDocument(
    _ exchange: RecordedExchange, _ verdict: ClientIDMetadataDocument.Verdict
  ) -> InspectedRequest {
    let (note, decision) =
      switch verdict {
      case .valid: ("the client's own document", "it is the client: nothing is registered")
      case .invalid: ("the client's own document, which is not valid", "no server would accept it")
      case .unverified: ("the client's own document", "it could not be read from here")
      }
    return InspectedRequest(.client, exchange, note: note, decision: decision, .clientDocument)
  }
}
