import Foundation
import MCPAuthSandbox
import Testing

/// `mcpauth rotate` (PlanAndApply#Commands). Tests of the binary.
@Suite struct RotateTests {
  @Test(
    "Registration#Management: in place if the server supports it, or else with a new client; other servers get no request"
  )
  func rotates() async throws {
    let kinds = ["managed-rotating", "confidential-basic", "challenge"]
    try await withSandbox(.init(kinds: kinds)) { sandbox in
      let place = try Workplace(
        servers: kinds.map { "\($0): {url: \"\(sandbox.url($0))\"}" }.joined(separator: "\n"))
      #expect(try await place.run("apply").exit == 0)
      let before = try kinds.map { try place.entry($0)["client_id"].string }
      let secrets = try ["managed-rotating", "confidential-basic"].map { try place.record($0)["client_secret"].string }
      sandbox.forgetRequests()

      let run = try await place.run(
        "rotate", "managed-rotating", "confidential-basic", "servers.yaml", "--format", "json")
      #expect(run.exit == 0, "\(run.all)")
      let document = try run.json()
      #expect(document["servers"].array.map { $0["action"].string } == ["update", "replace"])
      #expect(document["servers"].array.allSatisfy { $0["reasons"].strings == ["rotate-requested"] })
      #expect(try SchemaCheck("plan").problems(run.out) == [])
      #expect(sandbox.requests().allSatisfy { $0.kind != "challenge" })

      let after = try kinds.map { try place.entry($0)["client_id"].string }
      #expect(before[0] == after[0] && before[1] != after[1] && before[2] == after[2])
      let renewed = try ["managed-rotating", "confidential-basic"].map { try place.record($0)["client_secret"].string }
      #expect(secrets[0] != renewed[0] && secrets[1] != renewed[1])
      for secret in (secrets + renewed).compactMap(\.self) { #expect(!run.all.contains(secret)) }
      #expect(try place.lock()["orphans"].array.map { $0["client_id"].string } == [before[1]])
      #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
    }
  }

  @Test("PlanAndApply#Commands: a lost record blocks apply, and rotate solves it")
  func lostRecord() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("managed"))\"}")
      #expect(try await place.run("apply").exit == 0)
      try place.remove(place.recordPath("s"))
      let blocked = try await place.run("apply")
      #expect(blocked.exit == 1 && blocked.all.contains("secret-missing") && blocked.all.contains("mcpauth rotate s"))
      let run = try await place.run("rotate", "s")
      #expect(run.exit == 0, "\(run.all)")
      #expect(run.out.contains("users must reconnect"))
      #expect(sandbox.registrations("managed") == 2)
      #expect(try await place.run("apply").exit == 0)
    }
  }

  @Test("Registration#Renewal: an update without a new secret is renewal-ineffective")
  func ineffective() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("managed"))\"}")
      #expect(try await place.run("apply").exit == 0)
      let secret = try place.record("s")["client_secret"].string
      let run = try await place.run("rotate", "s")
      #expect(run.exit == 1 && run.all.contains("renewal-ineffective"), "\(run.all)")
      #expect(try place.record("s")["client_secret"].string == secret)
      #expect(sandbox.registrations("managed") == 1)
    }
  }

  @Test(
    "InventoryReference#OAuth2-block, PlanAndApply#Protection: protect refuses to replace a client, and the limit of mass changes applies"
  )
  func guards() async throws {
    var configuration = SandboxConfiguration(kinds: ["confidential-basic"])
    configuration.numberedServers = 4
    try await withSandbox(configuration) { sandbox in
      let numbered = (1...4).map { "n\($0): {url: \"\(sandbox.url("n-000\($0)"))\"}" }
      let place = try Workplace(
        servers: (numbered + ["p: {url: \"\(sandbox.url("confidential-basic"))\", protect: true}"]).joined(
          separator: "\n"))
      #expect(try await place.run("apply").exit == 0)
      let lock = place.lockText
      let protected = try await place.run("rotate", "p")
      #expect(protected.exit == 1 && protected.all.contains("protected"), "\(protected.all)")
      let mass = try await place.run("rotate", "n1", "n2", "n3", "n4")
      #expect(mass.exit == 1 && mass.all.contains("mass-change"), "\(mass.all)")
      #expect(place.lockText == lock)
      let meant = try await place.run("rotate", "n1", "n2", "n3", "n4", "--allow-mass-change")
      #expect(meant.exit == 0, "\(meant.all)")
    }
  }

  @Test("an unknown name is wrong usage, with the nearest name; no name is also wrong usage")
  func usage() async throws {
    let place = try Workplace(servers: FlagsTests.none)
    let unknown = try await place.run("rotate", "dosc")
    #expect(unknown.exit == 64 && unknown.err.contains("did you mean 'docs'?"), "\(unknown.all)")
    #expect(try await place.run("rotate", "servers.yaml").exit == 64)
    let nothing = try await place.run("rotate", "docs")
    #expect(nothing.exit == 1 && nothing.all.contains("nothing-to-rotate"), "\(nothing.all)")
    #expect(place.lockText == nil)
  }
}
