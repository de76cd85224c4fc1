import AgeFormat
import Foundation
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct AgeSecretStoreTests {
  let place: TemporaryFolder
  let identity: AgeIdentity
  let folder = "servers.secrets"

  init() throws {
    place = try TemporaryFolder()
    identity = try AgeIdentity.generate()
  }

  func open(_ environment: [String: String]? = nil, to others: [AgeIdentity] = []) throws -> AgeSecretStore {
    try AgeSecretStore(
      inventoryPath: place("servers.yaml"), recipients: ([identity] + others).map { "\($0.recipient)" },
      environment: environment ?? [AgeIdentitySource.key: identity.open()])
  }

  func watched(_ disk: Disk) -> AgeSecretStore {
    AgeSecretStore(
      folder: FolderPath(base: place.path, below: [folder]),
      codec: AgeCodec(recipients: [identity.recipient], identities: [identity]), disk: disk)
  }

  @Test("the contract of a secret store", arguments: SecretStoreContract.rules)
  func contract(rule: SecretStoreContract) async throws {
    let path = place("servers.yaml")
    let (recipient, key) = ("\(identity.recipient)", identity.open())
    try await rule.check {
      try AgeSecretStore(inventoryPath: path, recipients: [recipient], environment: [AgeIdentitySource.key: key])
    }
  }

  @Test(
    "SecretStores#Age: ciphertext in ASCII armor, with the usual read permissions, and not ignored by version control"
  )
  func layout() async throws {
    let store = try open()
    _ = try await (store.list(), store.get("linear", version: "a1"))
    #expect(try place.everything().isEmpty)
    #expect(try await store.prove().isEmpty)
    try await store.put(Sample.record("a1"))
    try await store.putOrphan(Sample.record("b2"))
    try await store.putStored("github", Secret("s3cret-value"))
    let orphan = RecordName.age.file(orphanOf: "https://linear.example", clientID: "client-linear")
    let files = ["\(folder)/linear.a1.age", "\(folder)/orphans/\(orphan)", "\(folder)/stored/github.age"]
    for file in files {
      #expect(try place.mode(file) == 0o644)
      #expect(try place.text(file).hasPrefix("-----BEGIN AGE ENCRYPTED FILE-----\n"))
    }
    for name in [folder, "\(folder)/orphans", "\(folder)/stored"] { #expect(try place.mode(name) == 0o755) }
    #expect(try await store.prove().isEmpty, "what git made readable is nothing to warn of")
    #expect(try Set(place.everything().keys) == Set(files + [folder, "\(folder)/orphans", "\(folder)/stored", note]))
    #expect(try place.text(note).hasSuffix("rekey\n\(identity.recipient)\n"))
  }

  private var note: String { folder + "/recipients" }

  @Test(
    "PlanAndApply#Formats: the recipients are noted before the first record, so that a change of them can be shown without an identity"
  )
  func notedRecipients() async throws {
    let other = try AgeIdentity.generate()
    let store = try open([:])
    #expect(await store.recipientChange() == nil)
    _ = try await store.prove()
    #expect(await store.recipientChange() == nil)
    // There are no records yet, so nothing changes.
    let both = try open([:], to: [other])
    #expect(await both.recipientChange() != nil)
    _ = try await both.prove()
    #expect(await both.recipientChange() == nil)
    try await both.put(Sample.record("a1"))

    let now = ["\(identity.recipient)"]
    let was = ["\(identity.recipient)", "\(other.recipient)"].sorted()
    _ = try await store.prove()
    #expect(await store.recipientChange() == FieldChange("secrets.recipients", from: .list(was), to: .list(now)))
    try await store.noteRecipients()
    #expect(await store.recipientChange() == nil)
  }

  @Test("SecretStores#Age: the recipients are noted when a stored value is the first record")
  func notedBeforeStoredValue() async throws {
    let store = try open([:])
    try await store.putStored("github", Secret("value-1"))
    #expect(try place.text(note).hasSuffix("rekey\n\(identity.recipient)\n"))
    #expect(await store.recipientChange() == nil)
  }

  @Test("SecretStores#Age: without a note of the recipients the change is from none to the present ones")
  func unnoted() async throws {
    let store = try open()
    try await store.put(Sample.record("a1"))
    _ = try await store.prove()
    #expect(try place.everything()[note] == nil)
    let present = FieldChange.Value.list(["\(identity.recipient)"])
    #expect(await store.recipientChange() == FieldChange("secrets.recipients", from: nil, to: present))
  }

  @Test("SecretStores#Age: no plain text is written to the disk, not even by a failed write")
  func onlyCiphertext() async throws {
    let seen = SeenText(folder: place)
    let store = watched(seen.disk)
    _ = try await store.prove()
    try await store.put(Sample.record("a1"))
    try await store.putOrphan(Sample.record("b2"))
    try await store.putStored("github", Secret("s3cret-value"))
    let texts = seen.texts
    #expect(texts.count > 6, "temporary files were looked at as well")
    #expect(texts.contains { $0.contains("BEGIN AGE") })
    for word in ["s3cret", "token-", "client_secret", "client-linear"] {
      #expect(!texts.contains { $0.contains(word) })
    }
  }

  @Test(
    "SecretStores#Age: without an identity everything can be written, and nothing can be read",
    arguments: [[:], ["MCPAUTH_AGE_KEY": " \n"]])
  func publicKeyOnly(environment: [String: String]) async throws {
    let runner = try open(environment)
    #expect(!runner.canRead)
    #expect(try await runner.prove().isEmpty)
    try await runner.put(Sample.record("a1"))
    try await runner.putOrphan(Sample.record("b2"))
    try await runner.putStored("github", Secret("value-1"))
    #expect(try await runner.list() == ["linear": ["a1"]])
    #expect(try await runner.storedKeys() == ["github"])
    #expect(try await runner.get("linear", version: "zz") == nil, "absence needs no key")
    for refusal in [
      try await diagnostic { try await runner.get("linear", version: "a1") },
      try await diagnostic { try await runner.getStored("github") },
      try await diagnostic {
        try await runner.getOrphan(issuer: "https://linear.example", clientID: "client-linear")
      },
    ] {
      #expect(refusal.code == .secretUnreadable)
      #expect(refusal.message.contains("MCPAUTH_AGE_KEY"))
      #expect(refusal.message.contains("MCPAUTH_AGE_KEY_FILE"))
    }
    let owner = try open()
    #expect(owner.canRead)
    #expect(try await owner.get("linear", version: "a1") == Sample.record("a1"))
    #expect(try await owner.getStored("github")?.open() == "value-1")
  }

  @Test("SecretStores#Age: every recipient can read, and no other key")
  func recipients() async throws {
    let (second, stranger) = (try AgeIdentity.generate(), try AgeIdentity.generate())
    try await open([:], to: [second]).put(Sample.record("a1"))
    #expect(try await open([AgeIdentitySource.key: second.open()]).get("linear", version: "a1") != nil)
    let refusal = try await diagnostic {
      try await open([AgeIdentitySource.key: stranger.open()]).get("linear", version: "a1")
    }
    #expect(refusal.code == .secretUnreadable)
    #expect(refusal.message.contains("not encrypted to any of the identities"))
    // One file with the identities of the old and the new key.
    let both = "# old\n\(stranger.open())\n# new\n\(second.open())\n"
    #expect(try await open([AgeIdentitySource.key: both]).get("linear", version: "a1") != nil)
  }

  @Test(
    "SecretStores#Age: the identity file is read, also through a link or a pipe, and only if the key itself is not given"
  )
  func identityFile() async throws {
    let store = try open()
    try await store.put(Sample.record("a1"))
    try place.write("# created\n\(identity.open())\n", to: "key.txt")
    try place.link("linked.txt", to: "key.txt")
    for name in ["key.txt", "linked.txt"] {
      let reader = try open([AgeIdentitySource.file: place(name), AgeIdentitySource.key: ""])
      #expect(try await reader.get("linear", version: "a1") == Sample.record("a1"))
    }
    let both = [AgeIdentitySource.file: place("absent"), AgeIdentitySource.key: identity.open()]
    #expect(try open(both).canRead)
  }

  @Test(
    "SecretStores#Age: text that is not an identity is an error that prints no part of it",
    arguments: ["AGE-SECRET-KEY-1QQQQ", "s3cret", "age1qqqq"])
  func badIdentity(text: String) throws {
    let refusal = try #require(throws: Diagnostic.self) { try open([AgeIdentitySource.key: text]) }
    #expect(refusal.code == .invalidValue)
    #expect(refusal.message.hasPrefix("MCPAUTH_AGE_KEY: "))
    #expect(!refusal.message.contains(text))
    try place.write(text, to: "key.txt")
    let file = try #require(throws: Diagnostic.self) { try open([AgeIdentitySource.file: place("key.txt")]) }
    #expect(file.code == .invalidValue)
    #expect(!file.message.contains(text))
  }

  @Test(
    "SecretStores#Age: an identity file that is missing, a folder or endless is an error",
    arguments: ["absent", ".", "/dev/zero"])
  func badIdentityFile(name: String) throws {
    let path = name.hasPrefix("/") ? name : place(name)
    let refusal = try #require(throws: Diagnostic.self) { try open([AgeIdentitySource.file: path]) }
    #expect([.secretUnreadable, .invalidValue].contains(refusal.code))
    #expect(refusal.message.contains("MCPAUTH_AGE_KEY_FILE"))
  }

  @Test(
    "SecretStores#Age: text that is not a recipient is reported at its place, and a secret key there is not printed"
  )
  func badRecipients() throws {
    let location = SourceLocation(file: "servers.yaml", line: 3, column: 9)
    for recipients in [[], ["age1qqqq"], [identity.open()], ["\(identity.recipient)", "nonsense"]] {
      let refusal = try #require(throws: Diagnostic.self) {
        try AgeSecretStore(
          inventoryPath: place("servers.yaml"), recipients: recipients, location: location, environment: [:])
      }
      #expect(refusal.code == .invalidValue)
      #expect(refusal.location == location)
      #expect(!"\(refusal)".contains("AGE-SECRET-KEY-1Q"))
      #expect(!refusal.message.contains(identity.open()))
    }
  }

  @Test(
    "SecretStores#Age: a record that was changed, truncated, or is not an armored age file is secret-unreadable, and no other record",
    arguments: ["", "{}", "<cut>", "<flip>", "<plain>"])
  func damaged(content: String) async throws {
    let store = try open()
    try await store.put(Sample.record("good"))
    try await store.put(Sample.record("bad"))
    let name = "\(folder)/linear.bad.age"
    let text = try place.text(name)
    let damaged: String
    switch content {
    case "<cut>": damaged = String(text.prefix(text.count / 2))
    case "<flip>":
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      let middle = lines.count - 4
      lines[middle] = (lines[middle].hasPrefix("A") ? "B" : "A") + lines[middle].dropFirst()
      damaged = lines.joined(separator: "\n")
    case "<plain>": damaged = String(decoding: Sample.record("bad").encoded(), as: UTF8.self)
    default: damaged = content
    }
    try place.write(damaged, to: name)
    let refusal = try await diagnostic { try await store.get("linear", version: "bad") }
    #expect(refusal.code == .secretUnreadable)
    #expect(refusal.message.contains("linear.bad.age"))
    #expect(!"\(refusal)".contains("s3cret"))
    #expect(try await store.get("linear", version: "good") != nil)
  }

  @Test("SecretStores#Age: a record that is copied to another name is refused, although it decrypts")
  func copied() async throws {
    let store = try open()
    try await store.put(Sample.record("a1"))
    for name in ["linear.b2.age", "github.a1.age"] {
      try FileManager.default.copyItem(atPath: place("\(folder)/linear.a1.age"), toPath: place("\(folder)/\(name)"))
    }
    #expect(try await diagnostic { try await store.get("linear", version: "b2") }.code == .secretMismatch)
    #expect(try await diagnostic { try await store.get("github", version: "a1") }.code == .secretMismatch)
  }

  @Test("SecretStores#Age: a put syncs file and folder before it returns; one that fails leaves nothing")
  func durable() async throws {
    let disk = WatchedDisk()
    let store = watched(disk.disk)
    _ = try await store.prove()
    let before = disk.syncs
    try await store.put(Sample.record("a1"))
    #expect(disk.syncs == before + 2)
    disk.fail(with: ENOSPC)
    #expect(try await diagnostic { try await store.put(Sample.record("b2")) }.code == .storeFailed)
    #expect(try await diagnostic { try await store.prove() }.code == .storeFailed)
    #expect(try await store.list() == ["linear": ["a1"]])
    #expect(try place.everything().keys.allSatisfy { !$0.hasSuffix("mcpauth-tmp") })
  }

  @Test(
    "Reliability#Bad-circumstances: a link on the path to the secrets is refused",
    arguments: ["servers.secrets", "servers.secrets/orphans"])
  func plantedLinks(name: String) async throws {
    let elsewhere = try TemporaryFolder()
    try place.link(name, to: elsewhere.path)
    #expect(try await diagnostic { try await open().putOrphan(Sample.record()) }.code == .storeFailed)
    #expect(try elsewhere.everything().isEmpty)
  }
}

/// The content of a folder each time something becomes durable, with temporary files.
private final class SeenText: Sendable {
  private let folder: TemporaryFolder
  private let seen = Collected()

  init(folder: TemporaryFolder) { self.folder = folder }

  var disk: Disk {
    Disk { [self] descriptor in
      let path = "/proc/self/fd/\(descriptor)"
      if let data = FileManager.default.contents(atPath: path) { seen.add(String(decoding: data, as: UTF8.self)) }
      for text in ((try? folder.everything()) ?? [:]).values { seen.add(text) }
      return Disk.real.sync(descriptor)
    }
  }

  var texts: [String] { seen.all }
}
