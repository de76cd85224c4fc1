import Testing

/// Every row of RealServers.md. Tests of the binary.
@Suite struct QuirkTests {
  static let rows =
    ProviderQuirks.rows + LocationQuirks.rows + DocumentQuirks.rows + RequestQuirks.rows + AnswerQuirks.rows
    + LifeQuirks.rows + SeenQuirks.rows

  static let executed = rows.filter { if case .run = $0.proof { true } else { false } }

  @Test("each of the 82 rows has exactly one test")
  func complete() {
    #expect(Self.rows.map(\.number) == Array(1...82))
    // Rows without a test have a reason. There are at most two.
    let others = Self.rows.compactMap { if case .notApplicable(let why) = $0.proof { why } else { nil as String? } }
    #expect(others.count <= 2 && others.allSatisfy { !$0.isEmpty }, "\(others)")
  }

  @Test("what mcpauth does about it", arguments: executed)
  func row(quirk: Quirk) async throws {
    guard case .run(let run) = quirk.proof else { return }
    try await run()
  }
}
