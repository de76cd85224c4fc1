import Foundation
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Synchronization
import Testing

@testable import MCPAuthStores

/// Runs that are killed at each point where something becomes durable, just before and just after it.
@Suite struct KilledRunTests {
  /// The steps of a run for one server, with a note of each step that the store reported as done. Killed at the given fsync.
  struct Run {
    let place: String
    let disk: Disk

    init(place: String, killedAtSync last: Int, after: Bool) {
      self.place = place
      let syncs = Mutex(0)
      disk = Disk { descriptor in
        let isLast = syncs.withLock { count in
          count += 1
          return count == last
        }
        if isLast && !after { kill(getpid(), SIGKILL) }
        let result = Disk.real.sync(descriptor)
        if isLast { kill(getpid(), SIGKILL) }
        return result
      }
    }

    func note(_ step: String) throws {
      let raw = open(place + "/steps", O_WRONLY | O_CREAT | O_APPEND, 0o600)
      defer { close(raw) }
      guard write(raw, step + "\n", step.utf8.count + 1) == step.utf8.count + 1 else { throw CancellationError() }
    }

    func callAsFunction() async throws {
      let state = try FileStateStore(inventoryPath: place + "/servers.yaml", disk: disk)
      let secrets = DirectorySecretStore(
        folder: FolderPath(base: place, below: [".mcpauth", "servers", "secrets"]), codec: PlainCodec(), disk: disk)
      try await state.acquire(Sample.holder, timeout: 0)
      try await state.prove()
      _ = try await secrets.prove()
      try await state.append([Sample.intent("a1")], lineage: Sample.lineage)
      try note("intent")
      try await secrets.put(Sample.record("a1"))
      try note("record")
      try await state.append(
        [.registered(intent: "a1", server: "linear", entry: Sample.entry())], lineage: Sample.lineage)
      try note("registered")
      try await state.writeLock(KilledRunTests.lock, lineage: Sample.lineage)
      try note("lock")
      try await state.emptyJournal(keeping: [], lineage: "abc")
      try note("emptied")
    }
  }

  static let lock = LockCodec.encode(Lock(lineage: Sample.lineage, servers: ["linear": Sample.entry()]))

  @Test(
    "Reliability#Order-of-writes: killed at any fsync, every step that was reported as done is done",
    arguments: 1...23)
  func killed(at sync: Int) async throws {
    for after in [false, true] {
      let place = try TemporaryFolder()
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = place.path as String, sync = sync as Int, after = after as Bool] in
        try await Run(place: path, killedAtSync: sync, after: after)()
        // There are fewer fsyncs than arguments. The last arguments kill the run at its end.
        kill(getpid(), SIGKILL)
      }
      try await check(place)
    }
  }

  private func check(_ place: TemporaryFolder) async throws {
    let steps = Set((try? place.text("steps"))?.split(separator: "\n").map(String.init) ?? [])
    let state = try FileStateStore(inventoryPath: place("servers.yaml"))
    let secrets = try DirectorySecretStore(inventoryPath: place("servers.yaml"), path: nil)
    #expect(try await state.isHeld() == false)
    let lock = try await state.readLock()
    let journal = try await state.readJournal()
    // A lock file exists completely or not at all, and a journal is emptied only after it exists.
    #expect(lock == nil || lock == Self.lock)
    if lock == nil {
      if steps.contains("intent") { #expect(journal.events.first == Sample.intent("a1")) }
      if steps.contains("registered") { #expect(journal.events.count == 2) }
      #expect(!steps.contains("lock"))
    }
    if steps.contains("lock") { #expect(try await state.notedLineage() == Sample.lineage) }
    if steps.contains("emptied") { #expect(journal == Journal()) }
    // A record exists completely or not at all.
    let records = try await secrets.list()
    if steps.contains("record") { #expect(records == ["linear": ["a1"]]) }
    if !records.isEmpty { #expect(try await secrets.get("linear", version: "a1") == Sample.record("a1")) }
    // The next run can continue, and cleans up.
    try await state.acquire(Sample.holder, timeout: 0)
    try await state.prove()
    _ = try await secrets.prove()
    try await state.append([.unknown(intent: "next")], lineage: Sample.lineage)
    #expect(try await state.readJournal().events == journal.events + [.unknown(intent: "next")])
    #expect(try place.everything().keys.allSatisfy { !$0.hasSuffix("mcpauth-tmp") })
    await state.release()
  }
}
