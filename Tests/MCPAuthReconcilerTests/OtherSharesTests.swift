import Testing

@testable import MCPAuthReconciler

@Suite struct OtherSharesTests {
  private let hosts = [["a1", "a2", "a3"], ["b1"], ["c1", "c2"]]

  @Test(
    "Reliability#Many-runners: a piece has servers of several hosts in turn",
    arguments: [
      (10, 3, "a1 b1 c1 a2 c2 a3"), (4, 3, "a1 b1 c1 a2"), (10, 2, "a1 b1 a2 a3 c1 c2"), (5, 1, "a1 a2 a3 b1 c1"),
    ])
  func interleaved(size: Int, width: Int, wanted: String) {
    #expect(OtherShares.interleaved(hosts, size, across: width).joined(separator: " ") == wanted)
  }

  @Test("Reliability#Many-runners: nothing is left")
  func empty() { #expect(OtherShares.interleaved([], 10, across: 4).isEmpty) }
}
