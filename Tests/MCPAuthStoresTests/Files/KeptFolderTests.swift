import Foundation
import Testing

@testable import MCPAuthStores

@Suite struct KeptFolderTests {
  let place: TemporaryFolder
  let kept: KeptFolder

  init() throws {
    place = try TemporaryFolder()
    kept = KeptFolder(
      FolderPath(base: place.path, below: [".mcpauth", "servers", "secrets"], firstOwn: 0), disk: .real)
  }

  func problem(_ call: () throws -> some Any) throws -> FileProblem {
    try #require(throws: FileProblem.self) { _ = try call() }
  }

  @Test("it is opened once, for reading and for writing, while its path stays the same")
  func once() throws {
    #expect(try kept.open() == nil)
    #expect(!place.exists(".mcpauth"))
    let made = try kept.make(mode: 0o700)
    let opened = try #require(try kept.open())
    #expect(made.descriptor === opened.descriptor)
    // New names change the size and the time of a folder, and not what it is.
    try made.create("file", with: [1], mode: 0o600)
    #expect(try kept.make(mode: 0o700).descriptor === made.descriptor)
    #expect(try opened.read("file", limit: 10) == [1])
  }

  @Test(
    "SecretStores#Names-and-folders: a component that became a link is refused, also where it leads to the same folder",
    arguments: [".mcpauth", ".mcpauth/servers", ".mcpauth/servers/secrets"])
  func links(component: String) throws {
    _ = try kept.make(mode: 0o700)
    try FileManager.default.moveItem(atPath: place(component), toPath: place("moved"))
    try FileManager.default.createSymbolicLink(atPath: place(component), withDestinationPath: place("moved"))
    #expect(try problem { try kept.open() }.reason == .isLink)
    #expect(try problem { try kept.make(mode: 0o700) }.reason == .isLink)
  }

  @Test(
    "SecretStores#Files-of-others: a component that others can write now is refused",
    arguments: [".mcpauth", ".mcpauth/servers", ".mcpauth/servers/secrets"])
  func writableByOthers(component: String) throws {
    _ = try kept.make(mode: 0o700)
    try place.setMode(0o770, of: component)
    #expect(try problem { try kept.open() }.reason == .writableByOthers(mode: 0o770))
    try place.setMode(0o700, of: component)
    #expect(try kept.open() != nil)
  }

  @Test("Reliability#Bad-circumstances: a folder that was removed is gone, and is made again with its .gitignore")
  func removed() throws {
    let before = try kept.make(mode: 0o700)
    try FileManager.default.removeItem(atPath: place(".mcpauth/.gitignore"))
    _ = try kept.make(mode: 0o700)
    #expect(place.exists(".mcpauth/.gitignore"))
    try FileManager.default.removeItem(atPath: place(".mcpauth"))
    #expect(try kept.open() == nil)
    let after = try kept.make(mode: 0o700)
    #expect(after.descriptor !== before.descriptor)
    try after.create("file", with: [1], mode: 0o600)
    #expect(place.exists(".mcpauth/servers/secrets/file"))
    #expect(place.exists(".mcpauth/.gitignore"))
  }
}
