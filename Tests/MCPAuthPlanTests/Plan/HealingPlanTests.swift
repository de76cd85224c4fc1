import MCPAuthCore
import MCPAuthPlan
import Testing

/// What `--verify` changes in a plan (Registration#Healing).
@Suite struct HealingPlanTests {
  @Test("Registration#Healing: a client that --verify found to be lost is replaced; the plan keeps the lock's entry")
  func foundLost() {
    for managed in [true, false] {
      var world = PlanWorld.settled(managed: managed)
      world.standing.lost = ["linear"]
      #expect(world.isDiscovered)
      #expect(world.told() == "replace registration-lost")
      #expect(world.change().entry == world.entry)
      world.standing.lost = ["notion"]
      #expect(world.told() == "unchanged")
    }
  }

  @Test("Registration#Healing: only a client that the plan keeps, with its endpoints, is asked about")
  func keptEntry() {
    var world = PlanWorld.settled()
    #expect(world.change().keptEntry == world.entry)
    world.edit { $0.scopes = ["write"] }
    #expect(world.change().keptEntry == nil)
    var moved = PlanWorld.settled()
    moved.options.refresh = true
    moved.find { $0.metadata.tokenEndpoint = PlanWorld.issuer + "/moved" }
    #expect(moved.told() == "update endpoints-changed")
    #expect(moved.change().keptEntry == nil)
  }

  @Test("Registration#Healing: another method changes the entry, and nothing else")
  func otherMethod() {
    let world = PlanWorld.settled()
    let change = world.change().withAuthMethod(.post)
    #expect(change.told == "update auth-method-changed")
    var wanted = world.entry
    wanted?.client?.authMethod = .post
    #expect(change.step == wanted.map(Step.write))
    #expect(change.fields.map(\.field) == ["token_endpoint_auth_method"])
  }
}
