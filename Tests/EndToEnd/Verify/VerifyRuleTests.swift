import Foundation
import MCPAuthSandbox
import Synchronization
import Testing

/// `mcpauth verify` with missing secrets, refused endpoints, redirect URIs and signals. Tests of the binary.
@Suite struct VerifyRuleTests {
  // MARK: Secrets

  enum Damage: String, CaseIterable {
    case deleted, garbage, copied
  }

  @Test(
    "ThreatModel#Text-of-a-server: a server whose record is missing, unreadable or of another server is blocked, exit 1, and no request is sent for it",
    arguments: [(Damage.deleted, "secret-missing"), (.garbage, "secret-unreadable"), (.copied, "secret-mismatch")])
  func damaged(damage: Damage, code: String) async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "confidential-post"])) { sandbox in
      let place = try Workplace(
        servers: """
          a: {url: "\(sandbox.url("confidential-basic"))"}
          b: {url: "\(sandbox.url("confidential-post"))"}
          """)
      #expect(try await place.run("apply").exit == 0)
      let path = try place.recordPath("a")
      switch damage {
      case .deleted: try place.remove(path)
      case .garbage: try place.write("{\"version\": 1, garbage", to: path)
      case .copied: try place.write(place.read(try place.recordPath("b")), to: path)
      }
      let verify = try await place.verify(sandbox)
      #expect(verify.run.exit == 1, "\(verify.run.all)")
      #expect(verify.outcome == "blocked" && verify.code == code, "\(verify.run.all)")
      #expect(verify.document["servers"][1]["outcome"].string == "known")
      #expect(verify.questions.map(\.kind) == ["confidential-post"])
    }
  }

  @Test("ThreatModel#Text-of-a-server: an age store without its identity blocks only servers that need a secret")
  func age() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "challenge"])) { sandbox in
      let keys = try await Workplace().run("secrets", "keygen").out.split(separator: "\n").map(String.init)
      let recipient = try #require(keys.first?.components(separatedBy: ": ").last)
      let place = try Workplace(
        servers: """
          a: {url: "\(sandbox.url("confidential-basic"))"}
          b: {url: "\(sandbox.url("challenge"))"}
          """, head: "secrets: {store: age, recipients: [\(recipient)]}")
      #expect(try await place.run("apply").exit == 0)
      let blind = try await place.verify(sandbox)
      #expect(
        blind.run.exit == 1 && blind.outcome == "blocked" && blind.code == "secret-unreadable", "\(blind.run.all)")
      #expect(blind.server["error"]["help"].string?.contains("MCPAUTH_AGE_KEY") == true)
      #expect(blind.questions.map(\.kind) == ["challenge"])
      let seeing = try await place.verify(sandbox, environment: ["MCPAUTH_AGE_KEY": try #require(keys.last)])
      #expect(seeing.run.exit == 0 && seeing.document["summary"]["known"].integer == 2, "\(seeing.run.all)")
    }
  }

  // MARK: Endpoints

  @Test(
    "Discovery#Requests: the address rules apply to an endpoint from a server, also when it is in the lock; no request is sent",
    arguments: [
      ("https://10.1.2.3/token", "address-blocked"), ("https://169.254.169.254/token", "address-blocked"),
      ("http://auth.example/token", "insecure-url"), ("https://user@auth.example/token", "invalid-url"),
    ])
  func endpoint(url: String, code: String) async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try await sandbox.applied("challenge")
      try place.editEntry("s", ["token_endpoint": url])
      let verify = try await place.verify(sandbox)
      #expect(verify.run.exit == 1 && verify.outcome == "blocked" && verify.code == code, "\(verify.run.all)")
      #expect(verify.requests.isEmpty)
    }
  }

  @Test("Discovery#Retries: verify waits for a server without an answer only until the limit")
  func time() async throws {
    try await withSandbox(.init(kinds: ["challenge", "well-known"])) { sandbox in
      let place = try Workplace(
        servers: """
          slow: {url: "\(sandbox.url("challenge"))"}
          quick: {url: "\(sandbox.url("well-known"))"}
          """)
      #expect(try await place.run("apply").exit == 0)
      sandbox.change("challenge") { $0.faults[.token] = SandboxFault(.hang) }
      let verify = try await place.verify(sandbox, "--timeout", "8s")
      #expect(
        verify.run.exit == 0 && verify.outcome == "cannot-tell" && verify.warnings == ["timeout"], "\(verify.run.all)")
      #expect(verify.document["servers"][1]["outcome"].string == "known")
    }
  }

  @Test("Reliability#Signals: a signal ends verify, and the message names the servers that were not checked")
  func signal() async throws {
    var configuration = SandboxConfiguration(kinds: ["challenge"])
    let asked = Flag()
    configuration.script = { request in
      if request.endpoint == .token { asked.raise() }
      return nil
    }
    try await withSandbox(configuration) { sandbox in
      let place = try await sandbox.applied("challenge")
      sandbox.change("challenge") { $0.faults[.token] = SandboxFault(.hang) }
      let run = try place.start(["verify", "--format", "json", "--timeout", "5m"])
      try await eventually("it is asked") { asked.isUp }
      run.send(SIGTERM)
      let result = try await run.finish()
      #expect(result.exit == 1, "\(result.all)")
      #expect(try result.json()["servers"][0]["reason"].string == "interrupted", "\(result.all)")
      #expect(try result.json()["interrupted"].bool == true)
      #expect(try SchemaCheck("verify").problems(result.out) == [])
    }
  }

  // MARK: Redirect URIs

  @Test(
    "RealServers#40: with --redirect-uris, a request goes to the authorization endpoint, and no redirect is followed")
  func redirects() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try await sandbox.applied("confidential-basic")
      let accepted = try await place.verify(sandbox, "--redirect-uris")
      #expect(accepted.run.exit == 0, "\(accepted.run.all)")
      #expect(accepted.server["redirect_uris"][0]["outcome"].string == "accepted")
      #expect(accepted.requests.map(\.step) == ["POST token", "GET authorize"])
      let question = try #require(accepted.requests.last)
      #expect(question.status == 302)
      #expect(question.value(of: "Authorization") == nil)
      #expect(question.queryValues["redirect_uri"] == "http://127.0.0.1:7777/callback/s")
      #expect(
        question.queryValues["code_challenge_method"] == "S256" && question.queryValues["response_type"] == "code")
      let secret = try #require(sandbox.clients().first?.secret)
      #expect(question.query?.contains(secret) == false)
      // The parameters of the redirect are not printed.
      #expect(!accepted.run.all.contains("code-"))

      for (status, outcome, exit) in [
        (200, "accepted", 0), (400, "refused", 1), (404, "refused", 1), (403, "cannot-tell", 0),
        (429, "cannot-tell", 0), (500, "cannot-tell", 0),
      ] as [(Int, String, Int32)] {
        sandbox.change("confidential-basic") {
          $0.faults[.authorize] = SandboxFault(.html(status, "<p>redirect_uri \u{1B}[31mis not registered</p>"))
        }
        let verify = try await place.verify(sandbox, "--redirect-uris")
        #expect(verify.server["redirect_uris"][0]["outcome"].string == outcome, "\(status): \(verify.run.all)")
        #expect(verify.run.exit == exit && verify.outcome == "known", "\(status): \(verify.run.all)")
        if outcome == "refused" {
          #expect(verify.server["redirect_uris"][0]["error"]["code"].string == "redirect-uri-rejected")
          let text = try await place.run("verify", "--redirect-uris")
          #expect(text.out.contains("redirect URI http://127.0.0.1:7777/callback/s: refused"), "\(text.all)")
          #expect(text.err.contains("error[redirect-uri-rejected]") && !text.all.contains("\u{1B}"))
        }
      }
    }
  }

  @Test("RealServers#40: a client that is registered with other redirect URIs is found")
  func refusedByTheServer() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try await sandbox.applied("challenge")
      try place.editEntry("s", ["redirect_uris": ["http://127.0.0.1:7777/callback/s", "https://other.example/cb"]])
      let verify = try await place.verify(sandbox, "--redirect-uris")
      #expect(verify.run.exit == 1, "\(verify.run.all)")
      #expect(verify.server["redirect_uris"].array.map { $0["outcome"].string } == ["accepted", "refused"])
    }
  }
}

private final class Flag: Sendable {
  private let state = Mutex(false)
  var isUp: Bool { state.withLock { $0 } }
  func raise() { state.withLock { $0 = true } }
}
