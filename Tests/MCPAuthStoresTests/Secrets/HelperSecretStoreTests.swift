import Foundation
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Synchronization
import Testing

@testable import MCPAuthStores

@Suite struct HelperSecretStoreTests {
  let place: TemporaryFolder
  let helper: FakeHelper

  init() throws {
    place = try TemporaryFolder()
    helper = try FakeHelper(place)
  }

  @Test("the contract of a secret store", arguments: SecretStoreContract.rules)
  func contract(rule: SecretStoreContract) async throws {
    try await rule.check { [helper] in helper.store() }
  }

  @Test(
    "SecretStores#Helper: secrets only through stdin, under the record's own URL, with the client's id as the user name"
  )
  func protocolOfHelpers() async throws {
    let store = helper.store()
    try await store.put(Sample.record("a1"))
    #expect(!helper.log.contains("s3cret"))
    let runs = helper.log.split(separator: "\n").compactMap { $0.split(separator: "|").first }
    #expect(runs == ["get", "store", "get"], "looked whether it is there, stored, read back")
    for name in ["MCPAUTH_AGE_KEY", "GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN"] {
      #expect(!helper.log.contains(name), "a credential that is none of a helper's business")
    }
    let kept = try place.everything().filter { $0.key.hasSuffix(".json") }
    let json = try #require(
      try JSONParser.parse(Array((kept.values.first ?? "").utf8), refusingDuplicates: true).object)
    #expect(json["ServerURL"]?.string == "https://mcpauth/7d0a/linear/a1")
    #expect(json["Username"]?.string == "client-linear")
    #expect(json["Secret"]?.string == String(decoding: Sample.record("a1").encoded(), as: UTF8.self))
  }

  @Test("SecretStores#Helper: prove is a round trip of store, get and erase that leaves nothing")
  func prove() async throws {
    #expect(try await helper.store(lineage: nil).prove().isEmpty)
    #expect(helper.log.contains("store|") && helper.log.contains("erase|") && helper.log.contains("list|"))
    #expect(try place.everything().keys.allSatisfy { !$0.hasSuffix(".json") })
  }

  @Test(
    "SecretStores#Helper: lineages are separate; without one no record in a helper belongs to the lock until one is put"
  )
  func lineages() async throws {
    try await helper.store(lineage: "other").put(other(Sample.record("zz")))
    let store = helper.store(lineage: nil)
    #expect(try await store.list().isEmpty)
    #expect(try await store.get("linear", version: "zz") == nil)
    try await store.put(Sample.record("a1"))
    #expect(try await store.list() == ["linear": ["a1"]])
    #expect(try await store.get("linear", version: "a1") == Sample.record("a1"))
    #expect(try await store.get("linear", version: "zz") == nil)
    try await store.remove("linear", version: "zz")
    #expect(try await helper.store(lineage: "other").list() == ["linear": ["zz"]])
  }

  private func other(_ record: SecretRecord) -> SecretRecord {
    var record = record
    record.lineage = "other"
    return record
  }

  @Test("SecretStores#Helper: the lineage is that of the lock, or of the journal if there is no lock yet")
  func lineageOfState() async throws {
    try place.write("{}", to: "servers.yaml")
    var inventory = Inventory(file: place("servers.yaml"))
    inventory.secrets.store = .helper
    inventory.secrets.helper = "fake"
    try await helper.store().put(Sample.record("a1"))
    func listed() async throws -> [String: [String]] {
      try await Stores.open(
        inventory, inventoryPath: inventory.file, environment: helper.environment,
        programs: StorePrograms(allowing: "docker-credential-fake"), connection: FakeKV2().connection()
      ).secrets.list()
    }
    #expect(try await listed().isEmpty)
    let state = try FileStateStore(inventoryPath: inventory.file)
    try await state.acquire(Sample.holder, timeout: 0)
    try await state.append([Sample.intent("a1")], lineage: Sample.lineage)
    #expect(try await listed() == ["linear": ["a1"]])
    try await state.writeLock(LockCodec.encode(Lock(lineage: Sample.lineage)), lineage: Sample.lineage)
    try await state.emptyJournal(keeping: [], lineage: "abc")
    #expect(try await listed() == ["linear": ["a1"]])
    await state.release()
  }

  @Test(
    "SecretStores#Programs: a helper runs only if the environment names its program, or a user confirms",
    arguments: [
      (nil, nil, false), ("docker-credential-fake", nil, true), ("a, docker-credential-fake ,b", nil, true),
      ("fake", nil, false), ("docker-credential-fakes", nil, false), (nil, true, true), (nil, false, false),
      ("docker-credential-fake", false, true),
    ] as [(String?, Bool?, Bool)])
  func programs(_ named: String?, _ answer: Bool?, _ runs: Bool) async throws {
    let asked = Mutex<[String]>([])
    var ask: (@Sendable (String) async -> Bool)?
    if let answer {
      ask = { program in
        asked.withLock { $0.append(program) }
        return answer
      }
    }
    var environment: [String: String] = [:]
    if let named { environment[StorePrograms.variable] = named }
    let programs = StorePrograms(environment: environment, ask: ask)
    let location = SourceLocation(file: "servers.yaml", line: 2, column: 18)
    let store = ProgramSecretStore(
      helper: "fake", environment: helper.environment, timeout: .seconds(60), programs: programs, location: location,
      lineage: { Sample.lineage })
    if runs {
      // Many calls at once: still one question.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 { group.addTask { _ = try await store.list() } }
        try await group.waitForAll()
      }
    } else {
      for _ in 0..<2 {
        let refusal = try await diagnostic { try await store.list() }
        #expect(refusal.code == .storeProgramRefused)
        #expect(refusal.location == location)
        #expect(refusal.help.first?.contains("MCPAUTH_STORE_PROGRAMS=docker-credential-fake") == true)
      }
      #expect(helper.log.isEmpty)
    }
    let isNamed = runs && answer != true
    #expect(asked.withLock { $0 } == (answer == nil || isNamed ? [] : ["docker-credential-fake"]))
  }

  @Test("InventoryReference#Server-names: stored values do not depend on the lineage, and are separate from records")
  func stored() async throws {
    let store = helper.store(lineage: nil)
    #expect(try await store.getStored("github") == nil)
    try await store.putStored("github", Secret("first"))
    try await store.putStored("github", Secret("second\n\"value\""))
    #expect(try await helper.store().getStored("github")?.open() == "second\n\"value\"")
    #expect(try await store.storedKeys() == ["github"])
    #expect(try await helper.store().list().isEmpty)
    try await store.removeStored("github")
    try await store.removeStored("github")
    #expect(try await store.getStored("github") == nil)
    #expect(try await diagnostic { try await store.putStored("../x", Secret("v")) }.code == .invalidValue)
  }

  @Test("the message about a missing helper has its full name")
  func missing() async throws {
    let store = helper.store(helper: "absent")
    for refusal in [
      try await diagnostic { try await store.prove() }, try await diagnostic { try await store.list() },
      try await diagnostic { try await store.put(Sample.record()) },
    ] {
      #expect(refusal.code == .storeFailed)
      #expect(refusal.message == "the credential helper docker-credential-absent: there is no such program on PATH")
    }
  }

  @Test(
    "a helper that hangs is killed, with all its child processes",
    arguments: ["import time; time.sleep(600)", hangingChild])
  func hangs(script: String) async throws {
    try helper.write("import os; open(os.environ['KEPT'] + '/pid', 'w').write(str(os.getpid()))\n" + script)
    let refusal = try await diagnostic { try await helper.store(timeout: .seconds(2)).list() }
    #expect(refusal.code == .storeFailed)
    #expect(refusal.message.contains("did not end within 2 s"))
    if let text = try? place.text("kept/pid"), let pid = Int32(text) { #expect(kill(pid, 0) != 0) }
  }

  /// The helper and its child ignore SIGTERM, and both keep the pipes open.
  static let hangingChild = """
    import signal, subprocess, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["/bin/sleep", "600"])
    time.sleep(600)
    """

  @Test(
    "wrong answers of a helper are detected, and no part of a value is printed",
    arguments: [
      ("keeps nothing", "sys.stdin.read() if v == 'store' else nothing()", .storeFailed),
      (
        "gives back another value",
        "print(json.dumps({'ServerURL': u, 'Secret': 's3cret-other'})) if once(v) else nothing()", .storeFailed
      ),
      (
        "answers for another URL",
        "print(json.dumps({'ServerURL': 'https://evil', 'Secret': 's3cret'})) if once(v) else nothing()",
        .storeOutcomeUnknown
      ),
      ("prints no JSON", "print('s3cret s3cret') if once(v) else nothing()", .storeOutcomeUnknown),
      ("prints no credential", "print('[]') if once(v) else nothing()", .storeOutcomeUnknown),
    ] as [(String, String, DiagnosticCode)])
  func lies(_ what: String, answer: String, code: DiagnosticCode) async throws {
    try helper.write(
      """
      import sys, os, json
      v = sys.argv[1]
      u = sys.stdin.read()
      def nothing():
          print("credentials not found in native keychain"); sys.exit(1)
      mark = os.environ["KEPT"] + "/stored"
      def once(v):
          if v == "store": open(mark, "w").close()
          return v == "store" or (v == "get" and os.path.exists(mark))
      \(answer)
      """)
    let refusal = try await diagnostic { try await helper.store().put(Sample.record("a1")) }
    #expect(refusal.code == code)
    #expect(!"\(refusal)".contains("s3cret"))
    #expect(try await diagnostic { try await helper.store().prove() }.code == .storeFailed)
  }

  @Test("SecretStores#Helper: a value that comes back counts as stored, also if the helper failed or was killed")
  func storedAndFailed() async throws {
    for (version, end) in ["a1": "sys.exit(1)", "a2": "os.kill(os.getpid(), 9)"] {
      try helper.write(FakeHelper.honest + "\nif verb == 'store': \(end)")
      let record = Sample.record(version)
      try await helper.store().put(record)
      #expect(try await helper.store().get("linear", version: record.version) == record)
    }
  }

  @Test(
    "SecretStores#Helper: if nothing is known of a value, because the helper fails at get too, the outcome is unknown")
  func unknownOutcome() async throws {
    try helper.write(
      """
      import os, sys
      if os.path.exists(os.environ["KEPT"] + "/down"): sys.exit(1)
      \(FakeHelper.honest)
      if verb == "store":
          open(kept + "/down", "w").close()
          sys.exit(1)
      """)
    let problem = try await diagnostic { try await helper.store().put(Sample.record("a1")) }
    #expect(problem.code == .storeOutcomeUnknown && problem.message.contains("store failed (exit status 1)"))
    // Nothing depends on what the proof stores.
    try FileManager.default.removeItem(atPath: place("kept/down"))
    #expect(try await diagnostic { try await helper.store().prove() }.code == .storeFailed)
  }

  @Test("SecretStores#Helper: a record that a helper returns for another name or lineage is refused")
  func mismatch() async throws {
    try await helper.store().put(Sample.record("a1"))
    let text = try #require(try place.everything().first { $0.key.hasSuffix(".json") }?.value)
    try place.write(text, to: "answer")
    try helper.write(
      "import os; print(open(os.environ['KEPT'] + '/../answer').read().replace('/linear/a1', os.environ.get('AS', '/linear/a1')))"
    )
    let store = helper.store()
    #expect(try await store.get("linear", version: "a1") != nil)
    try helper.write(
      "import os; print(open(os.environ['KEPT'] + '/../answer').read().replace('https://mcpauth/7d0a/linear/a1', ''))")
    #expect(try await diagnostic { try await store.get("github", version: "a1") }.code == .secretMismatch)
    #expect(
      try await diagnostic { try await helper.store(lineage: "other").get("linear", version: "a1") }.code
        == .secretMismatch)
  }

  @Test("a helper may report a missing record with an empty secret; one that refuses to read is secret-unreadable")
  func nothing() async throws {
    try helper.write(
      "import sys; print('{\"ServerURL\":\"' + sys.stdin.read() + '\",\"Username\":\"\",\"Secret\":\"\"}')")
    #expect(try await helper.store().get("linear", version: "a1") == nil)
    #expect(try await diagnostic { try await helper.store().put(Sample.record()) }.code == .storeFailed)
    try helper.write("import sys; print('gpg: decryption failed'); sys.exit(1)")
    let refusal = try await diagnostic { try await helper.store().get("linear", version: "a1") }
    #expect(refusal.code == .secretUnreadable)
    #expect(refusal.message.contains("get failed (exit status 1): gpg: decryption failed"))
  }

  @Test("the message of a failing helper is printed without control characters and without values")
  func fails() async throws {
    try helper.write("import sys; sys.stderr.write('gpg: \\033[31mno\\n::error::key'); sys.exit(3)")
    let refusal = try await diagnostic { try await helper.store().list() }
    #expect(refusal.code == .storeFailed)
    #expect(refusal.message.contains("list failed (exit status 3): gpg: [31mno ::error::key"))
    #expect(!refusal.message.contains("\u{1B}"))
    // Repeats its input on stdout and stderr.
    try helper.write(
      """
      import sys, json
      text = sys.stdin.read()
      if sys.argv[1] == "get":
          print("credentials not found in native keychain"); sys.exit(1)
      sys.stderr.write("cannot store " + json.loads(json.loads(text)["Secret"])["client_secret"])
      print(text)
      sys.exit(1)
      """)
    let echo = try await diagnostic { try await helper.store().put(Sample.record("a1")) }
    #expect(echo.message.contains("store failed (exit status 1)"))
    #expect(!"\(echo)".contains("s3cret"))
  }

  @Test(
    "a helper that ends without reading, is killed, or never stops printing is an error",
    arguments: [
      "import sys; sys.exit(1)", "import os; os.kill(os.getpid(), 9)",
      "import sys\nwhile True: sys.stdout.write('x' * 65536)",
    ])
  func ends(script: String) async throws {
    try helper.write(script)
    #expect(try await diagnostic { try await helper.store().put(Sample.record("a1")) }.code == .storeFailed)
    #expect(try await diagnostic { try await helper.store().list() }.code == .storeFailed)
  }

  @Test(
    "a list that is empty, null or invalid",
    arguments: [("", true), ("null", true), ("{}", true), ("[]", false), ("x", false)])
  func lists(text: String, isList: Bool) async throws {
    try helper.write("import sys; sys.stdout.write('\(text)')")
    let listed = try? await helper.store().list()
    #expect(listed == (isList ? [:] : nil))
  }
}
