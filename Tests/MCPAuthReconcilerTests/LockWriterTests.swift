import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// When the lock file is written during a run (Reliability#Order-of-writes).
@Suite struct LockWriterTests {
  let folder = Folder(fate: Fate())

  func writer(_ servers: Int) -> LockWriter {
    var lock = Lock(lineage: "0123456789abcdef0123456789abcdef")
    for index in 0..<servers { lock.servers["old\(index)"] = entry }
    return LockWriter(state: MemoryStateStore(folder: folder), lock: lock, written: lock, hasJournal: false)
  }

  var entry: LockEntry { LockEntry(mode: .none, url: "https://mcp.example.com/mcp") }

  /// After how many new entries the lock file was written.
  func writes(of count: Int, _ writer: LockWriter) async throws -> [Int] {
    var found: [Int] = []
    for index in 1...count {
      let before = folder.fate.effects.count
      try await writer.set(entry, for: "new\(index)", orphan: nil)
      if folder.fate.effects.count > before { found.append(index) }
    }
    return found
  }

  @Test("Reliability#Order-of-writes: a first apply writes it each time that the number of entries has doubled")
  func firstApply() async throws {
    #expect(try await writes(of: 8_500, writer(0)) == [1_000, 2_000, 4_000, 8_000])
  }

  @Test("Reliability#Order-of-writes: it is written when 1,000 entries, and at least half of all, have changed")
  func manyOthers() async throws {
    #expect(try await writes(of: 2_500, writer(500)) == [1_000, 2_500])
    let others = 3_000
    #expect(try await writes(of: 2_999, writer(others)) == [])
  }

  // MARK: The journal

  func intent(_ id: String, _ call: JournalEvent.Intent.Call) -> JournalEvent {
    .intent(
      JournalEvent.Intent(
        id: id, call: call, server: "linear", issuer: "https://as.example.com", endpoint: "https://as.example.com/reg",
        inputsDigest: "", replacesDigest: Fingerprint.of(entry.json), time: Timestamp(seconds: 1_700_000_000)))
  }

  /// The lines that are left of these, when the lock file has all changes.
  ///
  /// - Parameter isRead: whether the writer reads the journal, because it may have lines of an earlier run.
  func left(of events: [JournalEvent], isRead: Bool) async throws -> [JournalEvent] {
    folder.change { $0.journal = Journal() }
    let lock = Lock(lineage: "0123456789abcdef0123456789abcdef", servers: ["linear": entry])
    let writer = LockWriter(
      state: MemoryStateStore(folder: folder), lock: lock, written: lock, hasJournal: isRead)
    for event in events { try await writer.append([event]) }
    try await writer.emptyJournal(now: Timestamp(seconds: 1_700_000_000))
    let (events, effects) = (folder.now.journal.events, folder.fate.effects)
    // Nothing was appended since, so nothing is written.
    try await writer.emptyJournal(now: Timestamp(seconds: 1_700_000_000))
    #expect(folder.fate.effects == effects)
    return events
  }

  @Test(
    "Reliability#Journal: open reads and updates stay, an open registration keeps all lines, everything else is removed",
    arguments: [false, true])
  func emptied(isRead: Bool) async throws {
    let (read, update, registration) = (intent("1", .read), intent("2", .update), intent("3", .register))
    #expect(try await left(of: [read, update, intent("4", .delete)], isRead: isRead) == [read, update])
    #expect(try await left(of: [registration, .failed(intent: "3")], isRead: isRead) == [])
    let open = [registration, read, .failed(intent: "1")]
    #expect(try await left(of: open, isRead: isRead) == open)
  }
}
