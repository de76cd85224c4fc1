import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct StoresTests {
  @Test("product 4: an inventory gets the stores that it names, and nothing is made by opening them")
  func opens() async throws {
    let place = try TemporaryFolder()
    let path = place("servers.yaml")
    let stores = try Stores.open(Inventory(file: path), inventoryPath: path, environment: [:])
    #expect(stores.state.lockFile == place("servers.lock.json"))
    #expect(stores.secrets.name == "directory")
    #expect(try place.everything().isEmpty)
  }

  @Test(
    "product 4: a store that is not there yet is store-unsupported, at its place",
    arguments: SecretsSettings.Store.allCases)
  func unsupported(store: SecretsSettings.Store) throws {
    let place = try TemporaryFolder()
    var inventory = Inventory(file: "servers.yaml")
    inventory.secrets.store = store
    inventory.secrets.location = SourceLocation(file: "servers.yaml", line: 3, column: 9)
    if store == .directory {
      inventory.state.store = .etcd
      inventory.state.location = inventory.secrets.location
    }
    let refusal = try #require(throws: Diagnostic.self) {
      try Stores.open(inventory, inventoryPath: place("servers.yaml"), environment: [:])
    }
    #expect(refusal.code == .storeUnsupported)
    #expect(refusal.location == inventory.secrets.location)
  }
}
