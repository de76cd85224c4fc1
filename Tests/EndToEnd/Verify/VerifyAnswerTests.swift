import Foundation
import MCPAuthSandbox
import Testing

/// Answers of a token endpoint to `verify` (Registration#Verification). Tests of the binary.
@Suite struct VerifyAnswerTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var what: String
    var answer: SandboxAnswer
    var outcome: String
    /// The code of the error or the warning.
    var code: String?
    /// How many requests the endpoint gets. A client that is refused is tried with the other method too.
    var questions = 1
    var testDescription: String { what }

    static func word(_ error: String, _ status: Int, _ outcome: String) -> Row {
      Row(
        what: "\(status) \(error)", answer: .oauthError(status, error, "because"), outcome: outcome,
        code: outcome == "dead" ? "registration-lost" : outcome == "known" ? nil : "unusual-answer",
        questions: outcome == "dead" ? 2 : 1)
    }

    static func form(_ body: String, _ outcome: String) -> Row {
      Row(
        what: "a form: \(body)",
        answer: .text(200, body, type: "application/x-www-form-urlencoded; charset=utf-8"), outcome: outcome,
        code: outcome == "dead" ? "registration-lost" : nil, questions: outcome == "dead" ? 2 : 1)
    }

    static func untold(_ what: String, _ answer: SandboxAnswer, _ code: String) -> Row {
      Row(what: what, answer: answer, outcome: "cannot-tell", code: code)
    }
  }

  static let rows: [Row] = [
    // Only the error member is used, not the status: GitHub answers 200.
    .word("invalid_grant", 400, "known"), .word("invalid_grant", 401, "known"), .word("invalid_code", 200, "known"),
    .word("bad_verification_code", 200, "known"),
    .word("invalid_client", 401, "dead"), .word("invalid_client", 400, "dead"),
    .word("invalid_client_id", 200, "dead"), .word("bad_client_secret", 200, "dead"),
    .word("incorrect_client_credentials", 200, "dead"),
    .form("error=bad_verification_code&error_description=The+code+is+incorrect", "known"),
    .form("error=incorrect_client_credentials", "dead"),
    .word("invalid_request", 400, "cannot-tell"), .word("server_error", 400, "cannot-tell"),
    .word("unsupported_grant_type", 400, "cannot-tell"),
    .untold("an error that is no text", .json(400, ["error": ["code": 190]]), "unusual-answer"),
    .untold("a login page", .html(401), "unusual-answer"),
    .untold("a page for everything", .html(200), "unusual-answer"),
    .untold("tokens", .json(200, ["access_token": "a-token-for-nothing", "token_type": "Bearer"]), "unusual-answer"),
    .untold("a server error", .text(500, "oops"), "unreachable"),
    .untold("a redirect", .redirect(307, to: "{origin}/elsewhere/token"), "redirect-refused"),
    .untold("nothing", .drop, "unreachable"),
    .untold("a body without end", .endless, "response-too-large"),
    .untold("429 for an hour", .text(429, "later", fields: [.init("Retry-After", "3600")]), "rate-limited"),
    .untold("503 for an hour", .text(503, "later", fields: [.init("Retry-After", "3600")]), "rate-limited"),
    // The same answer for a client that does not exist.
    Row(
      what: "unauthorized_client to all", answer: .oauthError(400, "unauthorized_client", "no"), outcome: "dead",
      code: "registration-lost", questions: 4),
  ]

  @Test(
    "Registration#Verification: the error member decides, not the status; other answers are cannot-tell, which fails only with --strict",
    arguments: rows)
  func answers(row: Row) async throws {
    try await withSandbox(.init(kinds: ["confidential-post"])) { sandbox in
      let place = try await sandbox.applied("confidential-post")
      sandbox.change("confidential-post") { $0.faults[.token] = SandboxFault(row.answer) }
      let verify = try await place.verify(sandbox)
      #expect(verify.outcome == row.outcome, "\(verify.run.all)")
      #expect(verify.code ?? verify.warnings.first == row.code, "\(verify.run.all)")
      #expect(verify.run.exit == (row.outcome == "dead" ? 1 : 0))
      #expect(verify.requests.count == row.questions, "\(verify.requests.map(\.step))")
      let secret = try #require(sandbox.clients().first?.secret)
      #expect(!verify.run.all.contains(secret) && !verify.run.all.contains("a-token-for-nothing"))

      let strict = try await place.verify(sandbox, "--strict")
      #expect(strict.run.exit == (row.outcome == "known" ? 0 : 1), "\(strict.run.all)")
    }
  }

  @Test("Registration#Verification: unauthorized_client is known if a made-up client gets another answer")
  func comparison() async throws {
    try await withSandbox(.init(kinds: ["confidential-post"])) { sandbox in
      let place = try await sandbox.applied("confidential-post")
      sandbox.change("confidential-post") {
        $0.faults[.token] = SandboxFault(.oauthError(400, "unauthorized_client", "not this grant"), times: 1)
      }
      let verify = try await place.verify(sandbox)
      #expect(verify.run.exit == 0 && verify.outcome == "known", "\(verify.run.all)")
      try #require(verify.questions.count == 2, "\(verify.requests.map(\.step))")
      let (ours, other) = (verify.questions[0].form, verify.questions[1].form)
      #expect(other["client_id"] != ours["client_id"] && other["client_secret"] != ours["client_secret"])
      #expect(other["redirect_uri"] == ours["redirect_uri"] && other["client_id"]?.isEmpty == false)

      // `slow_down` for the made-up client does not make the real client invalid.
      sandbox.change("confidential-post") {
        $0.faults[.token] = SandboxFault(.oauthError(400, "unauthorized_client", "not this grant"), times: 1)
        $0.unknownClientError = "slow_down"
      }
      let again = try await place.verify(sandbox)
      #expect(again.outcome == "known", "\(again.run.all)")
      #expect(again.questions.last?.form["client_id"] != other["client_id"])
    }
  }

  @Test("Discovery#Retries: verify waits for a short Retry-After, and uses the next answer")
  func shortWait() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try await sandbox.applied("challenge")
      sandbox.change("challenge") {
        $0.faults[.token] = SandboxFault(.text(429, "later", fields: [.init("Retry-After", "1")]), times: 1)
      }
      let verify = try await place.verify(sandbox)
      #expect(verify.outcome == "known", "\(verify.run.all)")
      #expect(verify.questions.map(\.status) == [429, 400])
    }
  }

  /// Twelve servers with one token endpoint, which gives this answer to every request of `verify`.
  private func twelve(answered answer: SandboxAnswer, _ check: (VerifyRun) throws -> Void) async throws {
    var configuration = SandboxConfiguration(kinds: [])
    configuration.numberedServers = 12
    try await withSandbox(configuration) { sandbox in
      let servers = (1...12).map { "s\($0): {url: \"\(sandbox.url("n-00" + ($0 < 10 ? "0" : "") + "\($0)"))\"}" }
      let place = try Workplace(servers: servers.joined(separator: "\n"))
      #expect(try await place.run("apply").exit == 0)
      let path = String(try #require(try place.entry("s1")["token_endpoint"].string).dropFirst(sandbox.origin.count))
      sandbox.answer("POST", path, with: answer)
      try check(try await place.verify(sandbox))
    }
  }

  @Test(
    "Registration#Answers: no more requests go to an endpoint that answers with a long Retry-After, for all servers that use it"
  )
  func leftAlone() async throws {
    try await twelve(answered: .text(429, "later", fields: [.init("Retry-After", "3600")])) { verify in
      #expect(verify.run.exit == 0)
      #expect(verify.document["summary"]["cannot_tell"].integer == 12)
      #expect(verify.document["servers"].array.allSatisfy { $0["warnings"][0]["code"].string == "rate-limited" })
      // Only the requests that were already in progress.
      #expect((1...4).contains(verify.requests.count), "\(verify.requests.count)")
    }
  }

  @Test("verify waits only a few times for a token endpoint that never answers")
  func silence() async throws {
    try await twelve(answered: .drop) { verify in
      #expect(verify.document["summary"]["cannot_tell"].integer == 12, "\(verify.run.all)")
      #expect(verify.document["servers"].array.allSatisfy { $0["warnings"][0]["code"].string == "unreachable" })
      // Three requests, and those in progress at the same time as the third.
      #expect((3...6).contains(verify.requests.count), "\(verify.requests.count)")
    }
  }

  @Test("ThreatModel#Text-of-a-server: text of a server is only text for a terminal and for a CI runner")
  func hostile() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try await sandbox.applied("challenge")
      for status in [400, 418] {
        sandbox.change("challenge") {
          $0.faults[.token] = SandboxFault(
            .text(status, "\u{1B}[2J\u{1B}]0;owned\u{7}\n::error::fake\n##[error]fake\n\u{202E}txt"))
        }
        let run = try await place.run("verify")
        #expect(run.exit == 0, "\(run.all)")
        #expect(!run.all.contains("\u{1B}") && !run.all.contains("\n::") && !run.all.contains("##["))
        #expect(!run.all.contains("\u{202E}") && run.err.contains("warning[unusual-answer]"))
        sandbox.change("challenge") {
          $0.faults[.token] = SandboxFault(.oauthError(status, "invalid_client\u{1B}[31m", "x"))
        }
        #expect(!(try await place.run("verify").all).contains("\u{1B}"))
      }
    }
  }
}
