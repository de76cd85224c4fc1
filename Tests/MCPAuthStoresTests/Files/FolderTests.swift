import Foundation
import MCPAuthCore
import Synchronization
import Testing

@testable import MCPAuthStores

@Suite struct FolderTests {
  let place: TemporaryFolder

  init() throws { place = try TemporaryFolder() }

  func problem(_ call: () throws -> some Any) throws -> FileProblem {
    try #require(throws: FileProblem.self) { _ = try call() }
  }

  @Test("SecretStores#Names-and-folders: a link is never followed, for any target and any operation")
  func links() throws {
    try place.write("theirs", to: "elsewhere/file")
    try place.link("file", to: place("elsewhere/file"))
    try place.link("folder", to: place("elsewhere"))
    try place.link("nowhere", to: place("elsewhere/new"))
    let folder = try place.folder()
    for name in ["file", "folder", "nowhere"] {
      #expect(try problem { try folder.folder(name) }.reason == .isLink)
      #expect(try problem { try folder.makingFolder(name) }.reason == .isLink)
      #expect(try problem { try folder.read(name, limit: 100) }.reason == .isLink)
      #expect(try problem { try folder.replace(name, with: [1], mode: 0o600) }.reason == .isLink)
      #expect(try problem { try folder.create(name, with: [1], mode: 0o600) }.reason == .errno(EEXIST))
    }
    #expect(try place.text("elsewhere/file") == "theirs")
    #expect(!place.exists("elsewhere/new"))
  }

  @Test("Reliability#Bad-circumstances: a file where a folder should be, a folder where a file should be, a pipe")
  func wrongKinds() throws {
    try place.write("", to: "file")
    try place.makeFolder("folder")
    #expect(mkfifo(place("pipe"), 0o600) == 0)
    let folder = try place.folder()
    #expect(try problem { try folder.makingFolder("file") }.reason == .isFile)
    #expect(try problem { try folder.makingFolder("pipe") }.reason == .isSpecial)
    #expect(try problem { try folder.read("folder", limit: 100) }.reason == .isFolder)
    #expect(try problem { try folder.replace("folder", with: [], mode: 0o600) }.reason == .isFolder)
    #expect(try problem { try folder.read("pipe", limit: 100) }.reason == .isSpecial)
    #expect(try problem { try folder.replace("pipe", with: [], mode: 0o600) }.reason == .isSpecial)
  }

  @Test(
    "Reliability#Order-of-writes: a file is replaced as a whole, with exactly the requested mode, and no temporary file stays"
  )
  func replace() throws {
    let folder = try place.folder()
    let long = [UInt8](repeating: 7, count: 3_000_000)
    for (bytes, mode) in [([1, 2], 0o600), (long, 0o664), ([], 0o666)] as [([UInt8], UInt32)] {
      try folder.replace("file", with: bytes, mode: mode)
      #expect(try folder.read("file", limit: 1 << 22) == bytes)
      #expect(try place.mode("file") == Int(mode))
    }
    #expect(try folder.names() == ["file"])
  }

  @Test(
    "SecretStores#Names-and-folders: a new file never replaces an existing one; it has exactly the requested mode, and one name",
    arguments: [false, true])
  func create(unnamed: Bool) throws {
    var disk = Disk.real
    disk.hasUnnamedFiles = unnamed
    let folder = try place.folder(disk: disk)
    try folder.create("file", with: [1], mode: 0o640)
    let made = try #require(try folder.status("file"))
    #expect(made.mode == 0o640 && made.links == 1 && made.kind == .file)
    #expect(try problem { try folder.create("file", with: [2], mode: 0o600) }.reason == .errno(EEXIST))
    #expect(try folder.read("file", limit: 10) == [1])
    #expect(try folder.names() == ["file"])
  }

  @Test(
    "Reliability#Order-of-writes: both file and folder are synced; a file that cannot be synced does not exist",
    arguments: [false, true], [false, true])
  func syncs(replacing: Bool, unnamed: Bool) throws {
    let watched = WatchedDisk()
    var disk = watched.disk
    disk.hasUnnamedFiles = unnamed
    let folder = try place.folder(disk: disk)
    func write(_ name: String) throws {
      if replacing {
        try folder.replace(name, with: [1], mode: 0o600)
      } else {
        try folder.create(name, with: [1], mode: 0o600)
      }
    }
    try write("first")
    #expect(watched.syncs == 2)
    watched.fail(with: ENOSPC)
    let problem = try problem { try write("second") }
    #expect(problem.diagnostic.message.contains("no space left on the disk"))
    #expect(try folder.names() == ["first"])
  }

