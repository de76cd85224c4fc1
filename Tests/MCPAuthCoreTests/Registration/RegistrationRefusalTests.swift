import MCPAuthCore
import Testing

@Suite struct RegistrationRefusalTests {
  typealias World = RegistrationWorld

  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var answer: Result<HTTPResponse, HTTPFailure>
    var code: DiagnosticCode
    var outcome = RegistrationFailure.Outcome.refused
    var shows: String = ""
    var testDescription: String { name }
  }

  @Test(
    "Registration#Refusals: the table of refusals, row by row",
    arguments: [
      Row(
        name: "invalid_redirect_uri", answer: World.refusal("invalid_redirect_uri", "not on the list"),
        code: .redirectURIRejected, shows: "not on the list"),
      Row(
        name: "RealServers#37: loopback only",
        answer: World.refusal("invalid_redirect_uri", "only localhost redirect URIs are allowed"),
        code: .redirectURIRejected, shows: "seems to accept only loopback redirect URIs"),
      Row(
        name: "RealServers#38: https only", answer: World.refusal("invalid_redirect_uri", "must use HTTPS"),
        code: .redirectURIRejected, shows: "seems to accept only https redirect URIs"),
      Row(
        name: "invalid_client_metadata", answer: World.refusal("invalid_client_metadata", "client_uri is bad"),
        code: .clientMetadataRejected, shows: "client_uri is bad"),
      Row(
        name: "invalid_software_statement", answer: World.refusal("invalid_software_statement"),
        code: .softwareStatementRejected),
      Row(
        name: "unapproved_software_statement", answer: World.refusal("unapproved_software_statement"),
        code: .softwareStatementRejected),
      Row(
        name: "401", answer: World.text(401, ""), code: .registrationProtected, shows: "initial_access_token"),
      Row(
        name: "RealServers#55: a challenge page with 403", answer: World.text(403, "<title>Just a moment"),
        code: .registrationProtected, shows: "<title>Just a moment"),
      Row(
        name: "Keycloak's Trusted Hosts",
        answer: World.refusal(
          "insufficient_scope", "Policy 'Trusted Hosts' rejected request to client-registration service.", status: 403),
        code: .registrationProtected, shows: "policy 'Trusted Hosts' refuses this machine"),
      Row(
        name: "404", answer: World.text(404, "nope"), code: .registrationUnsupported,
        shows: "is in the metadata, but does not exist"
      ),
      Row(name: "405", answer: World.text(405, ""), code: .registrationUnsupported, shows: World.redirect),
      Row(name: "501", answer: World.text(501, ""), code: .registrationUnsupported),
      Row(name: "429", answer: World.text(429, ""), code: .rateLimited, shows: "the server does not say when"),
      Row(
        name: "RealServers#56: 503 with Retry-After",
        answer: World.text(503, "limit reached", fields: [HTTPField("retry-after", "120")]), code: .rateLimited,
        shows: "try again in 120 s, at 2027-01-15T08:02:00Z"),
      Row(
        name: "other 4xx", answer: World.text(422, "line\none \u{1B}[31mred\u{202E}"), code: .registrationRejected,
        shows: "422, text/html, line one [31mred"),
      Row(name: "400 of another kind", answer: World.refusal("invalid_request"), code: .registrationRejected),
      Row(name: "400 without JSON", answer: World.text(400, ""), code: .registrationRejected, shows: "no text"),
      Row(
        name: "Discovery#Redirects: a redirect",
        answer: World.text(307, "", fields: [HTTPField("Location", "/register/")]),
        code: .redirectRefused),
      Row(
        name: "RealServers#68: 500", answer: World.text(500, ""), code: .registrationOutcomeUnknown, outcome: .unknown,
        shows: "https://as.example"),
      Row(
        name: "503 without Retry-After", answer: World.text(503, ""), code: .registrationOutcomeUnknown,
        outcome: .unknown),
      Row(
        name: "connection lost", answer: .failure(.connectionLost(reason: "reset")), code: .registrationOutcomeUnknown,
        outcome: .unknown, shows: "--retry-unknown"),
      Row(
        name: "timeout after sending", answer: .failure(.timeout(seconds: 60, sent: true)),
        code: .registrationOutcomeUnknown, outcome: .unknown, shows: "within 60 s"),
      Row(
        name: "over 1 MiB", answer: .failure(.tooLarge(limit: 1 << 20)), code: .registrationOutcomeUnknown,
        outcome: .unknown),
      Row(
        name: "nothing sent", answer: .failure(.notSent(reason: "no such host")), code: .unreachable, outcome: .notSent,
        shows: "no such host"),
      Row(
        name: "timeout while connecting", answer: .failure(.timeout(seconds: 5, sent: false)), code: .unreachable,
        outcome: .notSent),
      Row(
        name: "a blocked address", answer: .failure(.addressBlocked(reason: "10.0.0.1 is private")),
        code: .addressBlocked, outcome: .notSent, shows: "allow_private"),
    ])
  func table(row: Row) throws {
    let (result, bodies) = World.run(try World.exchange(metadata: World.metadata(methods: ["none"])), [row.answer])
    let failure = try #require(result?.error)
    #expect(failure.diagnostic.code == row.code)
    #expect(failure.outcome == row.outcome)
    #expect(bodies.count == 1, "a registration is never repeated")
    let all = (failure.diagnostic.help + [failure.diagnostic.message]).joined(separator: "\n")
    #expect(all.contains(row.shows))
    #expect(!all.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
    #expect(failure.diagnostic.requests.map(\.url) == [World.endpoint])
    #expect(failure.leavesNothing == (row.outcome != .unknown))
    #expect(failure.stopsIssuer == (row.outcome == .unknown || row.code == .rateLimited))
  }

  @Test(
    "Discovery#Servers-without-metadata: if the guessed /register answers without JSON, the result is registration-unsupported",
    arguments: [200, 201, 204, 302, 400, 403, 404, 500])
  func guessed(status: Int) throws {
    let metadata = World.metadata(isFromDocument: false)
    let failure = try #require(
      World.run(World.exchange(metadata: metadata), [World.text(status, "<html>")]).result?.error)
    #expect(failure.diagnostic.code == .registrationUnsupported)
    #expect(failure.outcome == .refused)
  }

  @Test(
    "Discovery#Servers-without-metadata: answers of a gateway or a rate limiter at the guessed /register, and any JSON, keep their meaning",
    arguments: [
      (World.text(502, "<html>"), DiagnosticCode.registrationOutcomeUnknown), (World.text(429, ""), .rateLimited),
      (World.json(500, ["error": "server_error"]), .registrationOutcomeUnknown),
      (World.json(201, ["ok": true]), .registrationOutcomeUnknown),
      (World.refusal("invalid_redirect_uri"), .redirectURIRejected),
    ])
  func guessedOtherwise(answer: Result<HTTPResponse, HTTPFailure>, code: DiagnosticCode) throws {
    let metadata = World.metadata(isFromDocument: false)
    let failure = try #require(World.run(World.exchange(metadata: metadata), [answer]).result?.error)
    #expect(failure.diagnostic.code == code)
  }

  @Test(
    "RFC 9110 10.2.3: Retry-After is seconds or a date, and is reported as the time of the next attempt",
    arguments: [
      ("30", 30), (" 30 ", 30), ("Fri, 15 Jan 2027 08:01:30 GMT", 90), ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
      ("99999999999999999999", 31_536_000), ("soon", nil), ("-5", nil), ("", nil),
      ("Fri, 15 Foo 2027 08:01:30 GMT", nil),
    ] as [(String, Int?)])
  func retryAfter(value: String, seconds: Int?) throws {
    let answer = World.text(429, "", fields: [HTTPField("Retry-After", value)])
    let failure = try #require(World.run(World.exchange(), [answer]).result?.error)
    #expect(failure.retryAfter == seconds)
  }

  @Test("SecretStores#Records: a token that a server repeats is not in the diagnostic")
  func echo() throws {
    let exchange = try World.exchange(
      metadata: World.metadata(methods: ["none"]), statement: Secret("statement-statement"),
      token: Secret("token-token-token"))
    for answer in [
      World.refusal("invalid_client_metadata", "bad statement-statement"),
      World.text(422, "you sent token-token-token"),
    ] {
      let failure = try #require(World.run(exchange, [answer]).result?.error)
      let all = World.everything(failure.diagnostic)
      #expect(!all.contains("statement-statement") && !all.contains("token-token-token"))
      #expect(all.contains("<redacted>"))
    }
  }
}
