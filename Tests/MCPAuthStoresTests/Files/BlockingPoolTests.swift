import Foundation
import MCPAuth
import Synchronization
import Testing

@Suite struct BlockingPoolTests {
  /// Blocks each job until a number of them have begun.
  final class Meeting: Sendable {
    private let here = Mutex(0)
    private let wanted: Int
    private let condition = NSCondition()

    init(_ wanted: Int) {
      self.wanted = wanted
    }

    var arrived: Int { here.withLock { $0 } }

    /// - Returns: whether all came before the time was up.
    func wait() -> Bool {
      condition.lock()
      defer { condition.unlock() }
      here.withLock { $0 += 1 }
      condition.broadcast()
      let end = Date().addingTimeInterval(60)
      while arrived < wanted {
        guard condition.wait(until: end) else { return false }
      }
      return true
    }
  }

  @Test("jobs that block do not wait for each other, also if there are more of them than processors")
  func together() async {
    let count = 4 * ProcessInfo.processInfo.activeProcessorCount
    let pool = BlockingPool("test", limit: count)
    let meeting = Meeting(count)
    let met = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<count { group.addTask { await pool.run { () throws(Never) in meeting.wait() } } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(met == Array(repeating: true, count: count))
  }

  final class Counts: Sendable {
    let values = Mutex((now: 0, most: 0, done: 0))
  }

  @Test("no more jobs than the limit run at a time, and all of them run")
  func limited() async {
    let pool = BlockingPool("test", limit: 3)
    let counts = Counts()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<200 {
        group.addTask {
          await pool.run { () throws(Never) in
            counts.values.withLock {
              $0.now += 1
              $0.most = max($0.most, $0.now)
            }
            sched_yield()
            counts.values.withLock {
              $0.now -= 1
              $0.done += 1
            }
          }
        }
      }
    }
    #expect(counts.values.withLock { $0.most } <= 3)
    #expect(counts.values.withLock { $0.done } == 200)
  }
}
