import Testing

@testable import MCPAuthCore

@Suite struct MetadataFetchTests {
  typealias World = DiscoveryWorld

  static let url = "https://as.example/x"

  enum Class: String { case found, absent, redirectRefused, denied, invalid, transient }

  static func fetch(
    _ answers: [World.Answer], trust: ServerTrust = .remote,
    provenance: HTTPRequest.Provenance = .discovered,
    url: String = url
  ) throws -> (answer: MetadataAnswer, transcript: World.Transcript) {
    var transcript = World.Transcript(result: World.unfinished)
    var rest = answers[...]
    let fetch = MetadataFetch(
      try CheckedURL(url, plaintext: trust.plaintext), provenance: provenance, trust: trust)
    let (answer, records) = World.complete(fetch, &transcript) { _ in
      guard let next = rest.popFirst() else {
        Issue.record("asked more often than the test answers")
        return World.status(404)
      }
      return next
    }
    #expect(rest.isEmpty, "asked less often than the test answers")
    #expect(records == answer.records)
    return (answer, transcript)
  }

  static func classOf(_ answer: MetadataAnswer) -> Class {
    switch answer.outcome {
    case .object: .found
    case .absent(_, let isRedirect): isRedirect ? .redirectRefused : .absent
    case .denied: .denied
    case .invalid: .invalid
    case .transient: .transient
    }
  }

  static func body(_ text: String) -> World.Answer { .success(HTTPResponse(status: 200, body: Array(text.utf8))) }

  static func deep(_ levels: Int) -> String {
    String(repeating: "{\"a\":", count: levels) + "1" + String(repeating: "}", count: levels)
  }

  @Test(
    "Discovery#Classes-of-answer: classes of answers that need no second attempt",
    arguments: [
      Case("an object", (World.json(["a": 1]), Class.found)), Case("an empty object", (body("{}"), .found)),
      Case("404", (World.status(404), .absent)), Case("410", (World.status(410), .absent)),
      Case("501", (World.status(501), .absent)), Case("400", (World.status(400), .absent)),
      Case("405", (World.status(405), .absent)), Case("422", (World.status(422), .absent)),
      Case("201", (World.json(["a": 1], status: 201), .absent)), Case("204", (World.status(204), .absent)),
      Case("206", (World.json(["a": 1], status: 206), .absent)), Case("300", (World.status(300), .absent)),
      Case("304", (World.status(304), .absent)), Case("RealServers#26: HTML", (World.html(), .absent)),
      Case("a list", (body("[]"), .absent)), Case("nothing", (body(""), .absent)),
      Case(
        "not UTF-8",
        (
          .success(HTTPResponse(status: 200, body: [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D])), .absent
        )),
      Case("401", (World.status(401), .denied)), Case("403", (World.html(403), .denied)),
      Case("64 levels", (body(deep(64)), .found)), Case("65 levels", (body(deep(65)), .invalid)),
      Case("too large", (.failure(.tooLarge(limit: 1 << 20)), .invalid)),
      Case("a blocked address", (.failure(.addressBlocked(reason: "10.0.0.1 is private")), .invalid)),
      Case("a redirect to another host", (World.redirect("https://other.example/"), .redirectRefused)),
      Case("a redirect to http", (World.redirect("http://as.example/"), .redirectRefused)),
      Case("a redirect to nowhere", (World.status(307), .redirectRefused)),
    ])
  func classes(row: Case<(World.Answer, Class)>) throws {
    #expect(Self.classOf(try Self.fetch([row.value.0]).answer) == row.value.1)
  }

  @Test(
    "Discovery#Classes-of-answer: every kind of invalid answer has its code",
    arguments: [
      (HTTPFailure.tooLarge(limit: 1 << 20), DiagnosticCode.responseTooLarge),
      (.addressBlocked(reason: "private"), .addressBlocked),
    ])
  func invalid(failure: HTTPFailure, code: DiagnosticCode) throws {
    guard case .invalid(let diagnostic) = try Self.fetch([.failure(failure)]).answer.outcome else {
      Issue.record("not invalid")
      return
    }
    #expect(diagnostic.code == code)
    #expect(!diagnostic.help.isEmpty)
  }

