import Foundation
import MCPAuthSandbox
import Synchronization
import Testing

/// `plan --verify` and `apply --verify` (Registration#Loss-of-a-client). Tests of the binary.
@Suite struct HealingTests {
  private func place(_ sandbox: Sandbox, _ kinds: String..., settings: String = "") async throws -> Workplace {
    let place = try Workplace(
      servers: kinds.map { "\($0): {url: \"\(sandbox.url($0))\"\(settings)}" }.joined(separator: "\n"))
    let apply = try await place.run("apply")
    #expect(apply.exit == 0, "\(apply.all)")
    return place
  }

  private func actions(_ run: Run) throws -> [String] {
    try run.json()["servers"].array.map { server in
      let reasons = server["reasons"].strings?.joined(separator: ",") ?? ""
      return "\(server["name"].string ?? "") \(server["action"].string ?? "") \(reasons)"
    }
  }

  // MARK: Lost clients

  @Test(
    "Registration#Loss-of-a-client: a purged client is `replace` with registration-lost in the plan, which writes nothing, and is replaced in that apply"
  )
  func purged() async throws {
    try await withSandbox(.init(kinds: ["challenge", "confidential-basic"])) { sandbox in
      let place = try await place(sandbox, "challenge", "confidential-basic")
      let kept = try place.entryText("challenge")
      let dead = try place.entry("confidential-basic")["client_id"].string
      sandbox.forgetClients(of: "confidential-basic")
      let files = try place.snapshot()

      // Without the flag nothing is asked.
      sandbox.forgetRequests()
      #expect(try actions(try await place.run("plan", "--format", "json")).allSatisfy { $0.contains("unchanged") })
      #expect(sandbox.requests().isEmpty)

      let plan = try await place.run("plan", "--verify", "--detailed-exitcode", "--format", "json")
      #expect(plan.exit == 2, "\(plan.all)")
      #expect(
        try actions(plan) == ["challenge unchanged ", "confidential-basic replace registration-lost"], "\(plan.all)")
      #expect(try SchemaCheck("plan").problems(plan.out) == [])
      #expect(try place.snapshot() == files, "plan --verify wrote something")
      #expect(sandbox.registrations("confidential-basic") == 1)
      let text = try await place.run("plan", "--verify")
      #expect(text.out.contains("registration-lost") || text.out.contains("registration lost"), "\(text.all)")

      let apply = try await place.run("apply", "--verify")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try place.entry("confidential-basic")["client_id"].string != dead)
      #expect(try place.entryText("challenge") == kept)
      #expect(try place.lock()["orphans"].array.isEmpty)
      #expect(sandbox.registrations("confidential-basic") == 2 && sandbox.registrations("challenge") == 1)
      #expect(try await place.run("verify").exit == 0)

