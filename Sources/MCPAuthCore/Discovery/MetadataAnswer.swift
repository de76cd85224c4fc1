/// The final result of a metadata GET, after redirects and retries: its class (Discovery#Classes-of-answer).
package struct MetadataAnswer: Sendable, Equatable {
  package enum Outcome: Sendable, Equatable {
    /// A JSON object. The reader of the object checks its members.
    case object(JSONObject)
    /// There is no document; the text says why. A redirect that is not followed belongs here too.
    case absent(String, isRedirect: Bool)
    /// 401 or 403.
    case denied(status: Int)
    /// There is an answer, but it must not be used: it is too large, too deep, or at a blocked address.
    case invalid(Diagnostic)
    /// A temporary failure. `retryAfter` is in seconds, if the server says so.
    case transient(Diagnostic, retryAfter: Int?)
  }

  package var outcome: Outcome
  /// All requests, the oldest first. The note of the last one names the class.
  package var records: [RequestRecord]

  package init(_ outcome: Outcome, records: [RequestRecord]) {
    self.outcome = outcome
    self.records = records
  }

  /// Whether the answer describes the server and not a temporary condition. Only then it is valid for all users of this document.
  package var isSettled: Bool {
    if case .transient = outcome { false } else { true }
  }
}
