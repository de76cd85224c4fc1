import MCPAuthCore
import Testing

/// Servers that answer from a script, and a run of the discovery walk that records the order of the requests.
struct DiscoveryWorld {
  typealias Answer = Result<HTTPResponse, HTTPFailure>

  static let server = "https://mcp.example/mcp"
  static let issuer = "https://as.example"
  static let pathDocument = "https://mcp.example/.well-known/oauth-protected-resource/mcp"
  static let rootDocument = "https://mcp.example/.well-known/oauth-protected-resource"
  static let issuerDocument = "https://as.example/.well-known/oauth-authorization-server"
  static let openIDDocument = "https://as.example/.well-known/openid-configuration"
  static let now = Timestamp(seconds: 1_800_000_000)

  /// Answers by the URL of a GET of a document. They are used in turn, and the last one is repeated. Any other URL is 404.
  var documents: [String: [Answer]] = [:]
  /// Answers to the requests of the probe, in turn. The last one is repeated.
  var probe: [Answer] = [status(401)]

  static let unfinished = Result<DiscoveredServer, DiscoveryFailure>.failure(
    DiscoveryFailure(diagnostic: Diagnostic(.error, .timeout, "unfinished")))

  struct Transcript {
    var result: Result<DiscoveredServer, DiscoveryFailure>
    /// `POST`, `GET` with the URL, in order; the requests of the probe by their method.
    var asked: [String] = []
    var requests: [HTTPRequest] = []
    var waits: [(milliseconds: Int, isCounted: Bool)] = []

    var value: DiscoveredServer? { result.value }
    var code: DiagnosticCode? { result.error?.diagnostic.code }
    var message: String { result.error?.diagnostic.message ?? "" }
    var help: String { result.error?.diagnostic.help.joined(separator: "\n") ?? "" }
    var warnings: [DiagnosticCode] { (result.value?.warnings ?? result.error?.warnings ?? []).map(\.code) }
    /// The documents that were requested.
    var documents: [String] { asked.filter { $0.hasPrefix("GET ") }.map { String($0.dropFirst(4)) } }
    var notes: [String] { (result.value?.requests ?? result.error?.diagnostic.requests ?? []).map { $0.note ?? "-" } }
  }

  func run(_ target: DiscoveryTarget = DiscoveryTarget(.remote)) -> Transcript {
    var walk: DiscoveryWalk
    do throws(DiscoveryFailure) {
      walk = try DiscoveryWalk(target)
    } catch {
      return Transcript(result: .failure(error))
    }
    var transcript = Transcript(result: Self.unfinished)
    var rest = documents
    for _ in 0..<200 {
      switch walk.next() {
      case .finished(let result):
        transcript.result = result
        return transcript
      case .probe(let probe):
        var answers = self.probe[...]
        let (outcome, records) = Self.complete(probe, &transcript) { _ in
          answers.count > 1 ? answers.removeFirst() : answers.first ?? Self.status(404)
        }
        walk.receive(outcome, records: records)
      case .fetch(let fetch, _):
        let (answer, _) = Self.complete(fetch, &transcript) { request in
          guard var answers = rest[request.url.text], let first = answers.first else { return Self.status(404) }
          if answers.count > 1 { answers.removeFirst() }
          rest[request.url.text] = answers
          return first
        }
        walk.receive(answer)
      }
    }
    Issue.record("the walk does not end")
    return transcript
  }

  static func complete<Exchange: DiscoveryExchange>(
    _ exchange: Exchange, _ transcript: inout Transcript, answer: (HTTPRequest) -> Answer
  ) -> (Exchange.Outcome, [RequestRecord]) {
    var exchange = exchange
    while true {
      switch exchange.next() {
      case .finished(let outcome): return (outcome, exchange.records)
      case .wait(let milliseconds, let isCounted):
        transcript.waits.append((milliseconds, isCounted))
        exchange.waited()
      case .send(let request):
        transcript.requests.append(request)
        transcript.asked.append(
          request.wantsBody ? "\(request.method.rawValue) \(request.url.text)" : request.method.rawValue)
        exchange.receive(answer(request), now: now, jitter: 0)
      }
    }
  }

  // MARK: Answers

  static func status(_ status: Int, _ fields: [HTTPField] = []) -> Answer {
    .success(HTTPResponse(status: status, fields: fields))
  }

  static func json(_ value: JSON, status: Int = 200) -> Answer {
    .success(
      HTTPResponse(
        status: status, fields: [HTTPField("Content-Type", "application/json")], body: JSONWriter.compact(value)))
  }

  static func html(_ status: Int = 200) -> Answer {
    .success(
      HTTPResponse(status: status, fields: [HTTPField("Content-Type", "text/html")], body: Array("<html>".utf8)))
  }

  static func challenge(_ value: String, status: Int = 401) -> Answer {
    self.status(status, [HTTPField("WWW-Authenticate", value)])
  }

  static func redirect(_ location: String, status: Int = 302) -> Answer {
    self.status(status, [HTTPField("Location", location)])
  }

  static func resource(
    _ resource: JSON = .string(server), _ more: [String: JSON] = [:], servers: JSON = [.string(issuer)]
  ) -> Answer {
    var object = JSONObject([.init("resource", resource), .init("authorization_servers", servers)])
    for (name, value) in more { object[name] = value }
    return json(.object(object))
  }

  static func metadata(
    _ issuer: JSON = .string(issuer), _ more: [String: JSON] = [:], without: [String] = []
  ) -> Answer {
    var object = JSONObject([
      .init("issuer", issuer), .init("authorization_endpoint", "https://as.example/authorize?a=b"),
      .init("token_endpoint", "https://as.example/token"),
      .init("registration_endpoint", "https://as.example/register"),
      .init("code_challenge_methods_supported", ["plain", "S256"]),
    ])
    for (name, value) in more { object[name] = value }
    for name in without { object[name] = nil }
    return json(.object(object))
  }

  /// A document with one member replaced or removed.
  static func metadata(member name: String, _ value: JSON?) -> Answer {
    if let value { metadata(.string(issuer), [name: value]) } else { metadata(without: [name]) }
  }

  /// A server that follows the specification in every respect.
  static var good: DiscoveryWorld {
    DiscoveryWorld(documents: [pathDocument: [resource()], issuerDocument: [metadata()]])
  }

  func with(_ url: String, _ answers: Answer...) -> DiscoveryWorld {
    var world = self
    world.documents[url] = answers
    return world
  }

  func probed(_ answers: Answer...) -> DiscoveryWorld {
    var world = self
    world.probe = answers
    return world
  }
}

/// A named row of a table of cases.
struct Case<Value: Sendable>: Sendable, CustomTestStringConvertible {
  var name: String
  var value: Value

  init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }

  var testDescription: String { name }
}
