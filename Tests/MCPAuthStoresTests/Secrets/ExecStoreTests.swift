import Foundation
import MCPAuthCore
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct ExecStoreTests {
  let place: TemporaryFolder
  let program: FakeStoreProgram

  init() throws {
    place = try TemporaryFolder()
    program = try FakeStoreProgram(place)
  }

  @Test("the contract of a secret store", arguments: SecretStoreContract.rules)
  func contract(rule: SecretStoreContract) async throws {
    try await rule.check { [program] in program.store() }
  }

  @Test("SecretStores#Exec: values only through stdin, the arguments of the inventory, and no token in the environment")
  func requests() async throws {
    let store = program.store()
    try await store.put(Sample.record("a1"))
    #expect(!program.log.contains("s3cret"))
    let runs = program.log.split(separator: "\n").map { $0.split(separator: "|").prefix(3).joined(separator: "|") }
    let arguments = "--prefix,my secrets"
    #expect(
      runs == ["\(arguments)|create|7d0a/linear/a1", "\(arguments)|get|7d0a/linear/a1"],
      "created, and read back")
    for name in ["MCPAUTH_AGE_KEY", "GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN"] {
      #expect(!program.log.contains(name), "a credential that a store program does not need")
    }
    let text = try place.text("kept/7d0a+linear+a1.item")
    #expect(text == String(decoding: Sample.record("a1").encoded(), as: UTF8.self))
  }

  @Test("SecretStores#Exec: orphans' records and stored values are replaced with one request")
  func replaced() async throws {
    let store = program.store()
    for version in ["a1", "b2"] { try await store.putOrphan(Sample.record(version)) }
    for value in ["first", "second\n\"value\""] { try await store.putStored("github", Secret(value)) }
    #expect(try await store.getStored("github")?.open() == "second\n\"value\"")
    #expect(try await store.storedKeys() == ["github"])
    #expect(try await store.orphanNames().count == 1)
    #expect(program.log.components(separatedBy: "|replace|").count == 5)
    #expect(!program.log.contains("|create|"))
    try await store.removeStored("github")
    try await store.removeStored("github")
    #expect(try await store.getStored("github") == nil)
  }

  @Test("SecretStores#Exec: prove is a round trip that leaves nothing")
  func prove() async throws {
    #expect(try await program.store(lineage: nil).prove().isEmpty)
    for verb in ["create", "get", "delete", "list"] { #expect(program.log.contains("|\(verb)|")) }
    #expect(try program.kept().isEmpty)
  }

  @Test("SecretStores#Exec: a record that the lock file names and the list lacks is asked for")
  func lateList() async throws {
    let store = program.store(locked: [("linear", "a1"), ("linear", "gone")])
    try await store.put(Sample.record("a1"))
    try await store.put(Sample.record("b2"))
    let names = "['7d0a/linear/b2', '7d0a/linear/b2', 'other', '7d0a/../x/y']"
    let shown = "print(json.dumps({'names': \(names)})); sys.exit(0)"
    try program.write(
      FakeStoreProgram.honest.replacing("answer = {}\n", with: "answer = {}\nif verb == 'list': \(shown)\n"))
    let listed = try await store.list()
    #expect(listed.mapValues { $0.sorted() } == ["linear": ["a1", "b2"]])
  }

  @Test("SecretStores#Programs: it runs only if the environment names it, and the question shows the arguments")
  func programs() async throws {
    let location = SourceLocation(file: "servers.yaml", line: 2, column: 18)
    let command = [FakeStoreProgram.program, "--profile", "it's \u{1B}[31m"]
    func store(_ programs: StorePrograms) -> ProgramSecretStore {
      ProgramSecretStore(
        command: command, environment: program.environment, programs: programs, location: location,
        lineage: { Sample.lineage }, locked: { [] })
    }
    for named in ["", "mcpauth-store-fak", "fake", "mcpauth-store-fake --profile"] {
      let refusal = try await diagnostic {
        try await store(StorePrograms(environment: [StorePrograms.variable: named], ask: nil)).list()
      }
      #expect(refusal.code == .storeProgramRefused && refusal.location == location)
      #expect(refusal.help.first?.contains("MCPAUTH_STORE_PROGRAMS=mcpauth-store-fake") == true)
    }
    #expect(program.log.isEmpty)
    let asked = Collected()
    let programs = StorePrograms(environment: [:]) { command in
      asked.add(command)
      return true
    }
    _ = try await store(programs).list()
    _ = try await store(programs).list()
    #expect(asked.all.count == 1)
    #expect(asked.all.first?.hasPrefix("mcpauth-store-fake --profile ") == true, "\(asked.all)")
    #expect(asked.all.first?.contains("\u{1B}") == false)
  }

  // MARK: Hostile programs

  @Test(
    "SecretStores#Exec: wrong answers are detected, and no part of a value is printed",
    arguments: [
      ("keeps nothing", "sys.exit(0) if verb == 'create' else sys.exit(4)"),
      ("returns another value", "print(json.dumps({'value': 's3cret-other'}))"),
      ("prints no JSON", "print('s3cret s3cret')"), ("prints an array", "print('[\"s3cret-value\"]')"),
      ("has no value", "print('{}')"), ("has a number", "print('{\"value\": 5}')"),
      ("has a value twice", "print('{\"value\": \"s3cret-value\", \"value\": \"x\"}')"),
      ("prints nothing", "pass"), ("says absent to create", "sys.exit(4)"),
      ("prints the value as an error", "sys.stderr.write(json.loads(request['value'])['client_secret']); sys.exit(1)"),
      ("prints the request as an error", "sys.stderr.write(json.dumps(request)); sys.exit(1)"),
      ("ends without reading", "sys.exit(1)"), ("is killed", "os.kill(os.getpid(), 9)"),
      ("never stops printing", "while True: sys.stdout.write('x' * 65536)"),
      ("never stops printing errors", "while True: sys.stderr.write('x' * 65536)"),
    ])
  func lies(_ what: String, answer: String) async throws {
    let read = "request = json.load(sys.stdin); verb = request['verb']"
    let isDeaf = what == "ends without reading"
    try program.write("import json, os, sys\n" + (isDeaf ? "" : read + "\n") + answer)
    let refusal = try await diagnostic { try await program.store().put(Sample.record("a1")) }
    #expect(refusal.code == .storeFailed)
    #expect(!"\(refusal)".contains("s3cret"), "\(refusal)")
    #expect(try await diagnostic { try await program.store().prove() }.code == .storeFailed)
  }

  @Test(
    "SecretStores#Exec: a record of another name, lineage or version is refused",
    arguments: [("linear", "b2", "7d0a"), ("github", "a1", "7d0a"), ("linear", "a1", "other")])
  func mismatch(server: String, version: String, lineage: String) async throws {
    try await program.store().put(Sample.record("a1"))
    try place.write(place.text("kept/7d0a+linear+a1.item"), to: "kept/\(lineage)+\(server)+\(version).item")
    let refusal = try await diagnostic {
      try await program.store(lineage: lineage).get(server, version: version)
    }
    #expect(refusal.code == .secretMismatch)
  }

  @Test("SecretStores#Exec: a program that refuses to read is secret-unreadable, with its words as plain text")
  func refuses() async throws {
    try program.write("import sys; sys.stderr.write('denied: \\033[31mno\\n::error::x'); sys.exit(9)")
    let refusal = try await diagnostic { try await program.store().get("linear", version: "a1") }
    #expect(refusal.code == .secretUnreadable)
    let words = "get failed (exit status 9): denied: [31mno ::error::x"
    #expect(refusal.message == "the store program mcpauth-store-fake: \(words)")
    #expect(try await diagnostic { try await program.store().list() }.code == .storeFailed)
    let absent = program.store(command: ["mcpauth-store-absent"])
    let missing = try await diagnostic { try await absent.prove() }
    #expect(missing.message == "the store program mcpauth-store-absent: there is no such program on PATH")
  }

  @Test("SecretStores#Exec: a program that hangs is ended")
  func hangs() async throws {
    try program.write("import time; time.sleep(600)")
    let refusal = try await diagnostic { try await program.store(timeout: .seconds(2)).list() }
    #expect(refusal.code == .storeFailed && refusal.message.contains("list did not end within 2 s"))
  }

  @Test(
    "SecretStores#Exec: a list is an object with names",
    arguments: [("{\"names\": []}", true), ("", false), ("null", false), ("[]", false), ("{\"names\": {}}", false)])
  func lists(text: String, isList: Bool) async throws {
    try program.write("import sys; sys.stdout.write('\(text)')")
    let listed = try? await program.store().list()
    #expect(listed == (isList ? [:] : nil))
  }
}
