import AgeFormat
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct EtcdSecretStoreTests {
  let etcd = FakeEtcd()
  let identity: AgeIdentity

  init() throws { identity = try AgeIdentity.generate() }

  private func codec(_ identities: [AgeIdentity]? = nil) -> AgeCodec {
    AgeCodec(recipients: [identity.recipient], identities: identities ?? [identity])
  }

  private func open() throws -> EtcdSecretStore { EtcdSecretStore(try etcd.space(), codec()) }

  @Test("the contract of a secret store", arguments: SecretStoreContract.rules)
  func contract(rule: SecretStoreContract) async throws {
    let codec = codec()
    try await rule.check { [etcd] in EtcdSecretStore(try etcd.space(), codec) }
  }

  @Test(
    "the contract of a secret store, on a real etcd", .enabled(if: RealEtcd.isThere),
    arguments: SecretStoreContract.rules)
  func realContract(rule: SecretStoreContract) async throws {
    let (codec, prefix) = (codec(), RealEtcd.prefix())
    try await rule.check { EtcdSecretStore(try RealEtcd.space(prefix), codec) }
  }

  @Test("SecretStores#Etcd: only ciphertext is written, beside the note of its recipients")
  func ciphertext() async throws {
    let store = try open()
    #expect(try await store.prove().isEmpty)
    try await store.put(Sample.record("a1"))
    try await store.putOrphan(Sample.record("b2"))
    try await store.putStored("github", Secret("s3cret-value"))
    let hash = store.orphanName(issuer: "https://linear.example", clientID: "client-linear")
    #expect(etcd.keys == ["orphan-secrets/" + hash, "recipients", "secrets/linear/a1", "stored/github"])
    for key in etcd.keys where key != "recipients" {
      let text = try #require(etcd.text(key))
      #expect(text.hasPrefix("-----BEGIN AGE ENCRYPTED FILE-----\n"))
    }
    #expect(try #require(etcd.text("recipients")).contains("\(identity.recipient)"))
    #expect(try await open().getStored("github")?.open() == "s3cret-value")
    #expect(await store.recipientChange() == nil)
  }

  @Test("SecretStores#Etcd: without an identity records are written and listed, and not read")
  func withoutIdentity() async throws {
    let store = EtcdSecretStore(try etcd.space(), codec([]))
    try await store.put(Sample.record("a1"))
    #expect(!store.canRead)
    #expect(try await store.list() == ["linear": ["a1"]])
    #expect(try await diagnostic { try await store.get("linear", version: "a1") }.code == .secretUnreadable)
    #expect(try await open().get("linear", version: "a1") == Sample.record("a1"))
  }

  @Test("SecretStores#Age: a changed recipient is shown, and rekey encrypts everything again")
  func rekey() async throws {
    try await open().put(Sample.record("a1"))
    let other = try AgeIdentity.generate()
    let store = EtcdSecretStore(
      try etcd.space(), AgeCodec(recipients: [identity.recipient, other.recipient], identities: [identity]))
    #expect(await store.recipientChange()?.field == "secrets.recipients")
    for item in try await store.items() { #expect(try await store.rekey(item, writing: true) == .differed) }
    try await store.noteRecipients()
    #expect(await store.recipientChange() == nil)
    let reader = EtcdSecretStore(try etcd.space(), AgeCodec(recipients: [other.recipient], identities: [other]))
    #expect(try await reader.get("linear", version: "a1") == Sample.record("a1"))
  }

  @Test("Reliability#Many-runners: a put whose answer was lost is settled by the transaction itself")
  func lostAnswer() async throws {
    let store = try open()
    _ = try await store.prove()
    etcd.reply("kv/txn", .lost)
    try await store.put(Sample.record("a1"))
    #expect(try await open().get("linear", version: "a1") == Sample.record("a1"))
    // A second one is refused all the same.
    #expect(try await diagnostic { try await store.put(Sample.record("a1")) }.code == .storeFailed)
  }

  @Test("Reliability#Many-runners: if no answer comes, it is not known whether the record is there")
  func unanswered() async throws {
    let store = try open()
    _ = try await store.prove()
    for _ in 0..<200 { etcd.reply("kv/txn", .dropped) }
    #expect(try await diagnostic { try await store.put(Sample.record("a1")) }.code == .storeOutcomeUnknown)
  }

  @Test("a record that was copied to another key is not used")
  func copied() async throws {
    let store = try open()
    try await store.put(Sample.record("a1"))
    let space = try etcd.space()
    let key = space.keys.record("linear", "a1")
    let bytes = try #require(try await space.values(of: [key])[key]?.value)
    _ = try await space.change([.put(space.keys.record("other", "a1"), bytes)])
    #expect(try await diagnostic { try await open().get("other", version: "a1") }.code == .secretMismatch)
  }
}
