import Foundation
import MCPAuthCore
import Testing

@testable import MCPAuthStores

@Suite struct StoredSecretsTests {
  let place: TemporaryFolder
  let store: DirectorySecretStore

  init() throws {
    place = try TemporaryFolder()
    store = try DirectorySecretStore(inventoryPath: place("servers.yaml"), path: nil)
  }

  @Test(
    "InventoryReference#Server-names: a stored value is set, replaced, listed and removed, separate from servers' records"
  )
  func life() async throws {
    #expect(try await store.getStored("github") == nil)
    try await store.putStored("github", Secret("first-value"))
    try await store.putStored("github", Secret("second\n\"value\""))
    try await store.putStored("a.b", Secret("x"))
    #expect(try await store.getStored("github")?.open() == "second\n\"value\"")
    #expect(try await store.storedKeys() == ["a.b", "github"])
    #expect(try await store.list().isEmpty)
    #expect(try place.mode(".mcpauth/servers/secrets/stored/github.json") == 0o600)
    try await store.removeStored("github")
    try await store.removeStored("github")
    #expect(try await store.getStored("github") == nil)
  }

  @Test("SecretStores#Records: a key follows the rules of a server's name", arguments: ["", "../x", "A", "a/b", ".a"])
  func keys(key: String) async throws {
    #expect(try await diagnostic { try await store.putStored(key, Secret("x")) }.code == .invalidValue)
  }

  @Test(
    "SecretStores#Records: a value that is copied to another key is refused, and the error of an invalid value prints no part of it"
  )
  func broken() async throws {
    try await store.putStored("one", Secret("s3cret-value"))
    let folder = place(".mcpauth/servers/secrets/stored")
    try FileManager.default.copyItem(atPath: folder + "/one.json", toPath: folder + "/two.json")
    #expect(try await diagnostic { try await store.getStored("two") }.code == .secretMismatch)
    try place.write("s3cret-value", to: ".mcpauth/servers/secrets/stored/three.json")
    let refusal = try await diagnostic { try await store.getStored("three") }
    #expect(refusal.code == .secretUnreadable)
    #expect(!"\(refusal)".contains("s3cret"))
  }
}