  @Test("Reliability#Bad-circumstances: a full disk is reported as a full disk")
  func fullDisk() throws {
    let raw = open("/dev/full", O_WRONLY)
    try #require(raw >= 0)
    let problem = try problem { try Descriptor(raw, path: "/dev/full").write([1, 2, 3], at: 0) }
    #expect(problem.reason == .errno(ENOSPC))
    #expect(problem.diagnostic.code == .storeFailed)
    #expect(problem.diagnostic.message == "'/dev/full': no space left on the disk")
  }

  @Test("Reliability#Bad-circumstances: no permission")
  func noPermission() throws {
    try place.makeFolder("closed")
    try place.setMode(0o500, of: "closed")
    let folder = try #require(try place.folder().folder("closed"))
    let problem = try asNobody { try self.problem { try folder.create("file", with: [], mode: 0o600) } }
    #expect(problem.reason == .errno(EACCES))
    #expect(problem.diagnostic.message.contains("permission denied"))
  }

  /// Runs a call as a user without permissions: root becomes such a user for this thread, other users already are.
  private func asNobody<Value>(_ call: () throws -> Value) throws -> Value {
    guard geteuid() == 0 else { return try call() }
    let symbol = try #require(dlsym(dlopen(nil, RTLD_NOW), "setfsuid"))
    let setfsuid = unsafeBitCast(symbol, to: (@convention(c) (UInt32) -> Int32).self)
    _ = setfsuid(65534)
    defer { _ = setfsuid(0) }
    return try call()
  }

  @Test(
    "Reliability#Bad-circumstances: temporary files of killed runs are removed; those of active runs and other files stay"
  )
  func staleFiles() throws {
    let folder = try place.folder()
    let names = [
      ".servers.lock.json.0123456789abcdef.mcpauth-tmp", ".other.lock.json.0123456789abcdef.mcpauth-tmp",
      ".servers.lock.json.short.mcpauth-tmp", "servers.lock.json",
    ]
    for name in names { try place.write("", to: name) }
    let living = try TemporaryFile(for: "servers.lock.json", in: folder)
    folder.removeStaleFiles(for: "servers.lock.json")
    #expect(try Set(folder.names()) == Set(names.dropFirst() + [living.name]))
    folder.removeStaleFiles()
    #expect(try Set(folder.names()) == Set(names.dropFirst(2) + [living.name]))
  }

  @Test(
    "SecretStores#Names-and-folders: a temporary file that another process removes at the wrong moment is written again"
  )
  func strippedTemporary() throws {
    let stolen = Atomic(false)
    let path = place.path
    let disk = Disk { _ in
      if !stolen.exchange(true, ordering: .relaxed) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
          try? FileManager.default.removeItem(atPath: path + "/" + name)
        }
      }
      return 0
    }
    let folder = try place.folder(disk: disk)
    try folder.create("file", with: [1], mode: 0o600)
    #expect(try folder.read("file", limit: 10) == [1])
  }

  @Test("a file over the limit is not read")
  func limit() throws {
    try place.write("12345", to: "file")
    let folder = try place.folder()
    #expect(try folder.read("file", limit: 5)?.count == 5)
    #expect(try problem { try folder.read("file", limit: 4) }.reason == .tooLarge(limit: 4))
    #expect(try folder.read("absent", limit: 4) == nil)
  }

  @Test(
    "PlanAndApply#Lock-file: folders are 0700, .mcpauth is ignored by version control, and an existing .gitignore is not changed"
  )
  func folders() throws {
    let path = FolderPath(base: place.path, below: [".mcpauth", "servers", "secrets"])
    #expect(try path.open(disk: .real) == nil)
    #expect(try place.everything().isEmpty)
    _ = try path.make(disk: .real)
    for name in [".mcpauth", ".mcpauth/servers", ".mcpauth/servers/secrets"] { #expect(try place.mode(name) == 0o700) }
    #expect(try place.text(".mcpauth/.gitignore") == "*\n")
    try place.write("mine", to: ".mcpauth/.gitignore")
    _ = try path.make(disk: .real)
    #expect(try place.text(".mcpauth/.gitignore") == "mine")
  }
}
