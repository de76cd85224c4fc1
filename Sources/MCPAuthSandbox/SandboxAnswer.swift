/// An answer to a request: a correct one or a hostile one.
///
/// In headers and texts, the placeholders `{origin}`, `{kind}`, `{issuer}`, `{resource}` and `{metadata}` (the protected resource
/// metadata's URL) are replaced by the values of the requested server.
public struct SandboxAnswer: Sendable {
  /// A header field.
  public struct Field: Sendable, Equatable {
    /// The name, exactly as it is sent.
    public var name: String
    /// The value, exactly as it is sent.
    public var value: String

    /// A header field.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The body of an answer.
  public enum Body: Sendable, Equatable {
    /// A text. It may be empty.
    case text(String)
    /// Bytes. They need not be valid text.
    case bytes([UInt8])
    /// This many spaces before a text: a large document that is valid.
    case padded(Int, String)
    /// The text again and again, until the client closes the connection. There is a pause after each text.
    case endless(String, pause: Duration)
    /// The text only, with a `Content-Length` of twice its length. Then the connection is closed.
    case half(String)
  }

  /// Whether and how an answer is sent.
  public enum Manner: String, Sendable {
    /// An answer is sent.
    case answer
    /// The connection stays open, but nothing is sent.
    case hang
    /// The connection is closed without an answer after the request was read.
    case drop
    /// The connection is closed without an answer before the request's body was read.
    case dropEarly
    /// The connection is reset (RST) after the request was read.
    case reset
  }

  /// The HTTP status.
  public var status = 200
  /// The header fields, in the order of sending.
  public var fields: [Field] = []
  /// The body.
  public var body = Body.text("")
  /// Whether and how an answer is sent.
  public var manner = Manner.answer
  /// The delay before the answer.
  public var delay = Duration.zero
  /// The note for the record of requests.
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

  /// An HTML page, for example the page of a single-page application, which is the same for every address.
  public static func html(_ status: Int = 200, _ page: String = "<!doctype html><title>App</title><div id=root></div>")
    -> SandboxAnswer
  {
    text(status, page, type: "text/html; charset=utf-8")
  }

  /// A redirect to a URL or path.
  public static func redirect(_ status: Int = 302, to location: String) -> SandboxAnswer {
    SandboxAnswer(status, fields: [Field("Location", location)])
  }

  /// An OAuth error (RFC 6749 5.2, RFC 7591 3.2.2).
  public static func oauthError(_ status: Int, _ error: String, _ description: String, fields: [Field] = [])
    -> SandboxAnswer
  {
    var answer = json(
      status, ["error": .string(error), "error_description": .string(description)],
      fields: [Field("Cache-Control", "no-store")] + fields)
    answer.note = error
    return answer
  }

  /// No answer, with this behaviour of the connection.
  public static func none(_ manner: Manner) -> SandboxAnswer {
    var answer = SandboxAnswer(0)
    answer.manner = manner
    answer.note = manner.rawValue
    return answer
  }

  /// Nothing is ever sent.
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

  /// The same answer with a delay.
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
