import Foundation
import MCPAuthSandbox
import Testing

/// Registration#Method-left-open: the token endpoint settles a method that the answer to the registration left open. Tests of the binary.
@Suite struct OpenMethodTests {
  /// A server that registers every client with this method, and leaves the method out of its answer.
  private static func silent(takes method: String, lists: [String]) -> SandboxConfiguration {
    .made("silent") {
      $0.registration.methods = lists
      $0.registration.assignsMethod = method
      $0.registration.givesSecretToPublicClients = true
      $0.registration.answerChanges = ["token_endpoint_auth_method": .null]
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var takes: String
    var lists: [String]
    var questions: Int
    var warnings: [String] = []
    var testDescription: String { "takes \(takes), lists \(lists)" }
  }

  static let basic = "client_secret_basic"
  static let post = "client_secret_post"

  @Test(
    "Registration#Method-left-open: the method that the token endpoint accepts is locked; verify says known",
    arguments: [
      Row(takes: "none", lists: ["none", basic, post], questions: 1),
      // idpyoidc: lists `none`, leaves the method out, and takes only the secret.
      Row(takes: basic, lists: ["none", basic, post], questions: 2, warnings: ["unusual-answer"]),
      Row(takes: post, lists: ["none", basic, post], questions: 3, warnings: ["unusual-answer"]),
      // LemonLDAP::NG: leaves it out, lists both, and takes only client_secret_post.
      Row(takes: post, lists: [basic, post], questions: 2, warnings: ["unusual-answer"]),
      // Nothing is open.
      Row(takes: post, lists: [post], questions: 0),
    ])
  func settled(row: Row) async throws {
    try await withServers(Self.silent(takes: row.takes, lists: row.lists)) { sandbox in
      let it = try await sandbox.apply("silent")
      it.expectClient()
      #expect(it.entry["token_endpoint_auth_method"].string == row.takes)
      #expect(it.requests.count { $0.endpoint == .token } == row.questions, "\(it.trail)")
      #expect(it.warnings == row.warnings, "\(it.run.all)")
      #expect(it.registrations == 1)
      // The record has the same method, and there is only one.
      #expect(try it.place.record("silent")["version"].string == it.entry["secret_version"].string)
      let verify = try await it.place.run("verify", "--format", "json")
      #expect(try verify.json()["servers"][0]["outcome"].string == "known", "\(verify.all)")
      #expect(verify.exit == 0)
    }
  }

  @Test(
    "Registration#Method-left-open: an answer that tells nothing leaves the method of the table, with a warning",
    arguments: [SandboxAnswer.html(200), .text(500, "oops"), .oauthError(400, "invalid_client", "not you")])
  func untold(answer: SandboxAnswer) async throws {
    var configuration = Self.silent(takes: Self.post, lists: [Self.basic, Self.post])
    configuration.kinds[0].faults[.token] = SandboxFault(answer)
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("silent")
      it.expectClient()
      #expect(it.entry["token_endpoint_auth_method"].string == Self.basic)
      #expect(it.warnings == ["auth-method-unconfirmed"], "\(it.run.all)")
    }
  }

  @Test("Registration#Method-left-open: a refusal that does not say what is refused is not the last word")
  func vague() async throws {
    var configuration = Self.silent(takes: Self.basic, lists: ["none", Self.basic, Self.post])
    // The example server of idpyoidc refuses a client so.
    configuration.script = { request in
      guard request.endpoint == .token, request.value(of: "Authorization") == nil,
        request.form["client_secret"] == nil
      else { return nil }
      return .oauthError(400, "invalid_request", "Authorization failed")
    }
    try await withServers(configuration) { sandbox in
      let it = try await sandbox.apply("silent")
      it.expectClient()
      #expect(it.entry["token_endpoint_auth_method"].string == Self.basic)
      #expect(it.requests.count { $0.endpoint == .token } == 2, "\(it.trail)")
      #expect(it.warnings == ["unusual-answer"], "\(it.run.all)")
      #expect(it.registrations == 1)
    }
  }

  @Test("Reliability#Order-of-writes: a run that is killed while it asks the token endpoint loses nothing")
  func killed() async throws {
    var configuration = Self.silent(takes: Self.post, lists: [Self.basic, Self.post])
    configuration.kinds[0].faults[.token] = SandboxFault(.hang)
    try await withServers(configuration) { sandbox in
      let place = try Workplace(servers: sandbox.block("silent"))
      let running = try place.start(["apply"])
      // The token endpoint never answers, so the run does not come to the next step.
      try await eventually("the secret is stored") {
        let records = try? FileManager.default.contentsOfDirectory(atPath: place.path(Workplace.secrets).path)
        return records?.contains { $0.hasPrefix("silent.") && $0.hasSuffix(".json") } == true
      }
      running.send(SIGKILL)
      _ = try await running.finish()
      sandbox.change("silent") { $0.faults[.token] = nil }
      let it = try await sandbox.apply("silent", in: place)
      it.expectClient()
      #expect(it.registrations == 1)
      #expect(it.entry["client_id"].string == it.clients.first?.clientID)
      #expect(try place.record("silent")["client_secret"].string == it.clients.first?.secret)
    }
  }
}
