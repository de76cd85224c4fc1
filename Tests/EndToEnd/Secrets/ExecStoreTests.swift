import Foundation
import MCPAuthSandbox
import Testing

/// Secrets in a store program (SecretStores#Exec).
@Suite struct ExecStoreTests {
  static let head = "secrets: {store: exec, command: [mcpauth-store-fake]}"

  /// The records of a server in the program, with their versions.
  private func records(_ place: Workplace, _ server: String) -> [String] {
    place.names(in: "kept").filter { $0.contains("+\(server)+") && $0.hasSuffix(".json") }.sorted()
  }

  @Test("SecretStores#Exec: apply, export, rotate, prune and a stored value keep and read their secrets in the program")
  func life() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let server = "s: {url: \"\(sandbox.url("confidential-basic"))\"}"
      let key = "x: {url: \"https://x.example/\", auth: api_key, api_key: {header: X-Key, value: {stored: k}}}"
      let place = try Workplace(servers: server + "\n" + key, head: Self.head)
      let environment = try place.makeStoreProgram()
      try await place.set("k", "value-of-k", environment: environment)
      let apply = try await place.run("apply", environment: environment)
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(records(place, "s").count == 1 && place.names(in: "kept").contains(".stored+k.json"))
      #expect(place.names(in: "kept").count == 2, "the proof was removed")
      #expect(!place.exists(Workplace.secrets))
      let secret = try await place.run("secrets", "get", "s", environment: environment).out.dropLast()
      #expect(secret.count > 8 && !apply.all.contains(secret))

      let export = try await place.run(
        "export", "--to", "dotenv", "--secrets", "inline", environment: environment)
      #expect(export.exit == 0 && export.out.contains(secret) && export.out.contains("value-of-k"), "\(export.err)")
      #expect(try await place.run("plan", "--detailed-exitcode", environment: environment).exit == 0)

      let before = try place.snapshot()
      let rotate = try await place.run("rotate", "s", environment: environment)
      #expect(rotate.exit == 0, "\(rotate.all)")
      #expect(records(place, "s").count == 2)
      let renewed = try await place.run("secrets", "get", "s", environment: environment).out.dropLast()
      #expect(renewed != secret)
      // The lock file of an earlier commit does not name the new record.
      try place.restore("servers.lock.json", of: before)
      let prune = try await place.run("secrets", "prune", "--yes", environment: environment)
      #expect(prune.exit == 0, "\(prune.all)")
      #expect(records(place, "s").count == 1)
      let check = try await place.secretsJSON("check", environment: environment)
      #expect(check["store"].string == "exec")
      #expect(sandbox.registrations("confidential-basic") == 2)
    }
  }

  @Test("SecretStores#Moving-between-stores: from age to a store program and back, with its arguments")
  func moves() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let key = try await AgeKey.make()
      let server = "s: {url: \"\(sandbox.url("managed"))\"}"
      let place = try Workplace(servers: server, head: AgeKey.head(key))
      let environment = key.environment.merging(try place.makeStoreProgram()) { $1 }
      #expect(try await place.run("apply", environment: environment).exit == 0)
      let secret = try await place.run("secrets", "get", "s", environment: environment).out

      // A program that is named on the command line needs no other permission.
      var unnamed = environment
      unnamed["MCPAUTH_STORE_PROGRAMS"] = nil
      let words = ["--command", "mcpauth-store-fake", "--command", "--prefix", "--command", "a b"]
      let there = try await place.run(
        ["secrets", "move", "--to", "exec"] + words + ["--remove", "--format", "json"], environment: unnamed)
      #expect(there.exit == 0, "\(there.all)")
      #expect(try SchemaCheck("secrets").problems(there.out) == [])
      let block = try #require(try there.json()["block"].string)
      #expect(block == "secrets: {store: exec, command: [mcpauth-store-fake, \"--prefix\", \"a b\"]}")
      #expect(records(place, "s").count == 1)
      #expect(place.names(in: Workplace.ageFolder).allSatisfy { !$0.hasSuffix(".age") })
      try place.write(servers: server, head: block)
      #expect(try await place.run("secrets", "get", "s", environment: environment).out == secret)
      #expect(try await place.run("apply", environment: environment).exit == 0)
      #expect(try await place.run("plan", "--detailed-exitcode", environment: environment).exit == 0)

      // The inventory names the age store first.
      try place.write(servers: server, head: AgeKey.head(key))
      let copied = try await place.run(
        ["secrets", "move", "--from", "exec"] + words + ["--format", "json"], environment: unnamed)
      #expect(copied.exit == 0, "\(copied.all)")
      let removal = try #require(try copied.json()["remove_with"].string)
      let flags = "--command mcpauth-store-fake --command '--prefix' --command 'a b'"
      #expect(removal == "mcpauth secrets move --from exec \(flags) --remove")
      let back = try await place.run(
        ["secrets", "move", "--from", "exec"] + words + ["--remove"], environment: unnamed)
      #expect(back.exit == 0, "\(back.all)")
      #expect(records(place, "s").isEmpty)
      #expect(try await place.run("secrets", "get", "s", environment: environment).out == secret)
      #expect(sandbox.clients().count == 1)
    }
  }

  @Test("SecretStores#Programs: a store program that the environment does not name is not run")
  func refused() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace(
        servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}", head: Self.head)
      var environment = try place.makeStoreProgram()
      for programs in [nil, "fake", "mcpauth-store-other", "/bin/mcpauth-store-fake"] {
        environment["MCPAUTH_STORE_PROGRAMS"] = programs
        for command in [["apply"], ["secrets", "list"]] {
          let run = try await place.run(command, environment: environment)
          #expect(run.exit == 1 && run.all.contains("servers.yaml:2:18: error[store-program-refused]"), "\(run.all)")
          #expect(run.all.contains("MCPAUTH_STORE_PROGRAMS=mcpauth-store-fake"))
        }
      }
      #expect(sandbox.registrations("confidential-basic") == 0)
      #expect(place.names(in: "kept").isEmpty && place.lockText == nil)
    }
  }

  @Test("SecretStores#Programs: the question on a terminal shows the arguments of the inventory")
  func asked() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace(
        servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}",
        head: "secrets: {store: exec, command: [mcpauth-store-fake, --profile, prod]}")
      var environment = try place.makeStoreProgram()
      environment["MCPAUTH_STORE_PROGRAMS"] = nil
      let question = "run it? only 'yes' is accepted: "
      let session = try await Terminal.run(
        place, ["apply", "--yes"], [.init(wait: question, send: "yes\n")], environment: environment)
      #expect(session.exit == 0, "\(session.shown)")
      #expect(session.shown.components(separatedBy: question).count == 2, "\(session.shown)")
      #expect(session.shown.contains("mcpauth-store-fake '--profile' prod"), "\(session.shown)")
    }
  }
}
