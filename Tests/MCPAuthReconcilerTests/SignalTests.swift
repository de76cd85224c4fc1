import MCPAuth
import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// SIGINT, SIGTERM and SIGHUP (Reliability#Signals).
@Suite struct SignalTests {
  /// Begins an apply, and waits until an answer is held back.
  private func begin(
    _ world: World, holding held: String, _ configure: (inout ReconcilerContext) -> Void = { _ in }
  ) async -> (transport: HeldTransport, run: Task<RunResult?, any Error>) {
    let transport = HeldTransport(base: world.web, held: held)
    var context = world.context
    context.transport = transport
    configure(&context)
    let run = Task { [context] in
      try await Reconciler(context).apply(PlanOptions(), allowMassChange: true, confirm: { _ in true })
    }
    await transport.arrived.wait()
    return (transport, run)
  }

  @Test("Reliability#Signals: no new request is begun; the current one is finished and stored, the lock is written")
  func finishes() async throws {
    let world = World(discovered("linear"), discovered("notion"), discovered("figma"), at: ServerKind.managed)
    world.set(perIssuer: 1, parallelism: 8)
    let (transport, run) = await begin(world, holding: "POST /register")
    world.interrupt()
    transport.release.open()
    let result = try #require(try await run.value)
    #expect(result.told == ["linear register done", "notion register skipped", "figma register skipped"])
    #expect(result.codes == [.interrupted, .interrupted])
    #expect(result.wasInterrupted && result.hasFailed)
    #expect(world.web.registrations == 1)
    #expect(world.lock.servers.keys.sorted() == ["linear"])
    #expect(world.folder.now.records["linear"]?.count == 1)
    #expect(world.folder.now.journal.events.isEmpty)
  }

  @Test("Reliability#Signals: nothing was left undone, so the run succeeds")
  func nothingLeft() async throws {
    let world = World(discovered("linear"))
    let (transport, run) = await begin(world, holding: "POST /register")
    world.interrupt()
    transport.release.open()
    let result = try #require(try await run.value)
    #expect(result.told == ["linear register done"])
    #expect(!result.wasInterrupted && !result.hasFailed)
  }

  @Test(
    "Reliability#Signals: after the grace period it is cancelled; the unknown outcome is recorded, also in the lock"
  )
  func cancelled() async throws {
    let world = World(discovered("linear"), discovered("notion"))
    let (_, run) = await begin(world, holding: "POST /register")
    world.interrupt()
    world.graceIsOver.open()
    let result = try #require(try await run.value)
    #expect(result.told == ["linear register failed", "notion register skipped"])
    #expect(result.codes == [.registrationOutcomeUnknown, .interrupted])
    #expect(world.lock.orphans.map(\.reason) == [.outcomeUnknown])
    #expect(world.web.registrations == 1)
    #expect(world.folder.now.journal.events.isEmpty)
  }

  @Test("Reliability#Signals: an update in progress is cancelled after the grace period, and stays open in the journal")
  func updateCancelled() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.edit("linear") { $0.scopes = ["read"] }
    let (_, run) = await begin(world, holding: "PUT /register/client-1")
    world.interrupt()
    world.graceIsOver.open()
    #expect(try await run.value?.codes == [.updateOutcomeUnknown])
    #expect(world.folder.now.journal.events.count == 1)
  }

  @Test("Reliability#Signals: during discovery the run ends at once, and sends no more requests")
  func discovering() async throws {
    let world = World(discovered("linear"), discovered("notion"))
    let (_, run) = await begin(world, holding: "GET /.well-known/oauth-authorization-server")
    let asked = world.web.log.count
    world.interrupt()
    let result = try #require(try await run.value)
    #expect(result.told == ["linear blocked failed", "notion blocked failed"])
    #expect(result.codes == [.interrupted, .interrupted])
    #expect(world.web.log.count == asked)
    #expect(world.fate.effects.isEmpty)
  }

  @Test("Reliability#Signals: changes planned before the signal are not confirmed, and are listed as not done")
  func beforeTheQuestion() async throws {
    let world = World(discovered("linear"), discovered("notion"))
    world.set(perIssuer: 1, parallelism: 1)
    // The first server is already planned then, the second is in progress.
    let (_, run) = await begin(world, holding: "GET /.well-known/oauth-protected-resource/mcp") { context in
      context.inventory.servers[0].mode = .none
    }
    world.interrupt()
    let result = try #require(try await run.value)
    #expect(result.told == ["linear add skipped", "notion blocked failed"])
    #expect(result.wasInterrupted)
    #expect(world.fate.effects.isEmpty)
  }

  @Test("Reliability#Signals: waiting for a rate limit ends at once")
  func rateLimit() async throws {
    let world = World(
      discovered("linear"),
      at: { $0.replies["POST /register"] = [.answer(429, [:], [HTTPField("Retry-After", "30")])] })
    let waiting = Gate()
    var context = world.context
    context.pause = { _ in
      waiting.open()
      await Gate().wait()
      try Task.checkCancellation()
    }
    let run = Task { [context] in
      try await Reconciler(context).apply(PlanOptions(), allowMassChange: true, confirm: { _ in true })
    }
    await waiting.wait()
    world.interrupt()
    #expect(try await run.value?.codes == [.rateLimited])
    #expect(world.web.registrations == 1)
  }

  @Test("Reliability#Signals: a second attempt of a registration is a new request")
  func secondAttempt() async throws {
    let world = World(
      discovered("linear"),
      at: { $0.replies["POST /register"] = [.answer(400, ["error": "invalid_client_metadata"])] })
    let (transport, run) = await begin(world, holding: "POST /register")
    world.interrupt()
    transport.release.open()
    let result = try #require(try await run.value)
    #expect(result.told == ["linear register skipped"])
    #expect(result.codes == [.interrupted])
    #expect(world.web.registrations == 1)
    // Both attempts are closed in the journal.
    #expect(
      world.folder.now.journal.events.map { $0.json["event"]?.string } == ["intent", "failed", "intent", "failed"])
    #expect(world.lock.orphans.isEmpty)
  }

  @Test("Reliability#Signals: clients that should be deleted stay on the orphans list")
  func sweep() async throws {
    let world = try await World(discovered("linear"), discovered("notion"), at: ServerKind.managed).settled()
    world.edit("linear") { $0.generation = 1 }
    world.edit("notion") { $0.generation = 1 }
    world.set(perIssuer: 1, parallelism: 1)
    let (transport, run) = await begin(world, holding: "DELETE /register/client-1")
    world.interrupt()
    transport.release.open()
    let result = try #require(try await run.value)
    #expect(result.told == ["linear replace done", "notion replace done"])
    #expect(world.lock.orphans.map(\.clientID) == ["client-2"])
    #expect(world.lock.orphans.map(\.managed) == [true])
    #expect(world.web.log.count { $0.hasPrefix("DELETE") } == 1)
  }
}
