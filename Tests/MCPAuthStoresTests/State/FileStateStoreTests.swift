import Foundation
import MCPAuthCore
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct FileStateStoreTests {
  let place: TemporaryFolder

  init() throws {
    place = try TemporaryFolder()
    try place.write("version: 1\n", to: "servers.yaml")
  }

  func open(_ disk: Disk = .real) throws -> FileStateStore {
    try FileStateStore(inventoryPath: place("servers.yaml"), disk: disk)
  }

  func held(_ disk: Disk = .real) async throws -> FileStateStore {
    let store = try open(disk)
    try await store.acquire(Sample.holder, timeout: 0)
    return store
  }

  let journal = ".mcpauth/servers/journal.jsonl"

  @Test("the contract of a state store", arguments: StateStoreContract.rules)
  func contract(rule: StateStoreContract) async throws {
    let path = place("servers.yaml")
    try await rule.check { try FileStateStore(inventoryPath: path) }
  }

  @Test("Reliability#Order-of-writes: plan writes nothing: reads and checks leave the folder unchanged")
  func readsMakeNothing() async throws {
    let before = try place.everything()
    let store = try open()
    _ = try await (store.readLock(), store.readJournal(), store.notedLineage(), store.isHeld())
    #expect(try place.everything() == before)
    let other = try await held()
    try await other.append([.unknown(intent: "i1")], lineage: "abc")
    let during = try place.everything()
    _ = try await (store.readLock(), store.readJournal(), store.notedLineage(), store.isHeld())
    #expect(try place.everything() == during)
  }

  @Test("PlanAndApply#Lock-file: which file is where, and with which permissions")
  func layout() async throws {
    let store = try await held()
    try await store.append([.unknown(intent: "i1")], lineage: "abc")
    try await store.writeLock(Array("{}\n".utf8), lineage: "abc")
    #expect(
      try Set(place.everything().keys) == [
        "servers.yaml", "servers.lock.json", ".mcpauth", ".mcpauth/.gitignore", ".mcpauth/servers", journal,
        ".mcpauth/servers/run.lock", ".mcpauth/servers/lineage",
      ])
    #expect(try place.mode("servers.lock.json") == 0o644)
    for name in [journal, ".mcpauth/servers/run.lock", ".mcpauth/servers/lineage"] {
      #expect(try place.mode(name) == 0o600)
    }
    for name in [".mcpauth", ".mcpauth/servers"] { #expect(try place.mode(name) == 0o700) }
    #expect(store.lockFile == place("servers.lock.json"))
  }

  @Test("Reliability#Order-of-writes: concurrent appends share one fsync")
  func groupCommit() async throws {
    let watched = WatchedDisk()
    let store = try await held(watched.disk)
    try await store.append([.unknown(intent: "first")], lineage: "abc")
    let before = watched.syncs
    watched.holdNextSync()
    let slow = Task.immediate { try await store.append([.unknown(intent: "slow")], lineage: "abc") }
    await watched.untilHeld()
    // Each of these calls has reached the store when it returns here, and waits for the disk.
    let later = (0..<50).map { index in
      Task.immediate { try await store.append([.unknown(intent: "\(index)")], lineage: "abc") }
    }
    watched.letGo()
    try await slow.value
    for task in later { try await task.value }
    #expect(watched.syncs == before + 2)
    #expect(try await open().readJournal().events.count == 52)
  }

  @Test(
    "Reliability#Order-of-writes: if the fsync fails, all waiting calls fail, the lines are removed, and a new attempt is possible"
  )
  func failedSync() async throws {
    let watched = WatchedDisk()
    let store = try await held(watched.disk)
    try await store.append([.unknown(intent: "kept")], lineage: "abc")
    let before = try place.text(journal)
    watched.fail(with: ENOSPC)
    let refusal = try await diagnostic { try await store.append([.unknown(intent: "lost")], lineage: "abc") }
    #expect(refusal.code == .storeFailed)
    #expect(refusal.message == "'\(place(journal))': no space left on the disk")
    #expect(try place.text(journal) == before)
    watched.fail(with: 0)
    try await store.append([.unknown(intent: "later")], lineage: "abc")
    #expect(try await store.readJournal().events == [.unknown(intent: "kept"), .unknown(intent: "later")])
  }

  @Test("Reliability#Order-of-writes: a torn last line is ignored by a read, and cut off before the next append")
  func tornLine() async throws {
    let first = try await held()
    try await first.append([.unknown(intent: "i1")], lineage: "abc")
    await first.release()
    let whole = try place.text(journal)
    try place.write(whole + #"{"event":"unkn"#, to: journal)
    #expect(try await open().readJournal().events == [.unknown(intent: "i1")])
    #expect(try place.text(journal) == whole + #"{"event":"unkn"#, "reading does not mend")
    let second = try await held()
    try await second.prove()
    try await second.append([.unknown(intent: "i2")], lineage: "abc")
    let line = String(decoding: JournalText.line(.unknown(intent: "i2")), as: UTF8.self)
    #expect(try place.text(journal) == whole + line)
  }

  @Test("Reliability#Order-of-writes: a last line without only its line end is kept")
  func lostLineEnd() async throws {
    let first = try await held()
    try await first.append([.unknown(intent: "i1")], lineage: "abc")
    await first.release()
    try place.write(String(place.text(journal).dropLast()), to: journal)
    let second = try await held()
    try await second.append([.unknown(intent: "i2")], lineage: "abc")
    #expect(try await open().readJournal().events == [.unknown(intent: "i1"), .unknown(intent: "i2")])
  }

  @Test("Reliability#Order-of-writes: a damaged journal is refused by readers and writers, and is not changed")
  func damagedJournal() async throws {
    let first = try await held()
    try await first.append([.unknown(intent: "i1"), .unknown(intent: "i2")], lineage: "abc")
    await first.release()
    let damaged = try place.text(journal).replacingOccurrences(of: "i1", with: "i7")
    try place.write(damaged, to: journal)
    let store = try await held()
    let calls: [@Sendable () async throws -> Void] = [
      { _ = try await store.readJournal() }, { try await store.prove() },
      { try await store.append([.unknown(intent: "i3")], lineage: "abc") },
      { try await store.emptyJournal(keeping: [], lineage: "abc") },
    ]
    for call in calls {
      let refusal = try await diagnostic { try await call() }
      #expect(refusal.code == .journalInvalid)
      #expect(refusal.location == MCPAuthCore.SourceLocation(file: place(journal), line: 2, column: 1))
    }
    #expect(try place.text(journal) == damaged)
  }

  @Test("Reliability#Order-of-writes: lines of another lineage are not appended to a journal")
  func foreignLineage() async throws {
    let store = try await held()
    try await store.append([.unknown(intent: "i1")], lineage: "abc")
    let refusal = try await diagnostic { try await store.append([.unknown(intent: "i2")], lineage: "xyz") }
    #expect(refusal.code == .journalForeign)
    #expect(try await store.readJournal().events == [.unknown(intent: "i1")])
  }

  @Test(
    "Reliability#Order-of-writes: an append to a journal that was deleted during the run is not reported as durable"
  )
  func cleanedWorkTree() async throws {
    let store = try await held()
    try await store.append([.unknown(intent: "i1")], lineage: "abc")
    try FileManager.default.removeItem(atPath: place(".mcpauth"))
    let refusal = try await diagnostic { try await store.append([.unknown(intent: "i2")], lineage: "abc") }
    #expect(refusal.code == .storeFailed)
    #expect(refusal.message.contains("while mcpauth was running"))
    // The lock file can still be written, if no other run is active.
    try await store.writeLock(Array("{}\n".utf8), lineage: "abc")
    #expect(try place.text("servers.lock.json") == "{}\n")
  }

  @Test("PlanAndApply#Lock-file: a lock file keeps its permission bits, and is not written if nothing changed")
  func lockFileKept() async throws {
    let store = try await held()
    try place.write("{}\n", to: "servers.lock.json")
    try place.setMode(0o640, of: "servers.lock.json")
    func inode() throws -> FileStatus.Identity? { try place.folder().status("servers.lock.json")?.identity }
    let before = try inode()
    try await store.writeLock(Array("{}\n".utf8), lineage: "abc")
    #expect(try inode() == before)
    #expect(try await store.notedLineage() == "abc")
    try await store.writeLock(Array("{ }\n".utf8), lineage: "abc")
    #expect(try inode() != before)
    #expect(try place.mode("servers.lock.json") == 0o640)
  }

  @Test("Reliability#Bad-circumstances: a lock file that cannot be written: the old one stays, and no temporary file")
  func lockFileFails() async throws {
    let watched = WatchedDisk()
    let store = try await held(watched.disk)
    try await store.writeLock(Array("{}\n".utf8), lineage: "abc")
    let before = try place.everything()
    watched.fail(with: EIO)
    #expect(try await diagnostic { try await store.writeLock(Array("[]\n".utf8), lineage: "abc") }.code == .storeFailed)
    #expect(try await diagnostic { try await store.prove() }.code == .storeFailed)
    #expect(try place.everything() == before)
  }

  @Test(
    "Reliability#Bad-circumstances: a link at any component is refused, and nothing behind it is changed",
    arguments: [
      ".mcpauth", ".mcpauth/servers", ".mcpauth/.gitignore", ".mcpauth/servers/run.lock",
      ".mcpauth/servers/journal.jsonl", ".mcpauth/servers/lineage", "servers.lock.json",
    ])
  func plantedLinks(name: String) async throws {
    let elsewhere = try TemporaryFolder()
    let target = name.hasSuffix("servers") || name == ".mcpauth" ? "folder" : "file"
    try elsewhere.write("theirs", to: "file")
    try elsewhere.makeFolder("folder")
    try place.link(name, to: elsewhere(target))
    let before = try elsewhere.everything()
    let refusal = try await diagnostic {
      let store = try await held()
      try await store.append([.unknown(intent: "i1")], lineage: "abc")
      try await store.writeLock(Array("{}\n".utf8), lineage: "abc")
    }
    #expect(refusal.code == .storeFailed)
    #expect(refusal.message == "'\(place(name))': it is a symbolic link, and links are not followed here")
    #expect(try elsewhere.everything() == before)
  }

  @Test(
    "Reliability#Bad-circumstances: a file instead of a folder, and the reverse, is reported before any registration",
    arguments: [
      (".mcpauth", false), (".mcpauth/servers", false), (".mcpauth/servers/journal.jsonl", true),
      (".mcpauth/servers/run.lock", true), ("servers.lock.json", true),
    ])
  func wrongKinds(name: String, isFolder: Bool) async throws {
    if isFolder { try place.makeFolder(name) } else { try place.write("mine", to: name) }
    let refusal = try await diagnostic {
      let store = try await held()
      try await store.prove()
    }
    #expect(refusal.code == .storeFailed)
    #expect(refusal.message.contains(place(name)))
    #expect(refusal.message.contains(isFolder ? "a folder where a file" : "a file where a folder"))
  }

  @Test(
    "Reliability#Bad-circumstances: the holder of the lock removes files of killed runs, and closes folders that others may enter"
  )
  func tidies() async throws {
    let left = [
      ".servers.lock.json.0123456789abcdef.mcpauth-tmp", ".mcpauth/servers/.lineage.0123456789abcdef.mcpauth-tmp",
      ".mcpauth/..gitignore.0123456789abcdef.mcpauth-tmp",
    ]
    for name in left { try place.write("", to: name) }
    try place.setMode(0o755, of: ".mcpauth")
    _ = try open()
    for name in left { #expect(place.exists(name)) }
    _ = try await held()
    for name in left { #expect(!place.exists(name)) }
    #expect(try place.mode(".mcpauth") == 0o700)
  }
}