  @Test(
    "Discovery#Classes-of-answer: after a transient failure there are three attempts in total, then a failure with its own code",
    arguments: [
      Case("DNS, TCP, TLS", (World.Answer.failure(.notSent(reason: "no route")), DiagnosticCode.unreachable)),
      Case("lost", (.failure(.connectionLost(reason: "reset")), .unreachable)),
      Case("timeout", (.failure(.timeout(seconds: 10, sent: true)), .timeout)),
      Case("408", (World.status(408), .timeout)),
      Case("425", (World.status(425), .unreachable)), Case("429", (World.status(429), .rateLimited)),
      Case("500", (World.status(500), .unreachable)), Case("502", (World.html(502), .unreachable)),
      Case("503", (World.status(503), .unreachable)),
      Case("503 with Retry-After", (World.status(503, [HTTPField("Retry-After", "1")]), .rateLimited)),
    ])
  func transient(row: Case<(World.Answer, DiagnosticCode)>) throws {
    let (answer, transcript) = try Self.fetch([row.value.0, row.value.0, row.value.0])
    guard case .transient(let diagnostic, _) = answer.outcome else {
      Issue.record("not transient")
      return
    }
    #expect(diagnostic.code == row.value.1)
    #expect(answer.records.count == 3 && transcript.waits.count == 2)
    #expect(!answer.isSettled)
    let (second, _) = try Self.fetch([row.value.0, row.value.0, World.json([:])])
    #expect(Self.classOf(second) == .found)
  }

  @Test("Discovery#Classes-of-answer: Retry-After is respected up to 30 s and not counted; the backoff is counted")
  func retryAfter() throws {
    let later = World.status(429, [HTTPField("Retry-After", "30")])
    let date = World.status(503, [HTTPField("Retry-After", "Fri, 15 Jan 2027 08:00:20 GMT")])
    let (answer, transcript) = try Self.fetch([later, date, World.json([:])])
    #expect(Self.classOf(answer) == .found)
    #expect(transcript.waits.map(\.milliseconds) == [30_000, 20_000])
    #expect(transcript.waits.allSatisfy { !$0.isCounted })
    let (_, plain) = try Self.fetch([World.status(500), World.status(500), World.json([:])])
    #expect(plain.waits.map(\.milliseconds) == [250, 500])
    #expect(plain.waits.allSatisfy { $0.isCounted })
  }

  @Test(
    "Discovery#Classes-of-answer: a longer Retry-After ends discovery at once, with the time for the next attempt",
    arguments: [429, 503])
  func tooLong(status: Int) throws {
    let (answer, transcript) = try Self.fetch([World.status(status, [HTTPField("Retry-After", "31")])])
    guard case .transient(let diagnostic, retryAfter: 31) = answer.outcome else {
      Issue.record("not transient, or without its time")
      return
    }
    #expect(diagnostic.code == .rateLimited)
    #expect(diagnostic.help.joined().contains("2027-01-15T08:00:31Z"))
    #expect(transcript.waits.isEmpty)
  }

  @Test("Discovery#Redirects: five redirects on the same host are followed, a sixth is not; each is reported")
  func redirects() throws {
    let hops = (1...5).map { World.redirect("/\($0)") }
    let (answer, transcript) = try Self.fetch(hops + [World.json([:])])
    #expect(Self.classOf(answer) == .found)
    #expect(transcript.asked.last == "GET https://as.example/5")
    #expect(answer.records.count == 6)
    let (refused, _) = try Self.fetch(hops + [World.redirect("/6")])
    #expect(Self.classOf(refused) == .redirectRefused)
    #expect(refused.records.last?.note?.contains("redirect refused") == true)
  }

  @Test("Discovery#Redirects: a redirect may lead from http to https, never from https to http, loopback or not")
  func schemes() throws {
    let up = try Self.fetch(
      [World.redirect("https://localhost/y"), World.json([:])], trust: .local, url: "http://localhost/x")
    #expect(Self.classOf(up.answer) == .found)
    let down = try Self.fetch([World.redirect("http://localhost/y")], trust: .local, url: "https://localhost/x")
    #expect(Self.classOf(down.answer) == .redirectRefused)
  }

  @Test(
    "Discovery#Classes-of-answer: a redirect to another port counts as named by a server, whoever wrote the first URL"
  )
  func provenance() throws {
    let (_, transcript) = try Self.fetch(
      [World.redirect("/y"), World.redirect("https://as.example:8443/z"), World.json([:])], provenance: .inventory)
    #expect(transcript.requests.map(\.provenance) == [.inventory, .inventory, .discovered])
  }

  @Test("Discovery#Classes-of-answer: GETs accept JSON and send nothing else; reports contain no query value")
  func request() throws {
    let (answer, transcript) = try Self.fetch([World.status(404)], url: "https://as.example/x?token=abc")
    #expect(transcript.requests.first?.fields == [HTTPField("Accept", "application/json")])
    #expect(transcript.requests.first?.url.text == "https://as.example/x?token=abc")
    #expect(answer.records.first?.url == "https://as.example/x?token=…")
  }
}
