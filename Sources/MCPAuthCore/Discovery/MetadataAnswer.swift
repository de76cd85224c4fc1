/// What came of a metadata GET in the end, redirects and further tries included: its class (Discovery#Classes-of-answer).
package struct MetadataAnswer: Sendable, Equatable {
  package enum Outcome: Sendable, Equatable {
    /// A JSON object; whether its members are right is for its reader.
    case object(JSONObject)
    /// Nothing is there; why. A redirect that is not followed counts as that.
    case absent(String, isRedirect: Bool)
    /// 401 or 403.
    case denied(status: Int)
    /// Something is there, and it is not to be used: too large, too deep, a blocked address.
    case invalid(Diagnostic)
    /// It failed for the moment; `retryAfter` in seconds, when the server says so.
    case transient(Diagnostic, retryAfter: Int?)
  }

  package var outcome: Outcome
  /// Every request, oldest first, the last one's note naming the class.
  package var records: [RequestRecord]

  package init(_ outcome: Outcome, records: [RequestRecord]) {
    self.outcome = outcome
    self.records = records
  }

  /// Whether it says something of the server rather than of the moment: only then is it an answer for everybody who asks.
  package var isSettled: Bool {
    if case .transient = outcome { false } else { true }
  }
}
