/// One thing to tell the user: a mistake of theirs, a failure of the world, or a warning.
///
/// The single shape for all of them, in every room. It is a value: collected, sorted by place, printed by the rendering,
/// and Codable, so that no `Secret` can be inside it.
public struct Diagnostic: Error, Sendable, Equatable, Codable {
  /// Whether something fails, or only deserves a word.
  public enum Severity: String, Codable, Sendable {
    case error, warning
  }

  /// Whether something fails by it.
  public var severity: Severity
  /// Its stable name.
  public var code: DiagnosticCode
  /// Lower case, no full stop. Text of a server in it has gone through `ForeignText`.
  public var message: String
  /// Where in the user's files, when there is such a place.
  public var location: SourceLocation?
  /// Other places or facts that belong to it ("first given at line 4").
  public var notes: [String]
  /// Ways out, the best first.
  public var help: [String]
  /// What was asked of servers on the way here (ErrorCodes#What-a-failure-says), oldest first.
  public var requests: [RequestRecord]

  /// All members; nothing is checked here.
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

  /// A warning without notes and requests.
  public static func warning(
    _ code: DiagnosticCode, _ message: String, at location: SourceLocation? = nil, help: [String] = []
  ) -> Diagnostic {
    Diagnostic(.warning, code, message, at: location, help: help)
  }
}

/// A request as a report shows it: never a header, a body or a query value.
public struct RequestRecord: Sendable, Equatable, Codable {
  /// `GET`, `POST` and so on.
  public var method: String
  /// The URL with its query values stripped (ErrorCodes#What-a-failure-says).
  public var url: String
  /// nil when no answer came.
  public var status: Int?
  /// As the server sent it, made printable.
  public var contentType: String?
  /// What was concluded from it: `absent`, `not a JSON object`, `issuer is https://…`.
  public var note: String?

  /// All members; nothing is checked here.
  public init(method: String, url: String, status: Int? = nil, contentType: String? = nil, note: String? = nil) {
    self.method = method
    self.url = url
    self.status = status
    self.contentType = contentType
    self.note = note
  }
}
