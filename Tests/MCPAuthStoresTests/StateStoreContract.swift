import MCPAuthCore
import MCPAuthReconciler
import Testing

/// The contract of every `StateStore`. `open` opens another handle on the same state, which is empty at first.
///
/// `shared` holds for stores that several runs share too: what a run sees after an append is the same, however it is stored.
struct StateStoreContract: Sendable, CustomTestStringConvertible {
  typealias Opener = @Sendable () throws -> any StateStore

  var testDescription: String
  var check: @Sendable (_ open: Opener) async throws -> Void

  init(_ name: String, _ check: @escaping @Sendable (_ open: Opener) async throws -> Void) {
    testDescription = name
    self.check = check
  }

  /// The intents that have no result.
  private static func open(_ store: any StateStore) async throws -> [String] {
    var open: [String] = []
    for event in try await store.readJournal().events {
      switch event {
      case .intent(let intent): open.append(intent.id)
      case .failed(let id), .unknown(let id), .registered(let id?, _, _): open.removeAll { $0 == id }
      case .registered(nil, _, _), .removed, .orphaned, .settled: break
      }
    }
    return open.sorted()
  }

  private static func register(_ store: any StateStore, _ id: String, _ server: String = "linear") async throws {
    try await store.append([Sample.intent(id, server: server)], lineage: "abc")
    try await store.append(
      [.registered(intent: id, server: server, entry: Sample.entry(server))], lineage: "abc")
  }

