import Foundation
import MCPAuthSandbox
import Testing

/// `mcpauth secrets rekey` (SecretStores#Commands): an age store with changed recipients.
@Suite struct SecretsRekeyTests {
  @Test("SecretStores#Commands: only the new key can read records, records of orphans and stored values")
  func rekey() async throws {
    try await withSandbox(.init(kinds: ["managed", "confidential-basic"])) { sandbox in
      let (old, new) = (try await AgeKey.make(), try await AgeKey.make())
      let servers = """
        s: {url: "\(sandbox.url("managed"))"}
        t: {url: "\(sandbox.url("confidential-basic"))"}
        """
      let place = try Workplace(servers: servers, head: AgeKey.head(old))
      #expect(try await place.run("apply").exit == 0)
      try await place.set("k", "value-of-k")
      let forgotten = try await place.run("state", "forget", "t", environment: old.environment)
      #expect(forgotten.exit == 0, "\(forgotten.err)")
      let secret = try await place.run("secrets", "get", "s", environment: old.environment).out
      try place.write(servers: servers, head: AgeKey.head(new))
      let before = try place.snapshot()

      let refused = try await place.secretsJSON("rekey", exit: 1)
      #expect(refused["error"]["code"].string == "secret-unreadable")
      let look = try await place.secretsJSON("rekey", "--check", exit: 1, environment: old.environment)
      #expect(look["summary"]["surely_for_others"].integer == 4)
      #expect(look["summary"]["encrypted"].integer == 0)
      #expect(try place.snapshot() == before)

      let run = try await place.run("secrets", "rekey", environment: old.environment)
      #expect(run.exit == 0, "\(run.all)")
      #expect(run.out.contains("rekey: 4 encrypted again to 1 recipient"), "\(run.out)")
      #expect(run.err.contains("encrypted to other identities now"), "\(run.err)")
      #expect(try await place.run("secrets", "get", "s", environment: new.environment).out == secret)
      #expect(
        try await place.run("secrets", "get", "--stored", "k", environment: new.environment).out == "value-of-k\n")
      #expect(try await place.run("secrets", "get", "s", environment: old.environment).exit == 1)
      #expect(
        try await place.secretsJSON("rekey", "--check", environment: new.environment)["summary"]["maybe_alike"].integer
          == 4)
      #expect(place.lockText.map { Data($0.utf8) } == before[Workplace.lockFile])
    }
  }

  @Test(
    "SecretStores#Commands: an unreadable file is named and unchanged, the others are encrypted again, and the exit code is 1"
  )
  func unreadable() async throws {
    let (old, new, stranger) = (try await AgeKey.make(), try await AgeKey.make(), try await AgeKey.make())
    let servers = "a: {url: \"https://a.example/mcp\", auth: none}"
    let place = try Workplace(servers: servers, head: AgeKey.head(stranger))
    try await place.set("foreign", "value-of-foreign")
    try place.write(servers: servers, head: AgeKey.head(old))
    try await place.set("mine", "value-of-mine")
    try place.write(servers: servers, head: AgeKey.head(new))
    let foreign = Workplace.ageFolder + "/stored/foreign.age"
    let before = try place.read(foreign)
    let document = try await place.secretsJSON("rekey", exit: 1, environment: old.environment)
    #expect(document["summary"]["encrypted"].integer == 1 && document["summary"]["failed"].integer == 1)
    #expect(document["diagnostics"].array.contains { $0["notes"].strings?.first?.contains("'foreign.age'") == true })
    #expect(try place.read(foreign) == before)
    #expect(try await place.run("secrets", "get", "--stored", "mine", environment: new.environment).exit == 0)
  }

  @Test("SecretStores#Age: a value that is set before the first apply is no reason for the warning recipients-unknown")
  func setFirst() async throws {
    let key = try await AgeKey.make()
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}", head: AgeKey.head(key))
    try await place.set("foo", "value-of-foo")
    let plan = try await place.run("plan", "--format", "json").json()
    #expect(plan["warnings"].array.isEmpty)
    #expect(plan["store_changes"].array.isEmpty)
  }

  @Test("SecretStores#Commands: a store without recipients has nothing to encrypt again")
  func unsupported() async throws {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    let document = try await place.secretsJSON("rekey", exit: 1)
    #expect(document["error"]["code"].string == "store-unsupported")
    #expect(!place.exists(".mcpauth"))
  }

  /// Four hundred stored values in an age store.
  static let count = 400

  private func many(_ key: AgeKey) async throws -> Workplace {
    let place = try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
    try place.plant(Dictionary(uniqueKeysWithValues: (0..<Self.count).map { ("k\($0)", "value-of-\($0)-x") }))
    let move = try await place.run(
      "secrets", "move", "--to", "age", "--recipient", key.recipient, environment: key.environment)
    #expect(move.exit == 0, "\(move.all)")
    return place
  }

  @Test(
    "SecretStores#Commands: after a kill, every file is complete and for the old or the new key, and a second run completes it",
    arguments: [1, 60, 300])
  func killed(changed: Int) async throws {
    let (old, new) = (try await AgeKey.make(), try await AgeKey.make())
    let place = try await many(old)
    let both = ["MCPAUTH_AGE_KEY": old.identity + "\n" + new.identity]
    try place.write(servers: "a: {url: \"https://a.example/mcp\", auth: none}", head: AgeKey.head(new))
    let folder = place.path(Workplace.ageFolder + "/stored").path
    func stamps() throws -> Set<UInt64> {
      Set(
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".age") }.map { name in
          let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
          return (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
        })
    }
    let before = try stamps()
    let run = try place.start(["secrets", "rekey"], environment: both)
    try await eventually("\(changed) files are new", within: 60) {
      try !run.isRunning || before.subtracting(stamps()).count >= changed
    }
    run.send(SIGKILL)
    _ = try await run.finish()
    let check = try await place.secretsJSON("check", environment: both)
    #expect(check["summary"]["stored"].integer == Self.count && check["problems"].array.isEmpty)
    let again = try await place.run("secrets", "rekey", environment: both)
    #expect(again.exit == 0, "\(again.all)")
    let done = try await place.secretsJSON("check", environment: new.environment)
    #expect(done["summary"]["stored"].integer == Self.count && done["problems"].array.isEmpty)
    #expect(try await place.run("secrets", "rekey", "--check", environment: both).exit == 0)
    #expect(
      try await place.run("secrets", "get", "--stored", "k7", environment: new.environment).out == "value-of-7-x\n")
    // Incomplete files of the killed run are removed.
    #expect(place.names(in: Workplace.ageFolder + "/stored").allSatisfy { $0.hasSuffix(".age") && !$0.hasPrefix(".") })
  }

  @Test("Reliability#Signals: a signal ends it between two files, and the message has the number of unchanged files")
  func signal() async throws {
    let (old, new) = (try await AgeKey.make(), try await AgeKey.make())
    let place = try await many(old)
    try place.write(servers: "a: {url: \"https://a.example/mcp\", auth: none}", head: AgeKey.head(new))
    let both = ["MCPAUTH_AGE_KEY": old.identity + "\n" + new.identity]
    let folder = Workplace.ageFolder + "/stored"
    let first = try place.read(folder + "/k0.age")
    let run = try place.start(["secrets", "rekey"], environment: both)
    try await eventually("one is new", within: 60) { try !run.isRunning || place.read(folder + "/k0.age") != first }
    run.send(SIGTERM)
    let result = try await run.finish()
    // The run may have ended before the signal arrived.
    #expect(result.exit == 0 || (result.exit == 1 && result.err.contains("error[interrupted]")), "\(result.all)")
    #expect(try await place.run("secrets", "check", environment: both).exit == 0)
  }
}
