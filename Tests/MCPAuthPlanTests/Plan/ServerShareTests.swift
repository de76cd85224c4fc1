import MCPAuthCore
import MCPAuthPlan
import Testing

@Suite struct ServerShareTests {
  private static let urls = (0..<400).map { "https://h\($0 / 2).example/mcp/\($0)" }

  @Test("Reliability#Many-runners: shares are disjoint, together they are everything, and none is much larger")
  func shares() throws {
    for count in [1, 2, 3, 8] {
      let shares = try (1...count).map { try #require(ServerShare($0, of: count)) }
      let sizes = shares.map { share in Self.urls.count(where: share.has) }
      #expect(sizes.reduce(0, +) == Self.urls.count)
      #expect(sizes.allSatisfy { $0 > Self.urls.count / count / 2 && $0 < Self.urls.count * 2 / count + 1 }, "\(sizes)")
    }
  }

  @Test("Reliability#Many-runners: all servers of a host are in one share, however their URLs are written")
  func hosts() throws {
    for index in 1...5 {
      let share = try #require(ServerShare(index, of: 5))
      #expect(share.has("https://a.example/x") == share.has("HTTPS://A.example:443/y?z"))
    }
  }

  @Test("PlanAndApply#Flags: what --shard takes")
  func text() {
    #expect(ServerShare("2/4") == ServerShare(2, of: 4) && ServerShare("1/1") == .whole)
    for wrong in ["", "1", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3", "1/99999"] {
      #expect(ServerShare(wrong) == nil, "\(wrong)")
    }
  }
}
