import Foundation
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

/// The state between the files and etcd.
@Suite struct StateTransferTests {
  private let place: TemporaryFolder
  private let etcd = FakeEtcd()

  init() throws {
    place = try TemporaryFolder()
    try place.write("{}", to: "servers.yaml")
    try write(lock("a", "b"))
  }

  private func lock(_ servers: String...) -> Lock {
    var lock = Lock(lineage: Sample.lineage)
    for server in servers { lock.servers[server] = Sample.entry(server) }
    return lock
  }

  private func write(_ lock: Lock) throws {
    try place.write(String(decoding: LockCodec.encode(lock), as: UTF8.self), to: "servers.lock.json")
  }

  private var file: Lock? {
    get throws {
      try LockCodec.decode(Array(place.text("servers.lock.json").utf8), file: "servers.lock.json", acceptsMoved: true)
    }
  }

  private func migrate(to target: StateTransfer.Place) async throws {
    let files = try FileWholeState(inventoryPath: place("servers.yaml"), holder: Sample.holder)
    _ = try await StateTransfer(file: files, etcd: try etcd.store(), location: nil).migrate(to: target)
  }

  private func inEtcd() async throws -> Lock? { try await etcd.store().present() }

  @Test("Reliability#Moving-the-state: the state goes to etcd, back, and to etcd again; each move is counted")
  func thereAndBack() async throws {
    try await migrate(to: .etcd)
    let marked = try #require(try file)
    #expect(marked.movedTo != nil && marked.moves == 1)
    #expect(try await inEtcd()?.servers.count == 2)
    try await migrate(to: .file)
    var changed = try #require(try file)
    #expect(changed.movedTo == nil && changed.moves == 2)
    #expect(try await inEtcd()?.movedTo != nil)
    changed.servers["c"] = Sample.entry("c")
    changed.secretsCommand = ["mcpauth-store-x"]
    try write(changed)
    try await migrate(to: .etcd)
    let last = try #require(try await inEtcd())
    #expect(last.servers.count == 3 && last.moves == 3 && last.movedTo == nil)
    #expect(last.secretsCommand == ["mcpauth-store-x"])
  }

  @Test(
    "Reliability#Moving-the-state: an older lock file is not copied over the newer state of etcd",
    arguments: [true, false])
  func older(isMarked: Bool) async throws {
    let unmarked = try place.text("servers.lock.json")
    try await migrate(to: .etcd)
    let old = isMarked ? try place.text("servers.lock.json") : unmarked
    try await migrate(to: .file)
    // As `git checkout` does.
    try place.write(old, to: "servers.lock.json")
    let before = etcd.keys
    #expect(try await diagnostic { try await self.migrate(to: .etcd) }.code == .stateMoved)
    #expect(etcd.keys == before)
    #expect(try place.text("servers.lock.json") == old)
    guard isMarked else { return }
    // The migration whose result was lost is done again.
    try await migrate(to: .file)
    let again = try #require(try file)
    #expect(again.moves == 2 && again.movedTo == nil)
  }

  @Test(
    "Reliability#Moving-the-state: a copy to etcd that was interrupted before its last key is continued by the same command"
  )
  func interrupted() async throws {
    try await migrate(to: .etcd)
    etcd.remove("meta")
    etcd.remove("entries/b")
    #expect(try await inEtcd() == nil)
    try await migrate(to: .etcd)
    #expect(try await inEtcd()?.servers.count == 2)
    // Once more: everything has arrived.
    try await migrate(to: .etcd)
    #expect(try file?.moves == 1)
  }

  @Test("Reliability#Moving-the-state: a lock file that was moved away does not replace what was changed in etcd since")
  func changedSince() async throws {
    try await migrate(to: .etcd)
    etcd.remove("entries/b")
    #expect(try await diagnostic { try await self.migrate(to: .etcd) }.code == .stateMoved)
    #expect(try await inEtcd()?.servers.count == 1)
  }
}
