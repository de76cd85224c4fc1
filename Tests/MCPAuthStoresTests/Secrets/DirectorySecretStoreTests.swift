import Foundation
import MCPAuthCore
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct DirectorySecretStoreTests {
  let place: TemporaryFolder
  let folder = ".mcpauth/servers/secrets"

  init() throws { place = try TemporaryFolder() }

  func open(path: String? = nil) throws -> DirectorySecretStore {
    try DirectorySecretStore(inventoryPath: place("servers.yaml"), path: path)
  }

  @Test("the contract of a secret store", arguments: SecretStoreContract.rules)
  func contract(rule: SecretStoreContract) async throws {
    let path = place("servers.yaml")
    try await rule.check { try DirectorySecretStore(inventoryPath: path, path: nil) }
  }

  @Test("the contract of a secret store, in a folder that the user chose", arguments: SecretStoreContract.rules)
  func contractElsewhere(rule: SecretStoreContract) async throws {
    let path = place("servers.yaml")
    try await rule.check { try DirectorySecretStore(inventoryPath: path, path: "own/./place") }
  }

  @Test("SecretStores#Directory: files are 0600, folders 0700, and reading creates nothing")
  func layout() async throws {
    let store = try open()
    _ = try await (store.list(), store.get("linear", version: "a1"))
    #expect(try place.everything().isEmpty)
    _ = try await store.prove()
    try await store.put(Sample.record("a1"))
    try await store.putOrphan(Sample.record("b2"))
    let orphan = RecordName.json.file(orphanOf: "https://linear.example", clientID: "client-linear")
    for name in ["\(folder)/linear.a1.json", "\(folder)/orphans/\(orphan)"] { #expect(try place.mode(name) == 0o600) }
    for name in [".mcpauth", ".mcpauth/servers", folder, "\(folder)/orphans", "\(folder)/stored"] {
      #expect(try place.mode(name) == 0o700)
    }
    #expect(try place.text(".mcpauth/.gitignore") == "*\n")
    #expect(try await store.prove().isEmpty)
    #expect(try place.everything().count == 8)
  }

  @Test("SecretStores#Records: of many records that are read together, a damaged one hides no other")
  func together() async throws {
    let store = try open()
    let versions = (0..<150).map { "v\($0)" }
    for version in versions { try await store.put(Sample.record(version)) }
    try place.write("{}", to: "\(folder)/linear.v70.json")
    try FileManager.default.removeItem(atPath: place("\(folder)/linear.v140.json"))
    let found = await store.get(versions.map { (server: "linear", version: $0) } + [(server: "a/b", version: "v1")])
    #expect(found.count == 151)
    for (version, result) in zip(versions, found) where !["v70", "v140"].contains(version) {
      #expect(try result.get() == Sample.record(version))
    }
    #expect(try found[140].get() == nil)
    for index in [70, 150] {
      let problem = try await diagnostic { try found[index].get() }
      #expect(problem.code == .secretUnreadable)
    }
  }

  @Test("SecretStores#Directory: a put syncs file and folder before it returns; one that fails leaves nothing")
  func durable() async throws {
    let watched = WatchedDisk()
    let store = DirectorySecretStore(
      folder: FolderPath(base: place.path, below: [".mcpauth", "servers", "secrets"]), codec: PlainCodec(),
      disk: watched.disk)
    _ = try await store.prove()
    let before = watched.syncs
    try await store.put(Sample.record("a1"))
    #expect(watched.syncs == before + 2)
    watched.fail(with: ENOSPC)
    let refusal = try await diagnostic { try await store.put(Sample.record("b2")) }
    #expect(refusal.code == .storeFailed)
    #expect(refusal.message.contains("no space left"))
    #expect(!refusal.message.contains("s3cret"))
    #expect(try await diagnostic { try await store.prove() }.code == .storeFailed)
    #expect(try await store.list() == ["linear": ["a1"]])
    #expect(try place.everything().keys.allSatisfy { !$0.hasSuffix("mcpauth-tmp") })
  }

  @Test("Reliability#Bad-circumstances: a store that others can read is a warning, and its permissions are corrected")
  func exposed() async throws {
    let store = try open()
    _ = try await store.prove()
    try await store.put(Sample.record("a1"))
    try await store.putOrphan(Sample.record("b2"))
    try place.setMode(0o755, of: folder)
    try place.setMode(0o644, of: "\(folder)/linear.a1.json")
    try place.setMode(0o750, of: "\(folder)/orphans")
    let warnings = try await store.prove()
    #expect(warnings.map(\.code) == [.secretStoreExposed, .secretStoreExposed, .secretStoreExposed])
    #expect(warnings.allSatisfy { $0.severity == .warning && $0.message.contains("corrected") })
    #expect(try place.mode(folder) == 0o700)
    #expect(try place.mode("\(folder)/linear.a1.json") == 0o600)
    #expect(try place.mode("\(folder)/orphans") == 0o700)
    #expect(try await store.prove().isEmpty)
  }

  @Test("SecretStores#Directory: a record that is copied to another name, server or client is refused")
  func copied() async throws {
    let store = try open()
    try await store.put(Sample.record("a1"))
    try await store.putOrphan(Sample.record("a1"))
    func copy(_ from: String, to: String) throws {
      try FileManager.default.copyItem(atPath: place("\(folder)/\(from)"), toPath: place("\(folder)/\(to)"))
    }
    try copy("linear.a1.json", to: "linear.b2.json")
    try copy("linear.a1.json", to: "github.a1.json")
    #expect(try await diagnostic { try await store.get("linear", version: "b2") }.code == .secretMismatch)
    #expect(try await diagnostic { try await store.get("github", version: "a1") }.code == .secretMismatch)
    let orphan = RecordName.json.file(orphanOf: "https://linear.example", clientID: "client-linear")
    let other = RecordName.json.file(orphanOf: "https://evil.example", clientID: "client-linear")
    try copy("orphans/\(orphan)", to: "orphans/\(other)")
    let refusal = try await diagnostic {
      try await store.getOrphan(issuer: "https://evil.example", clientID: "client-linear")
    }
    #expect(refusal.code == .secretMismatch)
  }

  @Test(
    "SecretStores#Directory: a record that cannot be parsed is secret-unreadable, and no value of it is printed",
    arguments: [
      "", "s3cret-value", #"{"client_secret": "s3cret-value"}"#, "\u{0}\u{0}\u{0}", "<folder>", "<link>", "<big>",
    ])
  func unreadable(content: String) async throws {
    let store = try open()
    try await store.put(Sample.record("good"))
    let name = "\(folder)/linear.bad.json"
    switch content {
    case "<folder>": try place.makeFolder(name)
    case "<link>": try place.link(name, to: "linear.good.json")
    case "<big>": try place.write(String(repeating: " ", count: 1 << 20 + 1), to: name)
    default: try place.write(content, to: name)
    }
    let refusal = try await diagnostic { try await store.get("linear", version: "bad") }
    #expect(refusal.code == .secretUnreadable)
    #expect(refusal.message.contains("linear.bad.json"))
    #expect(!"\(refusal)".contains("s3cret"))
    #expect(try await store.get("linear", version: "good") != nil, "that record only")
  }

  @Test(
    "SecretStores#Directory: a record that another user wrote is not used",
    .enabled(if: geteuid() == 0, "only root can make files of another user"))
  func foreignOwner() async throws {
    let store = try open()
    try await store.put(Sample.record("a1"))
    try FileManager.default.setAttributes(
      [.ownerAccountID: 65534], ofItemAtPath: place("\(folder)/linear.a1.json"))
    let refusal = try await diagnostic { try await store.get("linear", version: "a1") }
    #expect(refusal.code == .unsafeFile)
    #expect(refusal.message.contains("another user"))
    // In a container, root may use a checkout that belongs completely to the user of the host.
    for name in try place.everything().keys + [""] {
      try FileManager.default.setAttributes([.ownerAccountID: 65534], ofItemAtPath: place(name))
    }
    #expect(try await store.get("linear", version: "a1") != nil)
  }

  @Test(
    "Reliability#Bad-circumstances: a link on the path to the secrets is refused",
    arguments: [".mcpauth", ".mcpauth/servers", ".mcpauth/servers/secrets", ".mcpauth/servers/secrets/orphans"])
  func plantedLinks(name: String) async throws {
    let elsewhere = try TemporaryFolder()
    try place.link(name, to: elsewhere.path)
    let store = try open()
    for refusal in [
      try await diagnostic { try await store.prove() },
      try await diagnostic { try await store.putOrphan(Sample.record()) },
      try await diagnostic { try await store.getOrphan(issuer: "a", clientID: "b") },
    ] {
      #expect(refusal.code == .storeFailed)
      #expect(refusal.message == "'\(place(name))': it is a symbolic link, and links are not followed here")
    }
    #expect(try elsewhere.everything().isEmpty)
  }

  @Test("SecretStores#Directory: temporary files are not records, and those of killed runs are removed")
  func temporaryFiles() async throws {
    let left = "\(folder)/.linear.a1.json.0123456789abcdef.mcpauth-tmp"
    try place.write("{}", to: left)
    let store = try open()
    #expect(try await store.list().isEmpty)
    _ = try await store.prove()
    #expect(!place.exists(left))
  }

  @Test("ten thousand records are listed without reading any of them")
  func many() async throws {
    try place.makeFolder(folder)
    for index in 0..<10_000 { close(creat(place("\(folder)/s\(index).v.json"), 0o600)) }
    let listed = try await open().list()
    #expect(listed.count == 10_000)
    #expect(listed["s9999"] == ["v"])
  }

  @Test(
    "SecretStores#Directory: secrets.path is relative to the inventory's folder, and links below that are not followed",
    arguments: [("own/place", "own/place"), ("./own", "own"), ("a/../own", "own"), ("<here>/own", "own")])
  func ownPath(path: String, expected: String) async throws {
    try place.makeFolder("a")
    let path = path.replacingOccurrences(of: "<here>", with: place.path)
    let store = try open(path: path)
    try await store.put(Sample.record("a1"))
    #expect(place.exists("\(expected)/linear.a1.json"))
    #expect(try place.text("\(expected)/.gitignore") == "*\n")
    try place.link("planted", to: place(expected))
    #expect(try await diagnostic { try await open(path: "planted").list() }.code == .storeFailed)
  }

  @Test("SecretStores#Directory: an absolute path")
  func absolutePath() async throws {
    let elsewhere = try TemporaryFolder()
    #expect(try await open(path: elsewhere("absent/secrets")).list().isEmpty)
    let store = try open(path: elsewhere("secrets"))
    try await store.put(Sample.record("a1"))
    #expect(elsewhere.exists("secrets/linear.a1.json"))
    #expect(try elsewhere.mode("secrets") == 0o700)
  }

  @Test(
    "SecretStores#Directory: a path that does not name a folder for secrets alone is refused",
    arguments: ["", ".", "..", "a/..", "/"])
  func badPath(path: String) throws {
    #expect(try #require(throws: Diagnostic.self) { try open(path: path) }.code == .invalidValue)
  }
}
