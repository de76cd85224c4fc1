import Foundation
import MCPAuthCore
import Testing

@testable import MCPAuthStores

@Suite struct FileGuardTests {
  let place: TemporaryFolder

  init() throws { place = try TemporaryFolder() }

  /// The folder `own`, with the check of owners and permissions.
  private func guarded() throws -> Folder {
    try #require(try FolderPath(base: place.path, below: ["own"], firstOwn: 0).open(disk: .real))
  }

  private func problem(_ call: () throws -> some Any) throws -> FileProblem {
    try #require(throws: FileProblem.self) { _ = try call() }
  }

  @Test(
    "SecretStores#Files-of-others: a file or folder that others can write is refused; one that they can only read is not",
    arguments: [0o600, 0o644, 0o620, 0o602, 0o666, 0o664])
  func modes(_ mode: Int) throws {
    try place.write("x", to: "own/file")
    try place.makeFolder("own/folder")
    try place.setMode(mode, of: "own/file")
    try place.setMode(mode | 0o100, of: "own/folder")
    let folder = try guarded()
    guard mode & 0o022 != 0 else {
      #expect(try folder.read("file", limit: 10) == Array("x".utf8))
      #expect(try folder.folder("folder") != nil)
      return
    }
    let file = try problem { try folder.read("file", limit: 10) }
    #expect(file.diagnostic.code == .unsafeFile)
    #expect(file.diagnostic.help.first?.hasSuffix("chmod go-w \(place("own/file"))") == true)
    #expect(try problem { try folder.replace("file", with: [1], mode: 0o600) }.isUnsafe)
    #expect(try problem { try folder.folder("folder") }.isUnsafe)
    #expect(try problem { try folder.makingFolder("folder") }.isUnsafe)
    #expect(try place.text("own/file") == "x")
    #expect(try place.mode("own/file") == mode)
  }

  @Test(
    "SecretStores#Files-of-others: the topmost folder of mcpauth is checked as well; its parent folder is not")
  func first() throws {
    try place.makeFolder("own")
    try place.setMode(0o777, of: ".")
    _ = try guarded()
    try place.setMode(0o770, of: "own")
    #expect(try problem { try guarded() }.reason == .writableByOthers(mode: 0o770))
  }

  @Test("SecretStores#Files-of-others: a hard link is refused, and the printed command repairs it")
  func hardLink() throws {
    try place.write("theirs", to: "elsewhere")
    try place.makeFolder("own")
    #expect(link(place("elsewhere"), place("own/it's")) == 0)
    let folder = try guarded()
    let refusal = try problem { try folder.read("it's", limit: 10) }
    #expect(refusal.reason == .hasOtherNames)
    #expect(try problem { try folder.replace("it's", with: [1], mode: 0o600) }.reason == .hasOtherNames)
    #expect(try place.text("elsewhere") == "theirs")
    let command = try #require(refusal.diagnostic.help.first?.split(separator: ": ", maxSplits: 1).last)
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", String(command)]
    try shell.run()
    shell.waitUntilExit()
    #expect(try folder.read("it's", limit: 10) == Array("theirs".utf8))
  }

  @Test(
    "SecretStores#Files-of-others: a new file has two names for a moment, and keeps them if the run is killed then")
  func killedBetweenNames() throws {
    try place.write("x", to: "own/.file.0123456789abcdef.mcpauth-tmp")
    #expect(link(place("own/.file.0123456789abcdef.mcpauth-tmp"), place("own/file")) == 0)
    let folder = try guarded()
    #expect(try folder.read("file", limit: 10) == Array("x".utf8))
    folder.removeStaleFiles()
    #expect(try folder.names() == ["file"])
    // A killed run does not explain a third name.
    #expect(link(place("own/file"), place("own/.file.0123456789abcdef.mcpauth-tmp")) == 0)
    #expect(link(place("own/file"), place("elsewhere")) == 0)
    #expect(try problem { try folder.read("file", limit: 10) }.reason == .hasOtherNames)
  }

  @Test(
    "SecretStores#Files-of-others: another user's file is refused, unless the owner is root or owns the whole checkout",
    .enabled(if: geteuid() == 0, "only root can make files of another user"))
  func owners() throws {
    try place.write("x", to: "own/file")
    chown(place("own/file"), 65534, 0)
    let refusal = try problem { try guarded().read("file", limit: 10) }
    #expect(refusal.reason == .foreignOwner(isFolder: false))
    #expect(refusal.diagnostic.help.first?.contains("sudo chown \"$(id -u)\" \(place("own/file"))") == true)
    chown(place("own"), 65534, 0)
    #expect(try problem { try guarded() }.reason == .foreignOwner(isFolder: true))
    chown(place.path, 65534, 0)
    #expect(try guarded().read("file", limit: 10) == Array("x".utf8))
  }
}
