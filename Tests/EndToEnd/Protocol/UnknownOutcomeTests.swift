import Foundation
import MCPAuthSandbox
import Testing

/// A registration with an unknown outcome (Registration#Unknown-outcomes, Reliability#Order-of-writes). Tests of the binary.
@Suite struct UnknownOutcomeTests {
  static let kinds = [
    "lost-answer", "silent", "server-error", "half-answer", "endless-answer", "html-answer", "no-client-id",
  ]

  @Test(
    "Registration#Unknown-outcomes: the unknown outcome is reported: exit code 1, and an entry in the orphans of the lock",
    arguments: kinds)
  func named(kind: String) async throws {
    let it = try await KindRuns.run(kind)
    #expect(it.run.exit == 1)
    #expect(it.code == "registration-outcome-unknown")
    #expect(it.bodies.count == 1, "never repeated")
    #expect(it.registrations == 1, "and there is one, which nobody can know")
    #expect(it.entry.isMissing)
    #expect(it.lock["orphans"].array.count == 1)
    let orphan = it.lock["orphans"][0]
    #expect(orphan["server"].string == kind)
    #expect(orphan["issuer"].string == it.issuer)
    #expect(orphan["client_id"].isNull)
    #expect(orphan["reason"].string == "outcome-unknown")
    #expect(orphan["managed"].bool == false)
    #expect(orphan["retried"].isMissing)
    #expect(orphan["since"].string?.hasSuffix("Z") == true)
    let help = it.server["error"]["help"].string ?? ""
    #expect(help.contains("--retry-unknown"))
    #expect(help.contains("mcpauth import"))
    #expect(it.server["error"]["message"].string?.contains(it.issuer) == true)
  }

  @Test(
    "Reliability#Order-of-writes: no run registers again without --retry-unknown; after it, the mark stays and is marked as retried",
    arguments: [
      "lost-answer", "server-error", "half-answer", "html-answer", "no-client-id",
    ])
  func retried(kind: String) async throws {
    try await withServers(SandboxConfiguration(kinds: [kind])) { sandbox in
      let first = try await sandbox.apply(kind)
      let place = first.place
      let mark = first.lock["orphans"][0]

      // The server is repaired, but mcpauth cannot know whether the first request created a client.
      sandbox.change(kind) {
        $0.faults = [:]
        $0.registration.answerChanges = [:]
      }
      let files = try place.snapshot()
      for options in [[], ["--refresh"], ["--yes"]] {
        let blocked = try await sandbox.apply(kind, in: place, options: options)
        #expect(blocked.run.exit == 1)
        #expect(blocked.code == "registration-outcome-unknown")
        #expect(blocked.server["action"].string == "blocked")
        #expect(blocked.server["outcome"].string == "failed")
        #expect(blocked.requests.allSatisfy { !$0.isToAnAuthorizationServer }, "\(blocked.trail)")
        #expect(blocked.server["error"]["message"].string?.contains(mark["since"].string ?? "-") == true)
        #expect(try place.snapshot() == files)
      }
      let plan = try await place.run("plan", "--format", "json")
      #expect(plan.exit == 1)
      #expect(try plan.json()["servers"][0]["reasons"].strings == ["registration-outcome-unknown"])

      // The journal can be lost with the runner. The committed lock file has the mark too.
      try FileManager.default.removeItem(at: place.path(".mcpauth"))
      let elsewhere = try await sandbox.apply(kind, in: place)
      #expect(elsewhere.code == "registration-outcome-unknown", "\(elsewhere.run.out)")
      #expect(sandbox.registrations(kind) == 1)

      let retried = try await sandbox.apply(kind, in: place, options: ["--retry-unknown"])
      #expect(retried.run.exit == 0, "\(retried.run.out)")
      #expect(retried.server["action"].string == "register")
      #expect(sandbox.registrations(kind) == 2)
      #expect(retried.entry["client_id"].string == sandbox.clients().last?.clientID)
      #expect(retried.lock["orphans"].array.count == 1)
      let settled = retried.lock["orphans"][0]
      #expect(settled["retried"].bool == true)
      #expect(settled["since"].string == mark["since"].string)
      #expect(settled["client_id"].isNull)
      try await CodeFlow(retried).check()

      let after = try place.snapshot()
      let quiet = try await sandbox.apply(kind, in: place)
      #expect(quiet.run.exit == 0)
      #expect(quiet.server["action"].string == "unchanged")
      #expect(quiet.requests.isEmpty)
      #expect(try place.snapshot() == after)
    }
  }

  @Test(
    "Reliability#Order-of-writes: a second unknown outcome after --retry-unknown leaves two marks, and blocks again")
  func unknownAgain() async throws {
    try await withServers(SandboxConfiguration(kinds: ["server-error"])) { sandbox in
      let first = try await sandbox.apply("server-error")
      let second = try await sandbox.apply("server-error", in: first.place, options: ["--retry-unknown"])
      #expect(second.code == "registration-outcome-unknown")
      #expect(sandbox.registrations("server-error") == 2)
      let marks = second.lock["orphans"].array
      #expect(marks.count == 2, "\(second.lock)")
      #expect(marks.filter { $0["retried"].bool == true }.count == 1)
      let third = try await sandbox.apply("server-error", in: first.place)
      #expect(third.code == "registration-outcome-unknown")
      #expect(sandbox.registrations("server-error") == 2)
    }
  }

  @Test(
    "Registration#Unknown-outcomes: a request that was never sent is not an unknown outcome; the next run registers")
  func neverSent() async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      // No process listens on port 1.
      sandbox.change("challenge") {
        $0.issuerMetadataChanges = ["registration_endpoint": "http://127.0.0.1:1/register"]
      }
      let it = try await sandbox.apply("challenge")
      #expect(it.code == "unreachable", "\(it.run.out)")
      #expect(it.lock["orphans"].array.isEmpty)
      sandbox.change("challenge") { $0.issuerMetadataChanges = [:] }
      let again = try await sandbox.apply("challenge", in: it.place)
      #expect(again.run.exit == 0, "\(again.run.out)")
      #expect(again.registrations == 1)
    }
  }

  @Test(
    "Registration#Unknown-outcomes: a connection that is closed or reset before the answer leaves an unknown outcome",
    arguments: [
      SandboxAnswer.Manner.drop, .dropEarly, .reset,
    ])
  func closed(manner: SandboxAnswer.Manner) async throws {
    try await withServers(SandboxConfiguration(kinds: ["challenge"])) { sandbox in
      sandbox.answer("POST", "/as/challenge/register", with: .none(manner))
      let it = try await sandbox.apply("challenge")
      #expect(it.code == "registration-outcome-unknown", "\(it.run.out)")
      #expect(it.lock["orphans"].array.count == 1)
      #expect(it.requests.filter { $0.path == "/as/challenge/register" }.count <= 1)
    }
  }
}
