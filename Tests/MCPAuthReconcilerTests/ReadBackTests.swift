import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// Managed clients are read back before anything is planned (Registration#Management).
@Suite struct ReadBackTests {
  /// A world with an update whose answer never arrived.
  private func unsettled(_ configure: (inout FakeWeb.AuthorizationServer) -> Void = { _ in }) async throws -> World {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.web.change(World.issuer) { server in
      configure(&server)
      server.replies["PUT"] = [.lost]
    }
    world.edit("linear") { $0.scopes = ["read"] }
    #expect(try await world.apply().codes == [.updateOutcomeUnknown])
    world.edit("linear") { $0.scopes = nil }
    world.web.forgetLog()
    return world
  }

  private func calls(_ world: World) -> [String] {
    world.web.log.filter { $0.contains("/register/") }.map { String($0.prefix { $0 != " " }) }
  }

  @Test("apply --refresh replaces a lost client in the same run, and the printed plan contains it")
  func lost() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.web.change(World.issuer) { $0.clients[0].isAlive = false }
    let run = try await world.apply { $0.refresh = true }
    #expect(run.told == ["linear replace done"])
    #expect(run.plan.changes.map(\.reasons) == [[.registrationLost]])
    #expect(world.web.alive.map(\.client.id) == ["client-2"])
    #expect(world.lock.servers["linear"]?.isLost == false && world.lock.orphans.isEmpty)
    #expect(world.folder.now.records["linear"]?.values.map(\.clientID) == ["client-2"])
  }

  @Test("a protected server whose client is lost is blocked")
  func protected() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.servers = world.servers.map { old in
      var server = old
      server.protect = true
      return server
    }
    _ = try await world.apply()
    world.web.change(World.issuer) { $0.clients[0].isAlive = false }
    #expect(try await world.apply { $0.refresh = true }.codes == [.protected])
    #expect(world.lock.servers["linear"]?.clientID == "client-1")
    #expect(world.web.registrations == 0)
  }

  @Test("a client that cannot be read is blocked, and nothing changes for it")
  func unreachable() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.web.change(World.issuer) { $0.replies["GET"] = [.answer(502, [:])] }
    let before = world.folder.now
    #expect(try await world.apply { $0.refresh = true }.codes == [.unreachable])
    #expect(world.folder.now == before)
  }

  @Test("an update without an answer is resolved by a read: no update is sent if nothing has to change")
  func readFirst() async throws {
    let world = try await unsettled()
    world.edit("linear") { $0.scopes = ["read"] }
    let run = try await world.apply()
    #expect(!run.hasFailed)
    #expect(calls(world).first == "GET")
    #expect(world.folder.now.journal.events.isEmpty)
    #expect(try await world.apply().told == ["linear unchanged done"])
  }

  @Test("its token was rotated, and the token endpoint accepts the client: a warning, not a failure")
  func rotatedToken() async throws {
    let world = try await unsettled { $0.rotatesToken = true }
    let run = try await world.apply()
    #expect(!run.hasFailed, "\(run.codes)")
    #expect(run.of("linear")?.change.warnings.map(\.code).prefix(2) == [.managementLost, .updateOutcomeUnknown])
    #expect(run.of("linear")?.change.warnings.prefix(2).allSatisfy { !$0.requests.isEmpty } == true)
    #expect(!calls(world).contains("PUT"))
    #expect(world.folder.now.journal.events.isEmpty)
    #expect(world.lock.servers["linear"]?.isManaged == false)
  }

  @Test("token and secret were rotated: reported, the client is replaced, and listed because it may still exist")
  func rotatedAll() async throws {
    let world = try await unsettled {
      $0.rotatesToken = true
      $0.rotatesSecret = true
    }
    let run = try await world.apply()
    #expect(run.told == ["linear replace done"])
    let unknown = run.of("linear")?.change.warnings.first { $0.code == .updateOutcomeUnknown }
    #expect(unknown?.requests.isEmpty == false)
    #expect(!calls(world).contains("PUT"))
    #expect(world.lock.orphans.map(\.clientID) == ["client-1"])
  }

  @Test("while the server does not answer, no update is sent")
  func stillUnknown() async throws {
    let world = try await unsettled()
    world.web.change(World.issuer) { $0.replies["GET"] = [.answer(503, [:])] }
    world.edit("linear") { $0.scopes = ["write"] }
    #expect(try await world.apply().codes == [.updateOutcomeUnknown])
    #expect(!calls(world).contains("PUT"))
    #expect(world.folder.now.journal.events.count == 1)
    #expect(try await !world.apply().hasFailed)
    #expect(world.folder.now.journal.events.isEmpty)
  }

  @Test("a saved plan reads back only the clients that it contains")
  func saved() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.edit("linear") { $0.generation = 1 }
    var options = PlanOptions()
    options.refresh = true
    let plan = try await Reconciler(world.context).plan(options)
    let saved = SavedPlan(plan, options: options, inventory: world.context.inventory)
    world.web.forgetLog()
    let run = try await Reconciler(world.context).apply(saved, allowMassChange: true, show: { _ in })
    #expect(run?.told == ["linear replace done"])
    #expect(!calls(world).contains("GET"))
  }
}
