/// One message for the user: a mistake in the user's files, a failure of the environment, or a warning.
///
/// All modules use this type for their messages. It is a value: diagnostics are collected, sorted by place, and printed by the rendering
/// module. It is Codable, so it cannot contain a `Secret`.
public struct Diagnostic: Error, Sendable, Equatable, Codable {
  /// Whether the diagnostic is a failure or only a warning.
  public enum Severity: String, Codable, Sendable {
    case error, warning
  }

  /// Whether the diagnostic is a failure or only a warning.
  public var severity: Severity
  /// The stable name of the problem.
  public var code: DiagnosticCode
  /// In lower case, without a full stop. Text of a server in it was made printable by `ForeignText`.
  public var message: String
  /// The place in the user's files, if there is one.
  public var location: SourceLocation?
  /// Other places or facts about the problem ("first given at line 4").
  public var notes: [String]
  /// Possible solutions, the best first.
  public var help: [String]
  /// The requests that were sent before the problem (ErrorCodes#What-a-failure-says), the oldest first.
  public var requests: [RequestRecord]

  /// Sets all members without checks.
  public init(
    _ severity: Severity = .error, _ code: DiagnosticCode, _ message: String, at location: SourceLocation? = nil,
    notes: [String] = [], help: [String] = [], requests: [RequestRecord] = []
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.location = location
    self.notes = notes
    self.help = help
    self.requests = requests
  }

  /// A warning without notes.
  public static func warning(
    _ code: DiagnosticCode, _ message: String, at location: SourceLocation? = nil, help: [String] = [],
    requests: [RequestRecord] = []
  ) -> Diagnostic {
    Diagnostic(.warning, code, message, at: location, help: help, requests: requests)
  }

  /// The diagnostic with this place, unless it has one.
  package func placed(at location: SourceLocation?) -> Diagnostic {
    var placed = self
    placed.location = self.location ?? location
    return placed
  }

  /// The diagnostic as a warning.
  package var asWarning: Diagnostic {
    var warning = self
    warning.severity = .warning
    return warning
  }
}

/// A request as a report shows it. It never contains a header, a body or a query value.
public struct RequestRecord: Sendable, Equatable, Codable {
  /// `GET`, `POST` and so on.
  public var method: String
  /// The URL without its query values (ErrorCodes#What-a-failure-says).
  public var url: String
  /// nil if no answer arrived.
  public var status: Int?
  /// As the server sent it, made printable.
  public var contentType: String?
  /// What was concluded from the answer: `absent`, `not a JSON object`, `issuer is https://…`.
  public var note: String?

  /// Sets all members without checks.
  public init(method: String, url: String, status: Int? = nil, contentType: String? = nil, note: String? = nil) {
    self.method = method
    self.url = url
    self.status = status
    self.contentType = contentType
    self.note = note
  }
}
