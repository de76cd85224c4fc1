import AgeFormat
import MCPAuthCore
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

/// The names of orphans' records in a store's list.
@Suite struct OrphanNamesTests {
  enum Kind: CaseIterable { case directory, age, helper, exec, kv2 }

  private let place: TemporaryFolder

  init() throws { place = try TemporaryFolder() }

  private func store(_ kind: Kind) throws -> any StoredSecretStore {
    switch kind {
    case .directory: return try DirectorySecretStore(inventoryPath: place("servers.yaml"), path: nil)
    case .age:
      let identity = try AgeIdentity.generate()
      return try AgeSecretStore(
        inventoryPath: place("servers.yaml"), recipients: ["\(identity.recipient)"],
        environment: [AgeIdentitySource.key: identity.open()])
    case .helper: return try FakeHelper(place).store()
    case .exec: return try FakeStoreProgram(place).store()
    case .kv2: return try FakeKV2().store()
    }
  }

  @Test(
    "SecretStores#Names-and-folders: an orphan's record is listed under a name that depends only on its client, and is read by it",
    arguments: Kind.allCases)
  func names(kind: Kind) async throws {
    let store = try store(kind)
    #expect(try await store.orphanNames().isEmpty)
    let records = [Sample.record("a1"), Sample.record("b2", clientID: "../x\u{0}")]
    for record in records { try await store.putOrphan(record) }
    try await store.put(Sample.record("c3"))
    try await store.putStored("k", Secret("x"))
    let names = records.map { store.orphanName(issuer: $0.issuer, clientID: $0.clientID) }
    #expect(try await store.orphanNames() == names.sorted())
    for (name, record) in zip(names, records) { #expect(try await store.getOrphan(named: name) == record) }
    for name in ["", "../linear.c3", String(repeating: "0", count: 64)] {
      #expect(try await store.getOrphan(named: name) == nil)
    }
    #expect(try await store.items().count == 4)
  }

  @Test("SecretStores#Names-and-folders: a record that was copied to another name is secret-mismatch")
  func copied() async throws {
    let store = try store(.directory)
    try await store.putOrphan(Sample.record("a1"))
    let name = try #require(try await store.orphanNames().first)
    let other = String(repeating: "0", count: 64)
    let folder = ".mcpauth/servers/secrets/orphans/"
    try place.write(place.text(folder + name + ".json"), to: folder + other + ".json")
    try place.setMode(0o600, of: folder + other + ".json")
    #expect(try await diagnostic { try await store.getOrphan(named: other) }.code == .secretMismatch)
  }

  @Test("InventoryReference#Server-names: the message about an invalid stored value has the command that sets it again")
  func storedHelp() async throws {
    let store = try store(.directory)
    try await store.putStored("one", Secret("s3cret-value"))
    try place.write("nonsense", to: ".mcpauth/servers/secrets/stored/one.json")
    let refusal = try await diagnostic { try await store.getStored("one") }
    #expect(refusal.help.last == "or set it again: mcpauth secrets set one")
    #expect(!refusal.help.joined().contains("rotate"))
  }
}
