import AgeFormat
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct StoresTests {
  private let web = FakeKV2()

  private func open(
    _ inventory: Inventory, _ path: String
  ) throws(Diagnostic) -> (state: any StateStore, secrets: any StoredSecretStore) {
    try Stores.open(
      inventory, inventoryPath: path, environment: [:], programs: StorePrograms(environment: [:], ask: nil),
      connection: web.connection())
  }

  @Test(
    "SecretStores#Durability-in-CI: an inventory gets the stores that it names, and opening them creates nothing")
  func opens() async throws {
    let place = try TemporaryFolder()
    let path = place("servers.yaml")
    let stores = try open(Inventory(file: path), path)
    #expect(stores.state.lockFile == place("servers.lock.json"))
    #expect(stores.secrets.name == "directory")
    #expect(!stores.secrets.readsOnlyNeeded)
    #expect(try place.everything().isEmpty)
  }

  @Test(
    "SecretStores#Durability-in-CI: age, helper, exec and kv2 stores are opened too; this creates, runs and sends nothing"
  )
  func opensOthers() async throws {
    let place = try TemporaryFolder()
    let path = place("servers.yaml")
    var inventory = Inventory(file: path)
    inventory.secrets.store = .age
    inventory.secrets.recipients = ["\(try AgeIdentity.generate().recipient)"]
    let age = try open(inventory, path).secrets
    #expect(age.name == "age")
    #expect(!age.canRead)
    #expect(!age.readsOnlyNeeded)
    inventory.secrets.store = .helper
    inventory.secrets.helper = "absent"
    let helper = try open(inventory, path).secrets
    #expect(helper.name == "helper")
    #expect(!helper.readsOnlyNeeded)
    inventory.secrets.store = .exec
    inventory.secrets.command = ["mcpauth-store-absent"]
    let exec = try open(inventory, path).secrets
    #expect(exec.name == "exec")
    #expect(exec.readsOnlyNeeded)
    inventory.secrets.store = .kv2
    inventory.secrets.kv2 = KV2Settings(
      address: try CheckedURL(FakeKV2.address, plaintext: .refused), path: "a",
      auth: KV2Auth(.token, credential: .env("BAO_TOKEN")))
    let kv2 = try open(inventory, path).secrets
    #expect(kv2.name == "kv2")
    #expect(kv2.readsOnlyNeeded)
    #expect(web.log.isEmpty)
    #expect(try place.everything().isEmpty)
  }

  @Test("SecretStores#Etcd: secrets in etcd need the state there, and both share what a run has read")
  func etcd() throws {
    let place = try TemporaryFolder()
    var inventory = Inventory(file: "servers.yaml")
    let location = SourceLocation(file: "servers.yaml", line: 3, column: 9)
    inventory.secrets.store = .etcd
    inventory.secrets.location = location
    inventory.secrets.recipients = ["\(try AgeIdentity.generate().recipient)"]
    let refusal = try #require(throws: Diagnostic.self) { try open(inventory, place("servers.yaml")) }
    #expect(refusal.code == .storeUnsupported && refusal.location == location)
    inventory.state.store = .etcd
    inventory.state.etcd = EtcdSettings(
      endpoints: [try CheckedURL("https://etcd.example:2379", plaintext: .refused)], prefix: "/mcpauth/test")
    let stores = try open(inventory, place("servers.yaml"))
    let state = try #require(stores.state as? EtcdStateStore)
    #expect((stores.secrets as? EtcdSecretStore)?.space === state.space)
    #expect(try place.everything().isEmpty)
  }
}
