import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct EtcdClientTests {
  let etcd = FakeEtcd()

  @Test("Reliability#Many-runners: an endpoint that gives no answer is followed by the next")
  func endpoints() async throws {
    let client = try etcd.space().client
    etcd.reply("kv/range", .dropped, .answer(503, ["error": "no leader", "message": "no leader", "code": 14]))
    #expect(try await client.get("/mcpauth/test/none") == nil)
    #expect(etcd.log == ["kv/range", "kv/range", "kv/range"])
  }

  @Test("Reliability#Many-runners: what etcd refuses for good is not tried again")
  func refused() async throws {
    let space = try etcd.space()
    etcd.reply(
      "kv/txn",
      .answer(403, ["error": "etcdserver: permission denied", "message": "etcdserver: permission denied", "code": 7]))
    let refusal = try await diagnostic { try await space.reload() }
    #expect(refusal.code == .storeFailed && refusal.message.contains("permission denied"))
    #expect(refusal.help.first?.contains("/mcpauth/test/") == true)
    #expect(etcd.log.count == 1)
  }

  @Test("Reliability#Many-runners: the run logs in once, and again when its token has lapsed")
  func login() async throws {
    etcd.require(password: "correct")
    let space = try etcd.space(user: true)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { try await space.reload() } }
      try await group.waitForAll()
    }
    #expect(etcd.logins == 1)
    etcd.forgetTokens()
    try await space.reload()
    #expect(etcd.logins == 2)
  }

  @Test("Reliability#Many-runners: a wrong password, a missing user, and an etcd without users")
  func credentials() async throws {
    try await etcd.space(user: true).reload()
    etcd.require(password: "other")
    let wrong = try await diagnostic { try await etcd.space(user: true).reload() }
    #expect(wrong.message.contains("authentication failed") && !wrong.message.contains("correct"))
    #expect(try await diagnostic { try await etcd.space().reload() }.code == .storeFailed)
  }

  @Test("Reliability#Many-runners: many keys are read in pages, at one revision")
  func pages() async throws {
    let space = try etcd.space()
    for part in 0..<13 {
      _ = try await space.change((0..<100).map { .put(space.keys.entry("s\(part)-\($0)"), [1]) })
    }
    etcd.forgetLog()
    #expect(try await space.client.range([EtcdSpan(prefix: space.keys.everything)]).pairs.count == 1300)
    #expect(etcd.log.count == 3)
  }

  @Test("SecretStores#Addresses: nothing is sent to an endpoint that the environment does not name")
  func addresses() async throws {
    let allowed = try etcd.space().client
    var connection = allowed.connection
    connection.addresses = StoreAddresses(environment: [:], ask: nil)
    let space = EtcdSpace(EtcdClient(allowed.settings, connection))
    #expect(try await diagnostic { try await space.reload() }.code == .storeAddressRefused)
    #expect(etcd.log.isEmpty)
  }

  @Test("InventoryReference#User-of-etcd: a client certificate with a common name is explained, where etcd refuses it")
  func commonName() async throws {
    let space = try etcd.space()
    etcd.reply("kv/txn", .answer(400, "CommonName of client sending a request against gateway will be ignored"))
    let refusal = try await diagnostic { try await space.reload() }
    #expect(refusal.message.contains("CommonName") && refusal.help.first?.contains("common name") == true)
    #expect(etcd.log.count == 1)
  }

  @Test("a server that is no etcd is named as such")
  func other() async throws {
    let space = try etcd.space()
    etcd.reply("kv/txn", .answer(200, "hello"))
    #expect(try await diagnostic { try await space.reload() }.message.contains("JSON gateway"))
  }
}
