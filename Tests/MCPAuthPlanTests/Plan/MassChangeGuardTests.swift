import MCPAuthCore
import MCPAuthPlan
import Testing

/// `mass-change` (PlanAndApply#Mass-changes).
@Suite struct MassChangeGuardTests {
  static func change(
    _ number: Int, _ action: Action, _ reasons: [Reason], registration: LockedClient.Registration? = .dcr
  )
    -> Change
  {
    let entry = LockEntry(
      mode: .discovered, url: "https://s\(number).example/mcp",
      client: registration.map { LockedClient($0, id: "c\(number)") })
    return Change(server: "s\(number)", action: action, reasons: reasons, entry: entry)
  }

  static func isRefused(_ action: Action, _ reasons: [Reason] = [.generationRaised], count: Int, of registered: Int)
    -> Bool
  {
    let plan = Plan(inventory: "servers.yaml", changes: (0..<count).map { change($0, action, reasons) })
    return MassChangeGuard.refusal(plan, registered: registered)?.code == .massChange
  }

  @Test(
    "PlanAndApply#Mass-changes: more than 30 % and more than three",
    arguments: [
      (3, 3, false), (3, 4, false), (4, 13, true), (4, 14, false), (4, 4, true), (30, 100, false), (31, 100, true),
    ])
  func threshold(_ count: Int, _ registered: Int, _ isRefused: Bool) {
    #expect(Self.isRefused(.replace, count: count, of: registered) == isRefused)
    if count < registered {
      #expect(Self.isRefused(.remove, [.goneFromInventory], count: count, of: registered) == isRefused)
    }
  }

  @Test(
    "PlanAndApply#Mass-changes: removing all of two or more",
    arguments: [(1, 1, false), (2, 2, true), (3, 3, true), (2, 3, false)])
  func all(_ count: Int, _ registered: Int, _ isRefused: Bool) {
    #expect(Self.isRefused(.remove, [.goneFromInventory], count: count, of: registered) == isRefused)
  }

  @Test("PlanAndApply#Mass-changes: renewals at the same issuer do not count")
  func renewals() {
    #expect(!Self.isRefused(.replace, [.secretExpiring], count: 40, of: 40))
    #expect(!Self.isRefused(.replace, [.secretExpired], count: 40, of: 40))
    #expect(Self.isRefused(.replace, [.secretExpiring, .scopesChanged], count: 40, of: 40))
    #expect(Self.isRefused(.replace, [.issuerChanged], count: 40, of: 40))
  }

  @Test(
    "PlanAndApply#Mass-changes: only what breaks a registered client counts",
    arguments: [Action.register, .add, .update, .blocked, .unchanged])
  func others(_ action: Action) {
    #expect(!Self.isRefused(action, count: 40, of: 40))
    let manual = Plan(
      inventory: "", changes: (0..<40).map { Self.change($0, .replace, [.registrationChanged], registration: .manual) })
    #expect(MassChangeGuard.refusal(manual, registered: 40) == nil)
    #expect(MassChangeGuard.refusal(Plan(inventory: ""), registered: 40) == nil)
  }
}
