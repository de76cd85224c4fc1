import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

@Suite struct LockReadAheadTests {
  /// Of more than 1 MiB.
  private static let large: Lock = {
    var lock = Lock(lineage: "l")
    for number in 0..<8000 {
      lock.servers["server-\(number)"] = LockEntry(
        mode: .none, url: "https://\(number).example/\(String(repeating: "a", count: 64))")
    }
    return lock
  }()

  @Test("PlanAndApply#Lock-file: a large lock file that was decoded ahead is used once, and only for the same bytes")
  func sameBytes() async throws {
    let bytes = LockCodec.encode(Self.large)
    try #require(bytes.count > 1 << 20)
    let ahead = LockReadAhead { bytes }
    #expect(await ahead.take(bytes) == Self.large)
    #expect(await ahead.take(bytes) == nil)
    var other = Self.large
    other.servers["server-1"]?.generation = 1
    #expect(await LockReadAhead { bytes }.take(LockCodec.encode(other)) == nil)
  }

  @Test("PlanAndApply#Lock-file: what is small, damaged or missing is left to the run, which reports it")
  func nothingAhead() async throws {
    let small = LockCodec.encode(Lock(lineage: "l"))
    #expect(await LockReadAhead { small }.take(small) == nil)
    let damaged = LockCodec.encode(Self.large).dropLast(2) + [0x0A]
    #expect(await LockReadAhead { Array(damaged) }.take(Array(damaged)) == nil)
    #expect(await LockReadAhead { nil }.take(small) == nil)
  }
}
