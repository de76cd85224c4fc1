import Testing

@testable import MCPAuthReconciler

@Suite struct MapConcurrentlyTests {
  @Test("results are in the order of the elements, in any order of completion", arguments: [0, 1, 3, 100])
  func order(limit: Int) async {
    let results = await Array(0..<40).mapConcurrently(limit: limit) { element in
      for _ in 0..<(40 - element) { await Task.yield() }
      return element * 2
    }
    #expect(results == (0..<40).map { $0 * 2 })
  }

  @Test("never more tasks than the limit at once", arguments: [1, 4])
  func limit(limit: Int) async {
    let room = Room()
    _ = await Array(0..<50).mapConcurrently(limit: limit) { await room.stay($0) }
    #expect(room.entered.sorted() == Array(0..<50))
    #expect(room.most <= limit)
  }

  @Test("no elements, no results")
  func empty() async {
    #expect(await [Int]().mapConcurrently(limit: 4) { $0 }.isEmpty)
  }
}
