import Foundation
import MCPAuthSandbox
import Testing

/// Store programs that fail in the middle of an apply (SecretStores#Exec).
@Suite struct ExecTroubleTests {
  private static let verbs = #"verb, answer = request["verb"], {}"#
  private static let end = "print(json.dumps(answer))"

  /// Changes the program of `makeStoreProgram`.
  ///
  /// - Parameters:
  ///   - first: Python that runs before the request is done.
  ///   - last: Python that runs after it is done, before the answer.
  private func spoil(_ place: Workplace, first: String = "pass", last: String = "pass") throws {
    let name = "bin/mcpauth-store-fake"
    let text = try place.read(name)
    try #require(text.contains(Self.verbs) && text.contains(Self.end))
    try place.write(
      text.replacingOccurrences(of: Self.verbs, with: "\(Self.verbs)\n\(first)")
        .replacingOccurrences(of: Self.end, with: "\(last)\n\(Self.end)"),
      to: name)
  }

  /// A record, and not the proof.
  private static let isRecord = #"verb == "create" and not request["name"].startswith(".proof")"#

  @Test("SecretStores#Exec: a record that is in the store counts as stored, also if the program failed")
  func storedAndFailed() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("managed"))\"}", head: ExecStoreTests.head)
      let environment = try place.makeStoreProgram()
      try spoil(place, last: "if \(Self.isRecord): sys.exit(1)")
      let apply = try await place.run("apply", environment: environment)
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(try await place.run("plan", "--detailed-exitcode", environment: environment).exit == 0)
      #expect(sandbox.registrations("managed") == 1 && sandbox.clients().count == 1)
    }
  }

  @Test(
    "Reliability#When-an-answer-cannot-be-stored: a client whose record a store program may have stored is not deleted")
  func unknown() async throws {
    try await withSandbox(.init(kinds: ["managed"])) { sandbox in
      let place = try Workplace(servers: "s: {url: \"\(sandbox.url("managed"))\"}", head: ExecStoreTests.head)
      let environment = try place.makeStoreProgram()
      try spoil(
        place, first: #"if os.path.exists(kept + "/down"): sys.exit(1)"#,
        last: "if \(Self.isRecord): open(kept + \"/down\", \"w\"); sys.exit(1)")
      let apply = try await place.run("apply", environment: environment)
      #expect(apply.exit == 1 && apply.all.contains("error[store-outcome-unknown]"), "\(apply.all)")
      #expect(!apply.all.contains("was deleted again"), "\(apply.all)")
      #expect(sandbox.clients().count == 1)

      try place.remove("kept/down")
      _ = try place.makeStoreProgram()
      let again = try await place.run("apply", environment: environment)
      #expect(again.exit == 0, "\(again.all)")
      #expect(sandbox.registrations("managed") == 1 && sandbox.clients().count == 1)
      #expect(try await place.run("verify", environment: environment).exit == 0)
    }
  }

  @Test("Reliability#Recovery: a record that a program cannot return now is not registered a second time")
  func unreadAndUnlocked() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic", "managed"])) { sandbox in
      let kept = "a: {url: \"\(sandbox.url("managed"))\"}"
      let place = try Workplace(servers: kept, head: ExecStoreTests.head)
      let environment = try place.makeStoreProgram()
      #expect(try await place.run("apply", environment: environment).exit == 0)
      let before = try place.snapshot()
      try place.write(
        servers: kept + "\ns: {url: \"\(sandbox.url("confidential-basic"))\"}", head: ExecStoreTests.head)
      #expect(try await place.run("apply", environment: environment).exit == 0)

      // The lock file of an earlier commit does not have the second server.
      try place.restore("servers.lock.json", of: before)
      try spoil(place, first: #"if verb == "get" and "/s/" in request["name"]: sys.exit("unavailable")"#)
      for command in ["plan", "apply"] {
        let run = try await place.run(command, environment: environment)
        #expect(run.exit == 1 && run.all.contains("error[secret-unreadable]"), "\(run.all)")
      }
      #expect(sandbox.registrations("confidential-basic") == 1)

      _ = try place.makeStoreProgram()
      let again = try await place.run("apply", environment: environment)
      #expect(again.exit == 0, "\(again.all)")
      #expect(sandbox.registrations("confidential-basic") == 1 && sandbox.clients().count == 2)
    }
  }

  @Test("SecretStores#Programs: after an interrupted first apply, plan does not report the records as missing")
  func interruptedFirst() async throws {
    try await withSandbox(.init(kinds: ["managed", "confidential-basic"])) { sandbox in
      let servers = """
        a: {url: "\(sandbox.url("managed"))"}
        b: {url: "\(sandbox.url("confidential-basic"))"}
        """
      let place = try Workplace(servers: servers, head: ExecStoreTests.head)
      let environment = try place.makeStoreProgram()
      // The second record is stored, and mcpauth is killed before it reads it back.
      try spoil(
        place,
        last: """
          if \(Self.isRecord) and sum("proof" not in n for n in os.listdir(kept)) == 2:
              import signal; os.kill(os.getppid(), signal.SIGKILL)
          """)
      let killed = try await place.run("apply", "--parallelism", "1", environment: environment)
      #expect(killed.exit != 0 && place.lockText == nil, "\(killed.all)")
      try #require(sandbox.clients().count == 2, "\(killed.all)")

      let plan = try await place.run("plan", environment: environment)
      #expect(plan.exit == 1 && plan.all.contains("error[secret-unreadable]"), "\(plan.all)")
      #expect(!plan.all.contains("secret-missing") && !plan.all.contains("outcome-unknown"), "\(plan.all)")
      _ = try place.makeStoreProgram()
      let apply = try await place.run("apply", environment: environment)
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(sandbox.clients().count == 2)
    }
  }

  @Test("SecretStores#Exec: what a program prints when it fails shows no part of a secret")
  func printed() async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace(
        servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}", head: ExecStoreTests.head)
      let environment = try place.makeStoreProgram()
      #expect(try await place.run("apply", environment: environment).exit == 0)
      let secret = try await place.run("secrets", "get", "s", environment: environment).out.dropLast()
      try #require(secret.count > 16)
      // The value is not known to the run that asks for it.
      let value = #"json.loads(answer["value"])["client_secret"]"#
      for words in [
        "sys.exit(\"denied \" + \(value))", "sys.exit(\"denied \" + \(value)[:20] + \"...\")",
        "print(\(value)); sys.exit(1)",
      ] {
        _ = try place.makeStoreProgram()
        try spoil(place, last: "if verb == \"get\": \(words)")
        let check = try await place.run("secrets", "check", environment: environment)
        #expect(check.exit == 1 && check.all.contains("get failed (exit status 1)"), "\(check.all)")
        #expect(check.all.contains("denied …") == words.contains("denied"), "\(check.all)")
        #expect(!check.all.contains(secret.prefix(16)), "\(check.all)")
      }

      // A part of a value that the program was given.
      _ = try place.makeStoreProgram()
      let given = #"json.loads(request["value"])["client_secret"]"#
      try spoil(place, first: "if \(Self.isRecord): sys.exit(\"bad \" + \(given)[:12] + \"...\")")
      let rotate = try await place.run("rotate", "s", environment: environment)
      #expect(rotate.exit == 1 && rotate.all.contains("create failed (exit status 1)"), "\(rotate.all)")
      #expect(!rotate.all.contains("bad "), "\(rotate.all)")
    }
  }
}
