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
    return LockWriter(state: MemoryStateStore(folder: folder), lock: lock, written: lock)
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
}
