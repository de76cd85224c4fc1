/// What a request is answered with: the right thing, or something hostile.
///
/// In headers and texts `{origin}`, `{kind}`, `{issuer}`, `{resource}` and `{metadata}` (the protected resource metadata's URL)
/// stand for the values of the server that was asked.
public struct SandboxAnswer: Sendable {
  /// A header field.
  public struct Field: Sendable, Equatable {
    /// As it goes on the wire.
    public var name: String
    /// As it goes on the wire.
    public var value: String

    /// A header field.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// What comes after the header fields.
  public enum Body: Sendable, Equatable {
    /// A text, or nothing.
    case text(String)
    /// Bytes that need not be a text.
    case bytes([UInt8])
    /// This many spaces before a text: a large document that is right all the same.
    case padded(Int, String)
    /// The text over and over, until the client has had enough; after each a pause.
    case endless(String, pause: Duration)
    /// The text, of a body that was announced as twice as long; then the connection is closed.
    case half(String)
  }

  /// Whether there is an answer at all.
  public enum Manner: String, Sendable {
    /// An answer.
    case answer
    /// The connection stays open, and nothing comes.
    case hang
    /// The connection is closed once the request was read, without an answer.
    case drop
    /// The same before the request's body was read.
    case dropEarly
    /// The connection is reset (RST) once the request was read.
    case reset
  }

  /// The HTTP status.
  public var status = 200
  /// The header fields, in this order.
  public var fields: [Field] = []
  /// The body.
  public var body = Body.text("")
  /// Whether there is an answer at all.
  public var manner = Manner.answer
  /// What passes before the answer.
  public var delay = Duration.zero
  /// What to put down about it in the record of requests.
  public var note = ""

  /// An answer with a body.
  public init(_ status: Int = 200, fields: [Field] = [], body: Body = .text("")) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// A JSON document.
  public static func json(_ status: Int = 200, _ value: SandboxJSON, fields: [Field] = []) -> SandboxAnswer {
    SandboxAnswer(status, fields: [Field("Content-Type", "application/json")] + fields, body: .text(value.text()))
  }

  /// A text.
  public static func text(
    _ status: Int = 200, _ text: String, type: String = "text/plain; charset=utf-8", fields: [Field] = []
  ) -> SandboxAnswer {
    SandboxAnswer(status, fields: [Field("Content-Type", type)] + fields, body: .text(text))
  }

  /// An HTML page, such as a single-page application's, which is the same for every address.
  public static func html(_ status: Int = 200, _ page: String = "<!doctype html><title>App</title><div id=root></div>")
    -> SandboxAnswer
  {
    text(status, page, type: "text/html; charset=utf-8")
  }

  /// A redirect to a URL or path.
  public static func redirect(_ status: Int = 302, to location: String) -> SandboxAnswer {
    SandboxAnswer(status, fields: [Field("Location", location)])
  }

  /// An error of OAuth's (RFC 6749 5.2, RFC 7591 3.2.2).
  public static func oauthError(_ status: Int, _ error: String, _ description: String, fields: [Field] = [])
    -> SandboxAnswer
  {
    var answer = json(
      status, ["error": .string(error), "error_description": .string(description)],
      fields: [Field("Cache-Control", "no-store")] + fields)
    answer.note = error
    return answer
  }

  /// No answer, in this manner.
  public static func none(_ manner: Manner) -> SandboxAnswer {
    var answer = SandboxAnswer(0)
    answer.manner = manner
    answer.note = manner.rawValue
    return answer
  }

  /// Nothing ever comes.
  public static let hang = none(.hang)
  /// The connection is closed without an answer.
  public static let drop = none(.drop)
  /// The connection is closed before the request's body was read.
  public static let dropEarly = none(.dropEarly)
  /// The connection is reset.
  public static let reset = none(.reset)
  /// A JSON document that never ends.
  public static let endless = SandboxAnswer(
    200, fields: [Field("Content-Type", "application/json")],
    body: .endless(String(repeating: " ", count: 16_384), pause: .zero))
  /// Half a JSON document.
  public static let half = SandboxAnswer(
    200, fields: [Field("Content-Type", "application/json")], body: .half(#"{"client_id": "cut"#))

  /// The same after a delay.
  public func delayed(by delay: Duration) -> SandboxAnswer {
    var answer = self
    answer.delay += delay
    return answer
  }

  func filled(with values: Template) -> SandboxAnswer {
    var answer = self
    answer.fields = fields.map { Field($0.name, values.fill($0.value)) }
    switch body {
    case .text(let text): answer.body = .text(values.fill(text))
    case .padded(let count, let text): answer.body = .padded(count, values.fill(text))
    case .bytes, .endless, .half: break
    }
    return answer
  }
}