      // Everything is known now.
      let again = try await place.run("plan", "--verify", "--detailed-exitcode")
      #expect(again.exit == 0, "\(again.all)")
    }
  }

  @Test("PlanAndApply#Protection: protect keeps a lost client")
  func protected() async throws {
    try await withSandbox(.init(kinds: ["challenge"])) { sandbox in
      let place = try await place(sandbox, "challenge", settings: ", protect: true")
      let lock = place.lockText
      sandbox.forgetClients()
      let apply = try await place.run("apply", "--verify", "--format", "json")
      #expect(apply.exit == 1)
      #expect(try actions(apply) == ["challenge blocked protected"], "\(apply.all)")
      #expect(try apply.json()["servers"][0]["error"]["message"].string?.contains("registration-lost") == true)
      #expect(place.lockText == lock && sandbox.registrations("challenge") == 1)
    }
  }

  @Test("Reliability#One-run-at-a-time: a saved plan carries --verify: the same result, or stale-plan")
  func saved() async throws {
    try await withSandbox(.init(kinds: ["challenge", "confidential-basic"])) { sandbox in
      let place = try await place(sandbox, "challenge", "confidential-basic")
      sandbox.forgetClients(of: "confidential-basic")
      let plan = try await place.run("plan", "--verify", "--out", "p.json")
      #expect(plan.exit == 0, "\(plan.all)")
      #expect(try SchemaCheck("saved-plan").problems(place.read("p.json")) == [])

      sandbox.change("confidential-basic") { $0.faults[.token] = SandboxFault(.text(500, "oops")) }
      let stale = try await place.run("apply", "p.json")
      #expect(stale.exit == 1 && stale.err.contains("stale-plan"), "\(stale.all)")
      #expect(sandbox.registrations("confidential-basic") == 1)

      sandbox.change("confidential-basic") { $0.faults[.token] = nil }
      let apply = try await place.run("apply", "p.json")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(sandbox.registrations("confidential-basic") == 2 && sandbox.registrations("challenge") == 1)
    }
  }

  @Test("Registration#Loss-of-a-client: --only limits what is asked and what is replaced")
  func only() async throws {
    try await withSandbox(.init(kinds: ["challenge", "well-known"])) { sandbox in
      let place = try await place(sandbox, "challenge", "well-known")
      sandbox.forgetClients()
      sandbox.forgetRequests()
      let apply = try await place.run("apply", "--verify", "--only", "well-known", "--parallelism", "1")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(Set(sandbox.requests().compactMap(\.kind)) == ["well-known"])
      #expect(sandbox.registrations("well-known") == 2 && sandbox.registrations("challenge") == 1)
    }
  }

  // MARK: False alarms

  struct Alarm: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var fault: SandboxFault
    var arguments: [String] = []

    init(_ name: String, _ answer: SandboxAnswer, _ arguments: String...) {
      testDescription = name
      fault = SandboxFault(answer)
      self.arguments = arguments
    }
  }

  @Test(
    "Registration#Loss-of-a-client: a doubt keeps the client",
    arguments: [
      Alarm("a server error", .text(500, "oops")),
      Alarm("a server error with the words of a refusal", .oauthError(503, "invalid_client", "no database")),
      Alarm("429", .text(429, "later", fields: [.init("Retry-After", "3600")])),
      Alarm("a page of a captive portal", .html(200)), Alarm("a login page", .html(401)),
      Alarm("a redirect", .redirect(302, to: "{origin}/portal")), Alarm("no answer", .drop),
      Alarm("a time-out", .hang, "--timeout", "1s"),
      Alarm("another error", .oauthError(400, "invalid_request", "not today")),
      Alarm("unauthorized_client for everybody", .oauthError(400, "unauthorized_client", "no")),
    ])
  func falseAlarm(alarm: Alarm) async throws {
    try await withSandbox(.init(kinds: ["confidential-post", "challenge"])) { sandbox in
      let place = try await place(sandbox, "confidential-post", "challenge")
      let files = try place.snapshot()
      sandbox.change("confidential-post") { $0.faults[.token] = alarm.fault }
      let apply = try await place.run(["apply", "--verify", "--format", "json"] + alarm.arguments)
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try actions(apply) == ["confidential-post unchanged ", "challenge unchanged "], "\(apply.all)")
      #expect(try !apply.json()["servers"][0]["warnings"].array.isEmpty)
      #expect(try place.snapshot() == files)
      #expect(sandbox.registrations("confidential-post") == 1)
    }
  }

  /// Numbered servers with one issuer, of which the token endpoint refuses some.
  private func numbered(
    _ count: Int, error: String, refusing refused: Int, _ check: (Workplace, Sandbox) async throws -> Void
  ) async throws {
    var configuration = SandboxConfiguration(kinds: [])
    configuration.numberedServers = count
    let dead = DeadClients()
    configuration.script = { request in
      guard request.endpoint == .token, let id = request.form["client_id"] else { return nil }
      return dead.refuses(id) ? .oauthError(401, error, "unknown") : nil
    }
    try await withSandbox(configuration) { sandbox in
      let servers = sandbox.servers.filter { $0.hasPrefix("n-") }
      let place = try Workplace(servers: servers.map { "\($0): {url: \"\(sandbox.url($0))\"}" }.joined(separator: "\n"))
      #expect(try await place.run("apply").exit == 0)
      var ids: Set<String> = []
      for name in servers.prefix(refused) {
        ids.insert(try #require(try place.entry(name)["client_id"].string))
      }
      dead.set(ids)
      try await check(place, sandbox)
    }
  }

  @Test("PlanAndApply#Mass-changes: more than half of one issuer's clients at once is a false alarm until allowed")
  func manyAtOnce() async throws {
    try await numbered(4, error: "invalid_client", refusing: 3) { place, sandbox in
      let lock = place.lockText
      let plan = try await place.run("plan", "--verify", "--format", "json")
      #expect(plan.exit == 1)
      #expect(try actions(plan).count { $0.hasSuffix(" blocked mass-change") } == 3, "\(plan.all)")
      let message = try plan.json()["servers"][0]["error"]["message"].string ?? ""
      #expect(message.contains("refuses 3 of its 4 clients at once"), "\(message)")
      let apply = try await place.run("apply", "--verify")
      #expect(apply.exit == 1 && place.lockText == lock, "\(apply.all)")
      #expect(sandbox.registrations("n-0001") == 4)
      // A selection does not hide how many there are.
      let one = try await place.run("apply", "--verify", "--only", "n-0001", "--only", "n-0002", "--only", "n-0003")
      #expect(one.exit == 1 && place.lockText == lock, "\(one.all)")
      let allowed = try await place.run("apply", "--verify", "--allow-mass-change")
      #expect(allowed.exit == 0, "\(allowed.all)")
      #expect(sandbox.registrations("n-0001") == 7)
    }
  }

  @Test("PlanAndApply#Mass-changes: fewer are replaced, also with per_issuer and --parallelism")
  func few() async throws {
    try await numbered(8, error: "invalid_client", refusing: 2) { place, sandbox in
      try place.write(
        place.read("servers.yaml").replacingOccurrences(of: "servers:\n", with: "network: {per_issuer: 3}\nservers:\n"))
      let apply = try await place.run("apply", "--verify", "--parallelism", "8", "--format", "json")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try actions(apply).filter { !$0.contains("unchanged") }.count == 2, "\(apply.all)")
      #expect(sandbox.registrations("n-0001") == 10)
      #expect(try await place.run("verify").exit == 0)
    }
  }

  @Test(
    "Registration#Loss-of-a-client: unauthorized_client counts if the endpoint accepts another client, also one that is not selected"
  )
  func unauthorized() async throws {
    try await numbered(3, error: "unauthorized_client", refusing: 1) { place, sandbox in
      // The made-up client gets the same answer.
      let dead = try #require(try place.entry("n-0001")["client_id"].string)
      let plan = try await place.run("plan", "--verify", "--format", "json", "--only", "n-0001")
      #expect(try actions(plan) == ["n-0001 replace registration-lost"], "\(plan.all)")
      #expect(sandbox.registrations("n-0001") == 3 && !dead.isEmpty)
    }
  }

  // MARK: Other findings

  @Test("Registration#Verification: a method that the token endpoint refuses is corrected in the lock file")
  func method() async throws {
    try await withSandbox(.init(kinds: ["confidential-post"])) { sandbox in
      let place = try await place(sandbox, "confidential-post")
      try place.editEntry("confidential-post", ["token_endpoint_auth_method": "client_secret_basic"])
      let plan = try await place.run("plan", "--verify", "--format", "json")
      #expect(try actions(plan) == ["confidential-post update auth-method-changed"], "\(plan.all)")
      let apply = try await place.run("apply", "--verify")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try place.entry("confidential-post")["token_endpoint_auth_method"].string == "client_secret_post")
      #expect(sandbox.registrations("confidential-post") == 1)
      let again = try await place.run("plan", "--verify", "--detailed-exitcode")
      #expect(again.exit == 0 && !again.all.contains("auth-method-unconfirmed"), "\(again.all)")
    }
  }

  @Test("Registration#Renewal: an expired secret is renewed, and is no lost client")
  func expired() async throws {
    try await withSandbox(.init(kinds: ["expiring"])) { sandbox in
      let place = try await place(sandbox, "expiring")
      try place.editEntry("expiring", ["client_secret_expires_at": "2021-01-01T00:00:00Z"])
      sandbox.expireSecrets()
      let plan = try await place.run("plan", "--verify", "--format", "json")
      #expect(try actions(plan) == ["expiring replace secret-expired"], "\(plan.all)")
    }
  }

  @Test(
    "Registration#Loss-of-a-client: a lock file of another branch names an older secret: the client is alive, and is kept"
  )
  func otherBranch() async throws {
    try await withSandbox(.init(kinds: ["managed-rotating"])) { sandbox in
      let place = try await place(sandbox, "managed-rotating")
      let old = try #require(place.lockText)
      #expect(try await place.run("rotate", "managed-rotating").exit == 0)
      try place.write(old, to: Workplace.lockFile)
      let plan = try await place.run("plan", "--verify", "--format", "json")
      #expect(try actions(plan) == ["managed-rotating unchanged "], "\(plan.all)")
      #expect(try plan.json()["servers"][0]["warnings"][0]["code"].string == "secret-mismatch", "\(plan.all)")
    }
  }

  @Test("Registration#Loss-of-a-client: a client of the user that is refused is blocked, and never registered")
  func own() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let issuer = sandbox.issuer("confidential-basic")
      let place = try Workplace(
        servers: """
          own: {url: "\(sandbox.url("confidential-basic"))", oauth2: {client_id: gone, client_secret: {env: OWN}, \
          authorization_endpoint: "\(issuer)/authorize", token_endpoint: "\(issuer)/token"}}
          """)
      let secret = ["OWN": "a-secret-of-ours"]
      #expect(try await place.run("apply", environment: secret).exit == 0)
      let plan = try await place.run("plan", "--verify", "--format", "json", environment: secret)
      #expect(plan.exit == 1)
      #expect(try actions(plan) == ["own blocked registration-lost"], "\(plan.all)")
      #expect(sandbox.registrations("confidential-basic") == 0)
    }
  }

  @Test("ThreatModel#A-shared-machine: the secret of a client whose endpoints change is not sent to the old ones")
  func moved() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try await place(sandbox, "confidential-basic")
      sandbox.change("confidential-basic") {
        $0.issuerMetadataChanges["token_endpoint"] = .string(sandbox.issuer("confidential-basic") + "/token?moved")
      }
      sandbox.forgetRequests()
      let plan = try await place.run("plan", "--refresh", "--verify", "--format", "json")
      #expect(try actions(plan) == ["confidential-basic update endpoints-changed"], "\(plan.all)")
      #expect(!sandbox.requests().contains { $0.endpoint == .token })
    }
  }
}

/// The ids of clients that a server lost.
private final class DeadClients: Sendable {
  private let ids = Mutex<Set<String>>([])

  func set(_ dead: Set<String>) { ids.withLock { $0 = dead } }

  /// A made-up client is unknown too.
  func refuses(_ id: String) -> Bool {
    ids.withLock { !$0.isEmpty && ($0.contains(id) || id.hasPrefix("mcpauth-made-up")) }
  }
}
