import Foundation
import MCPAuthCore
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

/// A file system of 256 KiB, if it is possible to mount one.
final class SmallDisk: Sendable {
  let folder: TemporaryFolder

  /// nil without the permission to mount.
  init?() throws {
    folder = try TemporaryFolder()
    guard Self.run("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder.path]) else { return nil }
  }

  deinit {
    _ = Self.run("umount", ["-l", folder.path])
  }

  func makeReadOnly() -> Bool { Self.run("mount", ["-o", "remount,ro", folder.path]) }

  static func run(_ command: String, _ arguments: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command] + arguments
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  /// Whether this machine allows the mount: most containers do not, nor do machines without root.
  static let isPossible = (try? SmallDisk()).flatMap { $0 } != nil
}

@Suite(.enabled(if: SmallDisk.isPossible, "this user may not mount a small file system"))
struct FullDiskTests {
  let disk: SmallDisk
  let state: FileStateStore
  let secrets: DirectorySecretStore

  init() throws {
    disk = try #require(try SmallDisk())
    state = try FileStateStore(inventoryPath: disk.folder("servers.yaml"))
    secrets = try DirectorySecretStore(inventoryPath: disk.folder("servers.yaml"), path: nil)
  }

  @Test("Reliability#Bad-circumstances: a full disk is a clear error, and leaves every stored byte unchanged")
  func full() async throws {
    try await state.acquire(Sample.holder, timeout: 0)
    try await state.prove()
    _ = try await secrets.prove()
    try await state.append([Sample.intent("a1")], lineage: "abc")
    try await secrets.put(Sample.record("a1"))
    try await state.writeLock(Array("{}\n".utf8), lineage: "abc")
    // Fills all but the last bytes: a write begins, and then fails.
    var filler = 1 << 18
    while filler >= 1 {
      let raw = open(disk.folder("filler"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
      if write(raw, [UInt8](repeating: 1, count: filler), filler) < filler { filler /= 2 }
      close(raw)
    }
    let before = try disk.folder.everything()
    let big = (0..<200).map { Sample.intent("b\($0)") }
    let calls: [@Sendable () async throws -> Void] = [
      { try await state.append(big, lineage: "abc") },
      { try await secrets.put(Sample.record("b2")) },
      { try await secrets.putOrphan(Sample.record("b2")) },
      { try await state.writeLock([UInt8](repeating: 0x20, count: 100_000), lineage: "abc") },
      { try await state.prove() },
      { _ = try await secrets.prove() },
    ]
    for call in calls {
      let refusal = try await diagnostic { try await call() }
      #expect(refusal.code == .storeFailed)
      #expect(refusal.message.contains("no space left on the disk"))
      #expect(try disk.folder.everything() == before)
    }
    // After space was freed, the same run continues.
    try FileManager.default.removeItem(atPath: disk.folder("filler"))
    try await state.append([.failed(intent: "a1")], lineage: "abc")
    #expect(try await state.readJournal().events == [Sample.intent("a1"), .failed(intent: "a1")])
    await state.release()
  }

  @Test("Reliability#Bad-circumstances: a read-only folder can be read, and a write reports that it is read-only")
  func readOnly() async throws {
    try await state.acquire(Sample.holder, timeout: 0)
    try await state.writeLock(Array("{}\n".utf8), lineage: "abc")
    try await secrets.put(Sample.record("a1"))
    await state.release()
    try #require(disk.makeReadOnly())
    #expect(try await state.readLock() == Array("{}\n".utf8))
    #expect(try await state.notedLineage() == "abc")
    #expect(try await secrets.get("linear", version: "a1") == Sample.record("a1"))
    #expect(try await state.isHeld() == false)
    for refusal in [
      try await diagnostic { try await state.acquire(Sample.holder, timeout: 0) },
      try await diagnostic { try await secrets.prove() },
      try await diagnostic { try await secrets.put(Sample.record("b2")) },
      try await diagnostic { try await secrets.remove("linear", version: "a1") },
    ] {
      #expect(refusal.code == .storeFailed)
      #expect(refusal.message.contains("the file system is read-only"))
    }
  }
}
