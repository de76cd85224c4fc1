import Foundation
import MCPAuthSandbox
import Testing

/// Changes of a work tree between two runs (Reliability#Order-of-writes).
@Suite struct InterleavingTests {
  static func inventory(_ sandbox: Sandbox, generation: Int = 0) -> String {
    "a: {url: \"\(sandbox.url("confidential-basic"))\", oauth2: {generation: \(generation)}}"
  }

  /// A new folder with some of the files of this one.
  static func copy(_ place: Workplace, _ names: String...) throws -> Workplace {
    let other = try Workplace()
    for name in names where place.exists(name) {
      try FileManager.default.copyItem(at: place.path(name), to: other.path(name))
    }
    return other
  }

  @Test(
    "Reliability#Order-of-writes: after a kill on one branch, another is checked out: the journal belongs to the first, and is not used"
  )
  func otherBranch() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace(servers: Self.inventory(sandbox))
      #expect(try await place.run("apply").exit == 0)
      let branch = try Self.copy(place, "servers.yaml", "servers.lock.json", ".mcpauth")
      try branch.write(servers: Self.inventory(sandbox, generation: 1))
      #expect(try await branch.run("apply", "--allow-mass-change").exit == 0)

      try place.write(servers: Self.inventory(sandbox, generation: 2))
      sandbox.change("confidential-basic") { $0.faults[.register] = SandboxFault(.hang, takesEffect: true) }
      let running = try place.start(["apply", "--allow-mass-change"])
      try await eventually("the third client is made") { sandbox.registrations("confidential-basic") == 3 }
      running.send(SIGKILL)
      _ = try await running.finish()
      try place.write(branch.read("servers.lock.json"), to: "servers.lock.json")
      let before = try place.snapshot()
      sandbox.forgetRequests()
      for command in ["plan", "apply"] {
        let run = try await place.run(command)
        #expect(run.exit == 1 && run.all.contains("error[journal-foreign]"), "\(run.all)")
      }
      #expect(sandbox.requests().isEmpty)
      #expect(try place.snapshot() == before)
    }
  }

  @Test(
    "Reliability#Order-of-writes: an old .mcpauth with a newer lock file: the secret is missing, and no client is registered"
  )
  func oldState() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace(servers: Self.inventory(sandbox))
      #expect(try await place.run("apply").exit == 0)
      let old = try Self.copy(place, ".mcpauth")
      try place.write(servers: Self.inventory(sandbox, generation: 1))
      #expect(try await place.run("apply", "--allow-mass-change").exit == 0)
      let kept = try Self.copy(place, ".mcpauth")
      try place.remove(".mcpauth")
      try FileManager.default.copyItem(at: old.path(".mcpauth"), to: place.path(".mcpauth"))
      let lock = place.lockText
      let run = try await place.run("apply")
      #expect(run.exit == 1 && run.all.contains("error[secret-missing]"), "\(run.all)")
      #expect(sandbox.registrations("confidential-basic") == 2)
      #expect(place.lockText == lock)
      try place.remove(".mcpauth")
      try FileManager.default.copyItem(at: kept.path(".mcpauth"), to: place.path(".mcpauth"))
      #expect(try await place.run("plan", "--detailed-exitcode").exit == 0)
    }
  }

  @Test(
    "PlanAndApply#Lock-file: a lost lock file is not a first apply, with or without secret records",
    arguments: [true, false])
  func lostLock(hasRecords: Bool) async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["confidential-basic", "challenge"])) { sandbox in
      let kind = hasRecords ? "confidential-basic" : "challenge"
      let place = try Workplace(servers: "a: {url: \"\(sandbox.url(kind))\"}")
      #expect(try await place.run("apply").exit == 0)
      try place.remove("servers.lock.json")
      for command in ["plan", "apply"] {
        let run = try await place.run(command)
        #expect(run.exit == 1 && run.all.contains("error[lock-missing]"), "\(run.all)")
      }
      #expect(sandbox.registrations(kind) == 1)
    }
  }

  @Test("Reliability#Promise: an inventory that was renamed without its lock file registers nothing again")
  func renamed() async throws {
    try await withSandbox(SandboxConfiguration(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace(servers: Self.inventory(sandbox))
      #expect(try await place.run("apply").exit == 0)
      try FileManager.default.moveItem(at: place.path("servers.yaml"), to: place.path("mcp.yaml"))
      let before = try place.snapshot()
      var said = ""
      for command in ["plan", "apply"] {
        let run = try await place.run(command, "mcp.yaml")
        #expect(run.exit == 1 && run.all.contains("error[lock-missing]"), "\(run.all)")
        said =
          run.err.split(separator: "\n").first { $0.contains("rename what is named after it") }.map(String.init) ?? ""
      }
      #expect(try place.snapshot() == before)
      #expect(sandbox.registrations("confidential-basic") == 1)
      // The command from the help text.
      let wayOut = try #require(said.range(of: "too: ").map { String(said[$0.upperBound...]) })
      let renamed = try RunningBinary("/bin/sh", ["-ec", wayOut], in: place.folder, environment: [:])
      #expect(try await renamed.finish().exit == 0)
      let plan = try await place.run("plan", "mcp.yaml", "--detailed-exitcode")
      #expect(plan.exit == 0, "\(plan.all)")
    }
  }

  @Test("Reliability#Promise: after a refused push, a fresh clone with the uploaded files registers nothing again")
  func freshClone() async throws {
    let key = try await Workplace().run("secrets", "keygen")
    let recipient = key.err.split(separator: " ").last.map { $0.trimmingCharacters(in: .newlines) } ?? ""
    let identity = key.out.split(separator: "\n").last.map(String.init) ?? ""
    try await withSandbox(SandboxConfiguration(kinds: ["confidential-basic", "challenge"])) { sandbox in
      let runner = try Workplace(
        servers: Self.inventory(sandbox) + "\nb: {url: \"\(sandbox.url("challenge"))\"}",
        head: "secrets: {store: age, recipients: [\(recipient)]}")
      #expect(try await runner.run("apply", environment: ["CI": "1"]).exit == 0)
      sandbox.forgetRequests()
      // The artifact has the lock file and the ciphertext. The clone has neither .mcpauth nor a key.
      let clone = try Self.copy(runner, "servers.yaml", "servers.lock.json", "servers.secrets")
      let again = try await clone.run("apply", environment: ["CI": "1"])
      #expect(again.exit == 0 && sandbox.requests().isEmpty, "\(again.all)")
      // With the ciphertext only: a lost lock file is not a first apply.
      let half = try Self.copy(runner, "servers.yaml", "servers.secrets")
      let refused = try await half.run("apply", environment: ["CI": "1", "MCPAUTH_AGE_KEY": identity])
      #expect(refused.exit == 1 && refused.all.contains("error[lock-missing]"), "\(refused.all)")
      #expect(sandbox.requests().isEmpty)
    }
  }
}
