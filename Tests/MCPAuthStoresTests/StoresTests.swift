import AgeFormat
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct StoresTests {
  private let programs = StorePrograms(environment: [:], ask: nil)

  @Test(
    "SecretStores#Durability-in-CI: an inventory gets the stores that it names, and opening them creates nothing")
  func opens() async throws {
    let place = try TemporaryFolder()
    let path = place("servers.yaml")
    let stores = try Stores.open(Inventory(file: path), inventoryPath: path, environment: [:], programs: programs)
    #expect(stores.state.lockFile == place("servers.lock.json"))
    #expect(stores.secrets.name == "directory")
    #expect(try place.everything().isEmpty)
  }

  @Test("SecretStores#Durability-in-CI: age, helper and exec stores are opened as well; this creates and runs nothing")
  func opensOthers() async throws {
    let place = try TemporaryFolder()
    let path = place("servers.yaml")
    var inventory = Inventory(file: path)
    inventory.secrets.store = .age
    inventory.secrets.recipients = ["\(try AgeIdentity.generate().recipient)"]
    let age = try Stores.open(inventory, inventoryPath: path, environment: [:], programs: programs).secrets
    #expect(age.name == "age")
    #expect(!age.canRead)
    inventory.secrets.store = .helper
    inventory.secrets.helper = "absent"
    #expect(
      try Stores.open(inventory, inventoryPath: path, environment: [:], programs: programs).secrets.name == "helper")
    inventory.secrets.store = .exec
    inventory.secrets.command = ["mcpauth-store-absent"]
    #expect(
      try Stores.open(inventory, inventoryPath: path, environment: [:], programs: programs).secrets.name == "exec")
    #expect(try place.everything().isEmpty)
  }

  @Test(
    "SecretStores#Durability-in-CI: the etcd store is store-unsupported, at its place",
    arguments: ["secrets", "state"])
  func unsupported(what: String) throws {
    let place = try TemporaryFolder()
    var inventory = Inventory(file: "servers.yaml")
    let location = SourceLocation(file: "servers.yaml", line: 3, column: 9)
    if what == "secrets" {
      inventory.secrets.store = .etcd
      inventory.secrets.location = location
    } else {
      inventory.state.store = .etcd
      inventory.state.location = location
    }
    let refusal = try #require(throws: Diagnostic.self) {
      try Stores.open(inventory, inventoryPath: place("servers.yaml"), environment: [:], programs: programs)
    }
    #expect(refusal.code == .storeUnsupported)
    #expect(refusal.location == location)
  }
}
