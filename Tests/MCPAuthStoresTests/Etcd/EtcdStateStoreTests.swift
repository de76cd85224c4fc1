import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthStores

@Suite struct EtcdStateStoreTests {
  let etcd = FakeEtcd()

  /// A run that has begun and has read the state.
  private func run(perIssuer: Int = 1) async throws -> EtcdStateStore {
    let store = try etcd.store(perIssuer: perIssuer)
    try await store.acquire(Sample.holder, timeout: 0)
    _ = try await store.settleLineage("abc")
    _ = try await store.readLock()
    return store
  }

  private func lock() async throws -> Lock {
    let store = try etcd.store()
    return try LockCodec.decode(try #require(try await store.readLock()), file: store.lockFile)
  }

  private func intent(
    _ id: String, _ server: String = "linear", issuer: String? = nil, call: JournalEvent.Intent.Call = .register
  ) -> JournalEvent.Intent {
    JournalEvent.Intent(
      id: id, call: call, server: server, issuer: issuer ?? "https://\(server).example",
      endpoint: "https://\(server).example/register", inputsDigest: "d1", replacesDigest: nil, time: Sample.time)
  }

  private func registered(_ id: String?, _ server: String = "linear", version: String? = nil) -> JournalEvent {
    var entry = Sample.entry(server)
    entry.client?.secretVersion = version ?? id
    return .registered(intent: id, server: server, entry: entry)
  }

  @Test("the contract of a state store", arguments: StateStoreContract.shared)
  func contract(rule: StateStoreContract) async throws {
    try await rule.check { [etcd] in try etcd.store() }
  }

  @Test(
    "the contract of a state store, on a real etcd", .enabled(if: RealEtcd.isThere),
    arguments: StateStoreContract.shared)
  func realContract(rule: StateStoreContract) async throws {
    let prefix = RealEtcd.prefix()
    try await rule.check { EtcdStateStore(try RealEtcd.space(prefix), perIssuer: 1) }
  }

  @Test("Reliability#Keys: claim, intent and issuer begin together; entry and result end them together")
  func keys() async throws {
    let store = try await run()
    let before = etcd.keys
    etcd.forgetLog()
    try await store.append([.intent(intent("i1"))], lineage: "abc")
    let added = etcd.keys.filter { !before.contains($0) }
    #expect(added.count == 3 && added.contains("claims/linear") && added.contains("intents/linear"))
    #expect(added.contains { $0.hasPrefix("issuers/") })
    try await store.append([registered("i1")], lineage: "abc")
    #expect(etcd.keys.filter { !before.contains($0) } == ["entries/linear"])
    #expect(etcd.log == ["kv/txn", "kv/txn"])
    await store.release()
    #expect(etcd.keys == ["entries/linear", "meta"])
  }

  @Test("Reliability#Transactions: of two runs one gets the server; the other is told so")
  func claims() async throws {
    let (one, two) = (try await run(), try await run())
    try await one.append([.intent(intent("i1"))], lineage: "abc")
    let refusal = try await diagnostic { try await two.append([.intent(intent("i2"))], lineage: "abc") }
    #expect(refusal.code == .locked && refusal.message.contains("is working on 'linear'"))
    try await one.append([registered("i1")], lineage: "abc")
    let late = try await diagnostic { try await two.append([.intent(intent("i2"))], lineage: "abc") }
    #expect(late.code == .locked && late.message.contains("has changed 'linear'"))
  }

  @Test("Reliability#Transactions: the intent of a dead run keeps others from its server")
  func deadRun() async throws {
    let one = try await run()
    try await one.append([.intent(intent("i1"))], lineage: "abc")
    etcd.expireLeases()
    let two = try await run()
    let journal = try await two.readJournal()
    #expect(journal.events == [.intent(intent("i1"))] && journal.underWay.isEmpty)
    #expect(try await diagnostic { try await two.append([.intent(intent("i2"))], lineage: "abc") }.code == .locked)
  }

  @Test("Reliability#Transactions: a run that lost its lease still stores its result")
  func lapsed() async throws {
    let one = try await run()
    try await one.append([.intent(intent("i1"))], lineage: "abc")
    etcd.expireLeases()
    try await one.append([registered("i1")], lineage: "abc")
    #expect(try await lock().servers["linear"]?.secretVersion == "i1")
    // Its next claim is under a new lease.
    try await one.append([.intent(intent("i2", "notion"))], lineage: "abc")
    #expect(etcd.keys.contains("claims/notion"))
  }

  @Test("Reliability#Keys: a run that ends while it gets another lease leaves no key")
  func releasedMeanwhile() async throws {
    let store = try await run()
    etcd.expireLeases()
    let (began, continuation) = AsyncStream<Void>.makeStream()
    etcd.reply(
      "lease/grant",
      .after {
        continuation.finish()
        for _ in 0..<1000 { await Task.yield() }
      })
    let appending = Task { [self] in try? await store.append([.intent(intent("i1"))], lineage: "abc") }
    for await _ in began {}
    await store.release()
    await appending.value
    #expect(!etcd.keys.contains { $0.hasPrefix("runners/") })
  }

  @Test(
    "Reliability#Transactions: if a person settled the intent meanwhile, the result is refused, and an orphan can be listed"
  )
  func settledMeanwhile() async throws {
    let one = try await run()
    try await one.append([.intent(intent("i1"))], lineage: "abc")
    etcd.expireLeases()
    let person = try await run()
    let mark = Orphan(
      server: "linear", issuer: "https://linear.example", clientID: nil, reason: .outcomeUnknown, since: Sample.time,
      managed: false, retried: true)
    try await person.append([.orphaned(mark)], lineage: "abc")
    #expect(!etcd.keys.contains("intents/linear"))
    #expect(try await diagnostic { try await one.append([registered("i1")], lineage: "abc") }.code == .intentSettled)
    #expect(try await lock().servers.isEmpty)
    let orphan = Orphan(
      server: "linear", issuer: "https://linear.example", clientID: "c1", reason: .replaced, since: Sample.time,
      managed: true)
    try await one.append([.orphaned(orphan)], lineage: "abc")
    #expect(try await lock().orphans.count == 2)
  }

  @Test("Reliability#Transactions: a claim and a result whose answers were lost are done once")
  func lostAnswers() async throws {
    let store = try await run()
    etcd.reply("kv/txn", .lost, .dropped)
    try await store.append([.intent(intent("i1"))], lineage: "abc")
    etcd.reply("kv/txn", .dropped, .lost)
    try await store.append([registered("i1")], lineage: "abc")
    #expect(try await lock().servers["linear"]?.secretVersion == "i1")
    #expect(!etcd.keys.contains("intents/linear"))
  }

  @Test("Reliability#Many-runners: at one issuer one registration is under way over all runs")
  func issuers() async throws {
    let (one, two) = (try await run(), try await run())
    let issuer = "https://as.example"
    try await one.append([.intent(intent("i1", "a", issuer: issuer))], lineage: "abc")
    let waiting = Task { [two] in
      try await two.append([.intent(intent("i2", "b", issuer: issuer))], lineage: "abc")
    }
    for _ in 0..<50 { await Task.yield() }
    #expect(!etcd.keys.contains("claims/b"))
    try await one.append([.failed(intent: "i1")], lineage: "abc")
    try await waiting.value
    #expect(etcd.keys.contains("claims/b") && !etcd.keys.contains("claims/a"))
  }

  @Test(
    "Reliability#Many-runners: an unknown outcome becomes a line of the orphans' list; forgetting it frees the server")
  func unknown() async throws {
    let store = try await run()
    try await store.append([.intent(intent("i1"))], lineage: "abc")
    try await store.append([.unknown(intent: "i1")], lineage: "abc")
    let lines = try await lock().orphans
    #expect(lines.map(\.reason) == [.outcomeUnknown] && lines.first?.clientID == nil)
    let next = try await run()
    try await next.append(
      [.settled(server: "linear", issuer: "https://linear.example", clientID: nil)], lineage: "abc")
    #expect(try await lock().orphans.isEmpty)
    try await next.append([.intent(intent("i2"))], lineage: "abc")
  }

  @Test("Reliability#Many-runners: an import over the intent of a dead run keeps the unknown client on the list")
  func changedOverDeadIntent() async throws {
    let one = try await run()
    try await one.append([.intent(intent("i1"))], lineage: "abc")
    etcd.expireLeases()
    let person = try await run()
    try await person.append([.intent(intent("l1", call: .lock)), registered("l1")], lineage: "abc")
    #expect(try await lock().servers["linear"]?.secretVersion == "l1")
    #expect(try await lock().orphans.map(\.reason) == [.outcomeUnknown])
    #expect(!etcd.keys.contains("intents/linear"))
  }

  @Test("Reliability#Recovery: the entry of a dead run is completed once, by whoever comes first")
  func completed() async throws {
    let one = try await run()
    try await one.append([.intent(intent("i1"))], lineage: "abc")
    etcd.expireLeases()
    let (two, three) = (try await run(), try await run())
    try await two.append([registered("i1")], lineage: "abc")
    try await three.append([registered("i1")], lineage: "abc")
    // It was only paused.
    try await one.append([registered("i1")], lineage: "abc")
    #expect(try await lock().servers.count == 1)
    #expect(try await lock().orphans.isEmpty)
  }

  @Test("Reliability#Many-runners: a read whose run died is replaced by another read")
  func readAgain() async throws {
    let one = try await run()
    try await one.append([.intent(intent("r1", call: .read))], lineage: "abc")
    etcd.expireLeases()
    let two = try await run()
    try await two.append([.intent(intent("r2", call: .read))], lineage: "abc")
    try await two.append([registered("r2"), .failed(intent: "r1")], lineage: "abc")
    #expect(!etcd.keys.contains("intents/linear"))
  }

  @Test("a server that is renamed is under one name")
  func renamed() async throws {
    let store = try await run()
    try await store.append([.intent(intent("i1"))], lineage: "abc")
    try await store.append([registered("i1")], lineage: "abc")
    let (other, late) = (try await run(), try await run())
    try await store.append([registered(nil, "new", version: "i1"), .removed(server: "linear")], lineage: "abc")
    #expect(try await lock().servers.keys.sorted() == ["new"])
    // The same change once more finds that it was done.
    try await other.append([registered(nil, "new", version: "i1"), .removed(server: "linear")], lineage: "abc")
    let refusal = try await diagnostic {
      try await late.append([registered(nil, "newer", version: "i1"), .removed(server: "linear")], lineage: "abc")
    }
    #expect(refusal.code == .locked)
    #expect(try await lock().servers.keys.sorted() == ["new"])
  }

  @Test("Reliability#Many-runners: the first run chooses the lineage, and shares follow the order in which runs began")
  func lineageAndShares() async throws {
    let one = try etcd.store()
    try await one.acquire(Sample.holder, timeout: 0)
    #expect(try await one.settleLineage("abc") == "abc")
    #expect(try await one.share() == .whole)
    let two = try etcd.store()
    try await two.acquire(Sample.holder, timeout: 0)
    #expect(try await two.settleLineage("def") == "abc")
    #expect(try await one.share() == ServerShare(1, of: 2))
    #expect(try await two.share() == ServerShare(2, of: 2))
    await one.release()
    #expect(try await two.share() == .whole)
  }

  @Test("Reliability#Moving-the-state: a copy fills only an empty prefix, and a moved one is refused")
  func copies() async throws {
    var lock = Lock(lineage: "abc", servers: ["linear": Sample.entry()])
    lock.orphans = [
      Orphan(
        server: "old", issuer: "https://x.example", clientID: "c", reason: .removed, since: Sample.time, managed: false)
    ]
    try await etcd.store().fill(lock)
    #expect(try await etcd.store().present() == lock)
    var other = lock
    other.lineage = "def"
    #expect(try await diagnostic { try await etcd.store().fill(other) }.code == .stateNotEmpty)
    try await etcd.store().markMoved(to: "servers.lock.json")
    try await etcd.store().markMoved(to: "servers.lock.json")
    #expect(try await diagnostic { try await etcd.store().markMoved(to: "other.lock.json") }.code == .stateMoved)
    #expect(try await diagnostic { try await etcd.store().readLock() }.code == .stateMoved)
    #expect(try await etcd.store().present()?.movedTo == "servers.lock.json")
    lock.servers["notion"] = Sample.entry("notion")
    let older = lock
    #expect(try await diagnostic { try await etcd.store().fill(older) }.code == .stateMoved)
    lock.moves = 1
    try await etcd.store().fill(lock)
    #expect(try await etcd.store().present() == lock)
    try await etcd.store().markMoved(to: "servers.lock.json")
    try await etcd.store().unmark("servers.lock.json")
    lock.moves = 2
    #expect(try await etcd.store().present() == lock)
  }

  @Test("Reliability#Moving-the-state: a state is not moved away under a run, or with an open intent")
  func busy() async throws {
    let store = try await run()
    try await store.append([.intent(intent("i1"))], lineage: "abc")
    #expect(try await diagnostic { try await etcd.store().markMoved(to: "servers.lock.json") }.code == .locked)
    await store.release()
    #expect(try await diagnostic { try await etcd.store().markMoved(to: "servers.lock.json") }.code == .interrupted)
    let reviewed = try #require(try await etcd.store().reviewed())
    #expect(reviewed.underWay == 0 && reviewed.lock.orphans.map(\.reason) == [.outcomeUnknown])
  }

  @Test("Reliability#Moving-the-state: a run that lost its lease does not go on in a state that was moved away")
  func movedUnderPausedRun() async throws {
    let store = try await run()
    etcd.expireLeases()
    try await etcd.store().markMoved(to: "servers.lock.json")
    let refusal = try await diagnostic { try await store.append([.intent(intent("i1"))], lineage: "abc") }
    #expect(refusal.code == .stateMoved)
    #expect(!etcd.keys.contains("intents/linear"))
  }

  @Test("Reliability#Moving-the-state: a lock file beside an inventory whose etcd is empty is not ignored")
  func unmoved() async throws {
    let lock = Lock(lineage: "abc", servers: ["linear": Sample.entry()])
    for (moved, code) in [(nil, DiagnosticCode.lockMissing), ("etcd https://x", nil)] as [(String?, DiagnosticCode?)] {
      var file = lock
      file.movedTo = moved
      let store = EtcdStateStore(try etcd.space(), perIssuer: 1) { [file] () async throws(Diagnostic) in
        (file: "servers.lock.json", bytes: LockCodec.encode(file))
      }
      let found: DiagnosticCode?
      do throws(Diagnostic) {
        #expect(try await store.readPresentLock() == nil)
        found = nil
      } catch { found = error.code }
      #expect(found == code)
    }
  }

  @Test("Reliability#Transactions: a run claims a server only as it has planned with it, whatever it reads later")
  func claimedAsPlanned() async throws {
    let (one, two) = (try await run(), try await run())
    try await two.append([.intent(intent("i2"))], lineage: "abc")
    try await two.append([registered("i2")], lineage: "abc")
    _ = try await one.readLock()
    #expect(try await diagnostic { try await one.append([.intent(intent("i1"))], lineage: "abc") }.code == .locked)
  }

  @Test("Reliability#Many-runners: after a claim failed, no request is made for servers that other runs have taken")
  func taken() async throws {
    let (one, two) = (try await run(), try await run())
    for server in ["linear", "notion", "sentry"] {
      try await two.append([.intent(intent(server, server))], lineage: "abc")
    }
    try await two.append([registered("notion", "notion")], lineage: "abc")
    etcd.forgetLog()
    for server in ["linear", "notion", "sentry"] {
      let refusal = try await diagnostic {
        try await one.append([.intent(intent("other-" + server, server))], lineage: "abc")
      }
      #expect(refusal.code == .locked)
    }
    #expect(etcd.log == ["kv/txn", "kv/txn"])
  }

  @Test("what has changed is read, also what was deleted")
  func refreshed() async throws {
    let reader = try etcd.store()
    let writer = try await run()
    for server in ["linear", "notion"] {
      try await writer.append([.intent(intent(server, server))], lineage: "abc")
      try await writer.append([registered(server, server)], lineage: "abc")
      #expect(try await reader.readPresentLock() == lock())
    }
    etcd.forgetLog()
    #expect(try await reader.readPresentLock()?.servers.count == 2)
    #expect(etcd.log == ["kv/txn"])
    etcd.remove("entries/linear")
    #expect(try await reader.readPresentLock()?.servers.keys.sorted() == ["notion"])
  }

  @Test("Reliability#Moving-the-state: a copy that was interrupted is not used, and is completed by the same command")
  func interruptedCopy() async throws {
    let lock = Lock(lineage: "abc", servers: ["a": Sample.entry("a"), "b": Sample.entry("b")])
    try await etcd.store().fill(lock)
    etcd.remove("meta")
    etcd.remove("entries/b")
    #expect(try await diagnostic { try await etcd.store().readLock() }.code == .lockMissing)
    try await etcd.store().fill(lock)
    #expect(try await etcd.store().present() == lock)
  }
}