  static let shared: [StateStoreContract] = [
    .init("an absent state has no lock, no journal, no lineage, no holder") { open in
      let store = try open()
      #expect(try await store.readLock() == nil)
      #expect(try await store.readJournal() == Journal())
      #expect(try await store.notedLineage() == nil)
      #expect(try await store.isHeld() == false)
    },
    .init("an intent is seen by another handle until it has a result") { open in
      let store = try open()
      try await store.acquire(Sample.holder, timeout: 0)
      _ = try await store.readLock()
      for id in ["i1", "i2"] {
        try await store.append([Sample.intent(id)], lineage: "abc")
        #expect(try await Self.open(open()) == [id])
        try await store.append([.failed(intent: id)], lineage: "abc")
        #expect(try await Self.open(open()).isEmpty)
      }
      try await Self.register(store, "i3")
      #expect(try await Self.open(open()).isEmpty)
      await store.release()
    },
    .init("intents of many servers at once all last, and so do their results") { open in
      let store = try open()
      try await store.acquire(Sample.holder, timeout: 0)
      _ = try await store.readLock()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<40 {
          group.addTask { try await store.append([Sample.intent("i\(index)", server: "s\(index)")], lineage: "abc") }
        }
        try await group.waitForAll()
      }
      #expect(try await Self.open(open()).count == 40)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<40 { group.addTask { try await store.append([.failed(intent: "i\(index)")], lineage: "abc") } }
        try await group.waitForAll()
      }
      #expect(try await Self.open(open()).isEmpty)
      await store.release()
    },
    .init("a later run goes on from an earlier one") { open in
      let first = try open()
      try await first.acquire(Sample.holder, timeout: 0)
      _ = try await first.readLock()
      try await first.append([Sample.intent("i1")], lineage: "abc")
      await first.release()
      let second = try open()
      try await second.acquire(Sample.holder, timeout: 0)
      _ = try await second.readLock()
      #expect(try await Self.open(second) == ["i1"])
      try await second.append(
        [.registered(intent: "i1", server: "linear", entry: Sample.entry())], lineage: "abc")
      #expect(try await Self.open(open()).isEmpty)
      await second.release()
    },
    .init("proving leaves nothing behind") { open in
      let store = try open()
      try await store.acquire(Sample.holder, timeout: 0)
      try await store.prove()
      #expect(try await store.readLock() == nil)
      #expect(try await store.readJournal() == Journal())
      await store.release()
    },
    .init("nothing is written outside of a run") { open in
      let store = try open()
      #expect(try await diagnostic { try await store.prove() }.code == .storeFailed)
      let append = try await diagnostic { try await store.append([Sample.intent("i1")], lineage: "abc") }
      #expect(append.code == .storeFailed)
      #expect(try await store.readJournal() == Journal())
    },
  ]

  static let rules: [StateStoreContract] =
    shared + [
      .init("what was written is read by another handle, byte for byte") { open in
        let store = try open()
        try await store.acquire(Sample.holder, timeout: 0)
        for text in ["{}\n", "", "{\"later\": true}\n"] {
          try await store.writeLock(Array(text.utf8), lineage: "abc")
          #expect(try await open().readLock() == Array(text.utf8))
        }
        #expect(try await open().notedLineage() == "abc")
        await store.release()
      },
      .init("events come back in their order, with the lineage, until the journal is emptied") { open in
        let store = try open()
        try await store.acquire(Sample.holder, timeout: 0)
        try await store.append([Sample.intent("i1")], lineage: "abc")
        try await store.append([.failed(intent: "i1"), .removed(server: "linear")], lineage: "abc")
        let expected = Journal(
          lineage: "abc", events: [Sample.intent("i1"), .failed(intent: "i1"), .removed(server: "linear")])
        #expect(try await store.readJournal() == expected)
        #expect(try await open().readJournal() == expected)
        try await store.emptyJournal(keeping: [], lineage: "abc")
        #expect(try await open().readJournal() == Journal())
        try await store.append([.unknown(intent: "i2")], lineage: "abc")
        #expect(try await open().readJournal() == Journal(lineage: "abc", events: [.unknown(intent: "i2")]))
        await store.release()
      },
      .init("Reliability#Order-of-writes: what is not settled stays, and what comes later follows it") { open in
        let store = try open()
        try await store.acquire(Sample.holder, timeout: 0)
        try await store.append([Sample.intent("i1"), Sample.intent("i2"), .failed(intent: "i1")], lineage: "abc")
        try await store.emptyJournal(keeping: [Sample.intent("i2")], lineage: "abc")
        #expect(try await open().readJournal() == Journal(lineage: "abc", events: [Sample.intent("i2")]))
        try await store.append([.failed(intent: "i2")], lineage: "abc")
        #expect(
          try await open().readJournal()
            == Journal(lineage: "abc", events: [Sample.intent("i2"), .failed(intent: "i2")]))
        await store.release()
      },
      .init("a later run appends to the journal of an earlier one") { open in
        let first = try open()
        try await first.acquire(Sample.holder, timeout: 0)
        try await first.append([.unknown(intent: "i1")], lineage: "abc")
        await first.release()
        let second = try open()
        try await second.acquire(Sample.holder, timeout: 0)
        try await second.append([.unknown(intent: "i2")], lineage: "abc")
        #expect(
          try await second.readJournal()
            == Journal(lineage: "abc", events: [.unknown(intent: "i1"), .unknown(intent: "i2")]))
        await second.release()
      },
      .init("appends of many servers at once all last, each group whole") { open in
        let store = try open()
        try await store.acquire(Sample.holder, timeout: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for index in 0..<100 {
            group.addTask {
              try await store.append([.unknown(intent: "\(index)"), .failed(intent: "\(index)")], lineage: "abc")
            }
          }
          try await group.waitForAll()
        }
        let events = try await open().readJournal().events
        #expect(events.count == 200)
        for index in 0..<100 {
          let at = try #require(events.firstIndex(of: .unknown(intent: "\(index)")))
          #expect(events[at + 1] == .failed(intent: "\(index)"))
        }
        await store.release()
      },
      .init("one run at a time; the next is told who holds it") { open in
        let first = try open()
        let second = try open()
        try await first.acquire(Sample.holder, timeout: 0)
        #expect(try await second.isHeld())
        #expect(try await first.isHeld() == false, "another run, it says")
        let refusal = try await diagnostic { try await second.acquire(Sample.holder, timeout: 0) }
        #expect(refusal.code == .locked)
        for part in ["4711", "build-7", "alice", "mcpauth apply", "2027-01-15T08:00:00Z"] {
          #expect(refusal.message.contains(part))
        }
        await first.release()
        #expect(try await second.isHeld() == false)
        try await second.acquire(Sample.holder, timeout: 0)
        await second.release()
      },
      .init("who waits gets the lock when it is freed") { open in
        let first = try open()
        let second = try open()
        try await first.acquire(Sample.holder, timeout: 0)
        async let taken: Void = second.acquire(Sample.holder, timeout: 60)
        await first.release()
        try await taken
        #expect(try await first.isHeld())
        await second.release()
      },
      .init("proving leaves nothing behind") { open in
        let store = try open()
        try await store.acquire(Sample.holder, timeout: 0)
        try await store.prove()
        #expect(try await store.readLock() == nil)
        #expect(try await store.readJournal() == Journal())
        try await store.append([.unknown(intent: "i1")], lineage: "abc")
        try await store.prove()
        #expect(try await store.readJournal().events == [.unknown(intent: "i1")])
        await store.release()
      },
      .init("without the run lock nothing is written") { open in
        let store = try open()
        let calls: [@Sendable () async throws -> Void] = [
          { try await store.prove() },
          { try await store.append([.unknown(intent: "i1")], lineage: "abc") },
          { try await store.writeLock([], lineage: "abc") },
          { try await store.emptyJournal(keeping: [], lineage: "abc") },
        ]
        for call in calls { #expect(try await diagnostic { try await call() }.code == .storeFailed) }
        #expect(try await store.readLock() == nil)
        #expect(try await store.readJournal() == Journal())
      },
    ]
}
