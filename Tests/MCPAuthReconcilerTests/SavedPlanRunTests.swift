import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// `plan --out` and `apply PLAN` (Reliability#One-run-at-a-time).
@Suite struct SavedPlanRunTests {
  private func save(
    _ world: World, _ configure: (inout PlanOptions) -> Void = { _ in }
  ) async throws -> SavedPlan {
    var options = PlanOptions()
    configure(&options)
    let plan = try await Reconciler(world.context).plan(options)
    let saved = SavedPlan(plan, options: options, inventory: world.context.inventory)
    return try SavedPlanCodec.decode(SavedPlanCodec.encode(saved), file: "p")
  }

  private func apply(_ saved: SavedPlan, _ world: World, allowMassChange: Bool = false) async throws -> RunResult? {
    try await Reconciler(world.context).apply(saved, allowMassChange: allowMassChange, show: { _ in })
  }

  private func refusal(_ saved: SavedPlan, _ world: World) async -> Diagnostic? {
    let before = world.folder.now
    world.web.forgetLog()
    let error = await #expect(throws: Diagnostic.self) { try await apply(saved, world) }
    #expect(world.folder.now == before)
    #expect(world.web.registrations == 0)
    return error
  }

  @Test("a first plan is applied without a lock; a second time it is stale")
  func first() async throws {
    let world = World(discovered("linear"), discovered("notion"))
    let saved = try await save(world)
    #expect(try await apply(saved, world)?.told == ["linear register done", "notion register done"])
    #expect(await refusal(saved, world)?.code == .stalePlan)
  }

  @Test("it applies the servers that it contains, and discovers no other server")
  func others() async throws {
    let world = try await World(discovered("linear"), discovered("notion")).settled()
    world.edit("linear") { $0.scopes = ["write"] }
    let saved = try await save(world)
    world.edit("notion") { $0.scopes = ["write"] }
    world.servers.append(discovered("figma"))
    world.web.forgetLog()
    #expect(try await apply(saved, world)?.told == ["linear replace done"])
    #expect(world.web.log.allSatisfy { !$0.contains("notion") && !$0.contains("figma") })
    #expect(world.lock.servers["figma"] == nil)
  }

  @Test("an empty plan does nothing, whatever has changed since")
  func empty() async throws {
    let world = try await World(discovered("linear")).settled()
    let saved = try await save(world)
    world.servers.append(discovered("notion"))
    #expect(try await apply(saved, world)?.results.isEmpty == true)
    #expect(world.web.log.isEmpty)
    #expect(world.lock.servers.keys.sorted() == ["linear"])
  }

  @Test("a rotation is saved as a rotation")
  func rotation() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    let saved = try await save(world) { $0.rotate = ["linear"] }
    let run = try await apply(saved, world)
    #expect(run?.told == ["linear replace done"])
    #expect(run?.of("linear")?.change.reasons == [.rotateRequested])
  }

  @Test("a removal is saved too, and is stale if the block is in the inventory again")
  func removal() async throws {
    let world = try await World(discovered("linear"), discovered("notion")).settled()
    let both = world.servers
    world.servers = [both[1]]
    let saved = try await save(world)
    world.servers = both
    #expect(await refusal(saved, world)?.message.contains("'linear' has changed in the inventory") == true)
    world.servers = [both[1]]
    #expect(try await apply(saved, world)?.told == ["linear remove done"])
  }

  @Test("a changed block, a changed entry and another lineage are refused before any request")
  func stale() async throws {
    let world = try await World(discovered("linear")).settled()
    world.edit("linear") { $0.scopes = ["write"] }
    let saved = try await save(world)
    world.edit("linear") { $0.scopes = ["admin"] }
    #expect(await refusal(saved, world)?.message.contains("has changed in the inventory") == true)
    #expect(world.web.log.isEmpty)
    world.edit("linear") { $0.scopes = ["write"] }

    let before = world.folder.now
    var lock = world.lock
    lock.servers["linear"]?.protect = true
    world.folder.change { [lock] in $0.lock = LockCodec.encode(lock) }
    #expect(await refusal(saved, world)?.message.contains("a changed entry") == true)
    #expect(world.web.log.isEmpty)

    lock = world.lock
    lock.lineage = "another"
    world.folder.change { [lock] in $0.lock = LockCodec.encode(lock) }
    #expect(await refusal(saved, world)?.message.contains("lineage") == true)
    world.folder.now = before
    #expect(try await apply(saved, world)?.told == ["linear replace done"])
  }

  @Test("discovery is made again, and must give the same issuer and endpoints")
  func moved() async throws {
    let world = World(discovered("linear"))
    let saved = try await save(world)
    world.web.change(World.issuer) { $0.tokenEndpoint = "https://as.example/v2/token" }
    #expect(await refusal(saved, world)?.message.contains("token endpoint") == true)
    world.web.change(World.issuer) { $0.tokenEndpoint = nil }
    world.web.list("linear", "https://other.example")
    #expect(await refusal(saved, world)?.message.contains("its issuer was") == true)
  }

  @Test("PlanAndApply#Mass-changes: the mass-change guard applies to a saved plan too")
  func massChange() async throws {
    let names = ["a", "b", "c", "d"]
    let world = World(discovered("a"), discovered("b"), discovered("c"), discovered("d"))
    _ = try await world.settled()
    for name in names { world.edit(name) { $0.generation = 1 } }
    let saved = try await save(world)
    #expect(try await apply(saved, world)?.error?.code == .massChange)
    #expect(world.web.registrations == 0)
    #expect(try await apply(saved, world, allowMassChange: true)?.error == nil)
    #expect(world.web.registrations == 4)
  }

  @Test("a plan with a signal during the apply is interrupted, not stale")
  func interrupted() async throws {
    let world = World(discovered("linear"))
    let saved = try await save(world)
    world.interrupt()
    #expect(try await apply(saved, world)?.codes == [.interrupted])
  }
}
