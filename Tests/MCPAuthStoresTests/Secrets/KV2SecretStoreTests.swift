import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct KV2SecretStoreTests {
  let web = FakeKV2()

  private static let key = "mcpauth/test/records/linear.a1"
  private static let put = "POST secret/data/" + key
  private static let read = "GET secret/data/" + key

  @Test("the contract of a secret store", arguments: SecretStoreContract.rules)
  func contract(rule: SecretStoreContract) async throws {
    try await rule.check { [web] in try web.store() }
  }

  @Test("the contract of a secret store, with the smallest policy", arguments: SecretStoreContract.rules)
  func contractOfPolicy(rule: SecretStoreContract) async throws {
    // Records of orphans are replaced, so only the rules about records hold for a policy without update.
    guard !rule.testDescription.hasPrefix("orphans") else { return }
    web.refuseUpdate()
    try await rule.check { [web] in try web.store() }
  }

  @Test("SecretStores#KV2: a record is one text under its own key, with cas 0, and its removal removes the metadata")
  func keys() async throws {
    let store = try web.store(namespace: "team")
    try await store.put(Sample.record("a1"))
    try await store.putOrphan(Sample.record("b2"))
    try await store.putStored("github", Secret("stored-value"))
    let hash = store.orphanName(issuer: "https://linear.example", clientID: "client-linear")
    #expect(web.keys == ["mcpauth/test/orphans/" + hash, Self.key, "mcpauth/test/stored/github"])
    #expect(web.versions(Self.key) == [String(decoding: Sample.record("a1").encoded(), as: UTF8.self)])
    #expect(web.lastFields.contains(HTTPField("X-Vault-Namespace", "team")))
    #expect(web.lastFields.contains(HTTPField("X-Vault-Token", "given-token")))
    #expect(web.learned == ["given-token"])
    web.forgetLog()
    try await store.remove("linear", version: "a1")
    #expect(web.log == ["DELETE secret/metadata/" + Self.key])
    #expect(web.versions(Self.key).isEmpty)
  }

  @Test("SecretStores#KV2: prove creates, reads, deletes and lists, and leaves nothing")
  func prove() async throws {
    #expect(try await web.store().prove().isEmpty)
    #expect(web.keys.isEmpty)
    let verbs = web.log.map { String($0.prefix { $0 != " " }) }
    #expect(verbs == ["GET", "POST", "GET", "DELETE", "LIST"], "the first looks the token up")
  }

  @Test(
    "SecretStores#KV2: each permission that is missing is found by prove, before a registration",
    arguments: ["POST secret/data/", "GET secret/data/", "DELETE secret/metadata/", "LIST secret/metadata/"])
  func denied(request: String) async throws {
    web.deny(request)
    let refusal = try await diagnostic { try await web.store().prove() }
    #expect(refusal.code == .storeFailed)
    #expect(refusal.message.contains(request + "mcpauth/test/records"))
    #expect(refusal.message.contains("permission denied"))
    #expect(refusal.help.contains { $0.contains("SecretStores#KV2") })
  }

  // MARK: Lost answers

  @Test("SecretStores#KV2: a put whose answer was lost is settled by reading back")
  func lost() async throws {
    web.reply(Self.put, .lost)
    try await web.store().put(Sample.record("a1"))
    #expect(web.versions(Self.key).count == 1)
    #expect(web.log.filter { $0 == Self.put }.count == 1)
    #expect(web.log.last == Self.read)
  }

  @Test("SecretStores#KV2: a put that did not arrive is repeated, and a repeated one that was refused is looked up")
  func dropped() async throws {
    let store = try web.store()
    web.reply(Self.put, .dropped, .answer(502, ["errors": []]))
    try await store.put(Sample.record("a1"))
    #expect(web.log.filter { $0 == Self.put }.count == 3)
    // The first write arrives only after it was looked for.
    web.refuseUpdate()
    web.reply(Self.put.replacing("a1", with: "b2"), .dropped)
    web.reply(Self.read.replacing("a1", with: "b2"), .answer(404, ["errors": []]))
    web.set("mcpauth/test/records/linear.b2", String(decoding: Sample.record("b2").encoded(), as: UTF8.self))
    try await store.put(Sample.record("b2"))
    #expect(web.versions("mcpauth/test/records/linear.b2").count == 1)
  }

  @Test("SecretStores#KV2: after a lost answer another record under the key is not taken for this one")
  func lostAndOther() async throws {
    web.set(Self.key, String(decoding: Sample.record("a1", secret: "another").encoded(), as: UTF8.self))
    web.reply(Self.put, .dropped)
    let refusal = try await diagnostic { try await web.store().put(Sample.record("a1")) }
    #expect(refusal.code == .storeFailed && refusal.message.contains("exists already"))
    #expect(web.versions(Self.key).count == 1)
  }

  @Test("SecretStores#KV2: a put whose outcome cannot be read back is store-outcome-unknown")
  func unsettled() async throws {
    web.reply(Self.put, .lost)
    web.reply(Self.read, .answer(503, ["errors": ["Vault is sealed"]]))
    let refusal = try await diagnostic { try await web.store().put(Sample.record("a1")) }
    #expect(refusal.code == .storeOutcomeUnknown)
    #expect(refusal.notes.contains { $0.contains("not known whether it was stored") && $0.contains("it is sealed") })
    #expect(!"\(refusal)".contains("s3cret"))
  }

  @Test("SecretStores#KV2: an orphan's record is replaced over the version that was read, also when answers are lost")
  func replaced() async throws {
    let store = try web.store()
    try await store.putOrphan(Sample.record("a1"))
    let key = try #require(web.keys.first)
    web.reply("POST secret/data/" + key, .lost)
    try await store.putOrphan(Sample.record("b2"))
    #expect(web.versions(key).count == 2)
    // Another process writes between the reading and the writing.
    web.reply("POST secret/data/" + key, .answer(400, ["errors": ["check-and-set parameter did not match"]]))
    try await store.putOrphan(Sample.record("c3"))
    #expect(web.versions(key).count == 3)
    #expect(try await store.getOrphan(issuer: "https://linear.example", clientID: "client-linear")?.version == "c3")
  }

  // MARK: Refusals

  @Test("SecretStores#KV2: a sealed server is store-failed at once, and continues when it is unsealed")
  func sealed() async throws {
    let store = try web.store()
    web.seal()
    let refusal = try await diagnostic { try await store.put(Sample.record("a1")) }
    #expect(refusal.code == .storeFailed && refusal.message.hasSuffix("it is sealed"))
    #expect(web.pauses.isEmpty)
    #expect(try await diagnostic { try await store.list() }.code == .storeFailed)
    web.seal(false)
    try await store.put(Sample.record("a1"))
  }

  @Test("SecretStores#KV2: 429 is waited out, as long as Retry-After says; for a minute at most")
  func rateLimited() async throws {
    let store = try web.store()
    let limited: JSON = ["errors": ["rate limit quota exceeded"]]
    web.reply(Self.put, .answer(429, limited), .answer(429, limited, [HTTPField("Retry-After", "7")]))
    try await store.put(Sample.record("a1"))
    #expect(web.pauses == [.seconds(1), .seconds(7)])
    web.reply("LIST", .answer(429, limited, [HTTPField("Retry-After", "61")]))
    let refusal = try await diagnostic { try await store.list() }
    #expect(refusal.code == .storeFailed && refusal.message.contains("429"))
  }

  @Test("SecretStores#KV2: a read is repeated after a failure; three attempts in all")
  func repeated() async throws {
    let store = try web.store()
    try await store.put(Sample.record("a1"))
    web.reply(Self.read, .notSent, .answer(500, ["errors": ["internal error"]]))
    #expect(try await store.get("linear", version: "a1") == Sample.record("a1"))
    web.reply(Self.read, .dropped, .dropped, .dropped)
    #expect(try await diagnostic { try await store.get("linear", version: "a1") }.code == .storeFailed)
  }

  @Test(
    "SecretStores#KV2: a mount that does not exist, or is not of version 2, is found, and nothing is overwritten there")
  func wrongMount() async throws {
    let store = try web.store(mount: "nothing")
    let calls: [@Sendable () async throws -> Void] = [
      { _ = try await store.list() }, { try await store.put(Sample.record("a1")) },
    ]
    for call in calls {
      let refusal = try await diagnostic { try await call() }
      #expect(refusal.code == .storeFailed)
      #expect(refusal.message.contains("no handler for route"))
    }
    // An engine of version 1 answers a write with 204.
    web.reply("POST secret/data/mcpauth/test/records/.proof", .answer(204, .null))
    let refusal = try await diagnostic { try await web.store().prove() }
    #expect(refusal.code == .storeFailed && refusal.message.contains("KV version 2"))
  }

  @Test("SecretStores#KV2: a page of another server is no empty store, and a redirect is not followed")
  func otherServer() async throws {
    let store = try web.store()
    web.reply("LIST", .answer(404, "not found"))
    #expect(try await diagnostic { try await store.list() }.code == .storeFailed)
    web.reply("LIST", .answer(307, .null, [HTTPField("Location", "https://other.example/")]))
    let refusal = try await diagnostic { try await store.list() }
    #expect(refusal.message.contains("redirect (307)"))
  }

  @Test("SecretStores#KV2: a record whose version was deleted in the store is secret-unreadable, with the way back")
  func deletedVersion() async throws {
    let store = try web.store()
    try await store.put(Sample.record("a1"))
    web.deleteVersion(Self.key)
    let deleted = try await diagnostic { try await store.get("linear", version: "a1") }
    #expect(deleted.code == .secretUnreadable)
    #expect(deleted.help.contains { $0.contains("bao kv undelete -mount=secret -versions=1 " + Self.key) })
    #expect(try await diagnostic { try await store.put(Sample.record("a1")) }.code == .storeFailed)
    web.deleteVersion(Self.key, isDestroyed: true)
    #expect(try await diagnostic { try await store.get("linear", version: "a1") }.message.contains("destroyed"))
    try await store.remove("linear", version: "a1")
    #expect(try await store.get("linear", version: "a1") == nil)
  }

  @Test(
    "SecretStores#Records: a record that was copied to another key is secret-mismatch; text of others is unreadable")
  func copied() async throws {
    let store = try web.store()
    try await store.put(Sample.record("a1"))
    web.set("mcpauth/test/records/linear.b2", web.versions(Self.key).first.flatMap { $0 } ?? "")
    #expect(try await diagnostic { try await store.get("linear", version: "b2") }.code == .secretMismatch)
    web.set("mcpauth/test/records/linear.c3", "s3cret-value")
    let refusal = try await diagnostic { try await store.get("linear", version: "c3") }
    #expect(refusal.code == .secretUnreadable && !"\(refusal)".contains("s3cret"))
    web.set("mcpauth/test/stored/one", String(decoding: StoredValue.encode("two", Secret("x")), as: UTF8.self))
    #expect(try await diagnostic { try await store.getStored("one") }.code == .secretMismatch)
  }

  // MARK: Addresses

  @Test(
    "SecretStores#Addresses: nothing is sent to an address that the environment does not name",
    arguments: [
      nil, "", "https://bao.example", "https://bao.example:8200/other", "bao.example:8200", "http://bao.example:8200",
      "https://bao.example:8200@evil.example",
    ])
  func refusedAddress(allowed: String?) async throws {
    let store = try web.store(allowed: allowed)
    let calls: [@Sendable () async throws -> Void] = [
      { _ = try await store.list() }, { _ = try await store.prove() },
    ]
    for call in calls {
      let refusal = try await diagnostic { try await call() }
      #expect(refusal.code == .storeAddressRefused)
      #expect(refusal.location?.line == 3)
      let help = "if this is intended, set MCPAUTH_STORE_ADDRESSES=https://bao.example:8200 where mcpauth runs"
      #expect(refusal.help == [help])
    }
    #expect(web.log.isEmpty)
    #expect(web.learned.isEmpty, "the credential was not read")
  }

  @Test(
    "SecretStores#Addresses: another spelling of the address allows it",
    arguments: ["https://bao.example:8200/", "a, HTTPS://BAO.example:8200 ,b"])
  func allowedAddress(allowed: String) async throws {
    #expect(try await web.store(allowed: allowed).list().isEmpty)
  }
}
