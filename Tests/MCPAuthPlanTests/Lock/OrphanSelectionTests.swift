import MCPAuthCore
import MCPAuthPlan
import Testing

/// `mcpauth orphans delete|forget CLIENT_ID or SERVER` (PlanAndApply#Commands).
@Suite struct OrphanSelectionTests {
  static func orphan(
    _ server: String, _ id: String?, issuer: String = "https://as.example", reason: Orphan.Reason = .replaced
  ) -> Orphan {
    Orphan(server: server, issuer: issuer, clientID: id, reason: reason, since: Timestamp(seconds: 0), managed: false)
  }

  static let list = [
    orphan("linear", "client-1"), orphan("linear", "client-2"), orphan("linear", nil, reason: .outcomeUnknown),
    orphan("notion", "client-3", reason: .removed), orphan("github", "same", issuer: "https://a.example"),
    orphan("gitlab", "same", issuer: "https://b.example"),
  ]

  private func ids(_ selection: OrphanSelection) throws -> [String?] {
    try selection.lines(of: Self.list).map(\.clientID)
  }

  @Test("PlanAndApply#Commands: a client id or a server's name that matches one line")
  func one() throws {
    #expect(try ids(OrphanSelection(targets: ["client-2"])) == ["client-2"])
    #expect(try ids(OrphanSelection(targets: ["notion", "client-1", "client-3"])) == ["client-3", "client-1"])
    #expect(try ids(OrphanSelection(targets: ["linear"], reason: .outcomeUnknown)) == [nil])
    #expect(try ids(OrphanSelection(targets: ["same"], issuer: "https://b.example")) == ["same"])
    #expect(try ids(OrphanSelection(targets: ["linear"], isAll: true)) == ["client-1", "client-2", nil])
  }

  @Test(
    "PlanAndApply#Commands: an argument that matches several lines is wrong usage, with a list of them",
    arguments: ["linear", "same"])
  func ambiguous(target: String) throws {
    let problem = #expect(throws: UsageProblem.self) { try OrphanSelection(targets: [target]).lines(of: Self.list) }
    let help = try #require(problem?.help.first)
    let candidates = Self.list.filter { $0.server == target || $0.clientID == target }
    #expect(help.split(separator: "\n").count == candidates.count + 1)
    for candidate in candidates { #expect(help.contains("'\(candidate.server)' at \(candidate.issuer)")) }
    #expect(help.contains("--all"))
  }

  @Test("PlanAndApply#Commands: an argument that matches no line is wrong usage, with the nearest name")
  func unknown() {
    let problem = #expect(throws: UsageProblem.self) { try OrphanSelection(targets: ["liner"]).lines(of: Self.list) }
    #expect(problem?.help.first == "did you mean 'linear'?")
    let filtered = #expect(throws: UsageProblem.self) {
      try OrphanSelection(targets: ["notion"], reason: .replaced).lines(of: Self.list)
    }
    #expect(filtered?.message.contains("with reason replaced") == true)
  }
}
