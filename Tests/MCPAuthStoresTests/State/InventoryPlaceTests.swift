import MCPAuthCore
import Testing

@testable import MCPAuthStores

@Suite struct InventoryPlaceTests {
  @Test(
    "PlanAndApply#Lock-file: an inventory's stem is its file name without the extension",
    arguments: [
      ("servers.yaml", ".", "servers", "servers.lock.json"),
      ("a/b/servers.yml", "a/b", "servers", "servers.lock.json"),
      ("/servers.yaml", "/", "servers", "servers.lock.json"),
      ("./servers", ".", "servers", "servers.lock.json"),
      ("prod.eu.yaml", ".", "prod.eu", "prod.eu.lock.json"),
    ])
  func stems(path: String, folder: String, stem: String, lockFile: String) throws {
    let place = try InventoryPlace(path)
    #expect(place.folder == folder)
    #expect(place.stem == stem)
    #expect(place.lockFile == lockFile)
  }

  @Test(
    "SecretStores#Names-and-folders: a stem that would lead to another folder is refused",
    arguments: [
      "", "a/", ".yaml", "..yaml", "...yaml", "..", ".", ".gitignore.yaml", "a\u{0}b.yaml", "a\nb.yaml",
      String(repeating: "a", count: 201),
    ])
  func refused(path: String) throws {
    let refusal = try #require(throws: Diagnostic.self) { try InventoryPlace(path) }
    #expect(refusal.code == .invalidValue)
  }

  @Test("SecretStores#Names-and-folders: two inventories with the same stem in a folder are refused, with both names")
  func twoOfOneStem() throws {
    let place = try TemporaryFolder()
    try place.write("", to: "servers.yaml")
    try place.write("", to: "others.yml")
    try InventoryPlace(place("servers.yaml")).checkStem()
    try InventoryPlace(place("absent.yaml")).checkStem()
    try place.write("", to: "servers.yml")
    for file in ["servers.yaml", "servers.yml", "servers.json"] {
      let refusal = try #require(throws: Diagnostic.self) { try FileStateStore(inventoryPath: place(file)) }
      #expect(refusal.code == .invalidValue)
      #expect(refusal.message.contains("'\(file)'"))
    }
  }
}
