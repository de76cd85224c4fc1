import Synchronization
import Testing

@testable import MCPAuthReconciler

@Suite struct IssuerGatesTests {
  @Test("Registration#One-at-a-time: never more at once than the width", arguments: [0, 1, 3])
  func width(width: Int) async {
    let gates = IssuerGates(width: width)
    let room = Room()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<60 {
        group.addTask {
          await gates.enter("https://as.example")
          await room.stay(number)
          await gates.leave("https://as.example")
        }
      }
    }
    #expect(room.entered.count == 60)
    #expect(room.most <= max(1, width))
  }

  @Test("the one that waits longest is first")
  func order() async {
    let gates = IssuerGates(width: 1)
    let room = Room()
    await gates.enter("a")
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<5 {
        group.addTask {
          await gates.enter("a")
          await room.stay(number)
          await gates.leave("a")
        }
        await gates.untilWaiting(number + 1, at: "a")
      }
      await gates.leave("a")
    }
    #expect(room.entered == [0, 1, 2, 3, 4])
  }

  @Test("the queue of one issuer is independent of another's, and so is its stop")
  func apart() async {
    let gates = IssuerGates(width: 1)
    await gates.enter("a")
    await gates.enter("b")
    await gates.stop("a")
    #expect(await gates.isStopped("a"))
    #expect(await !gates.isStopped("b"))
    await gates.leave("a")
    await gates.leave("b")
    await gates.enter("a")
  }
}

extension IssuerGates {
  fileprivate func untilWaiting(_ count: Int, at issuer: String) async {
    while waitingCount(issuer) < count { await Task.yield() }
  }
}

/// Counts the tasks inside.
final class Room: Sendable {
  private let state = Mutex((now: 0, most: 0, entered: [Int]()))

  var most: Int { state.withLock(\.most) }
  var entered: [Int] { state.withLock(\.entered) }

  func stay(_ number: Int) async {
    state.withLock {
      $0.now += 1
      $0.most = max($0.most, $0.now)
      $0.entered.append(number)
    }
    await Task.yield()
    state.withLock { $0.now -= 1 }
  }
}
