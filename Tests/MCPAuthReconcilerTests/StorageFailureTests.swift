import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// A client that cannot be stored must not stay at a server, and must not be lost.
@Suite struct StorageFailureTests {
  @Test("Reliability#Order-of-writes: an intent cannot be written: nothing is sent, no other registration begins")
  func intentFails() async throws {
    let world = World(discovered("a"), discovered("b"))
    world.fate.fail("append")
    let run = try await world.apply()
    #expect(run.told == ["a register failed", "b register skipped"])
    #expect(run.error?.code == .storeFailed)
    #expect(world.web.registrations == 0)
  }

  @Test(
    "Reliability#Order-of-writes: a record cannot be written: the client is deleted again, no other registration begins"
  )
  func recordFails() async throws {
    let world = World(discovered("a"), discovered("b"), at: ServerKind.managed)
    world.fate.fail("put")
    let run = try await world.apply()
    #expect(run.told == ["a register failed", "b register skipped"])
    #expect(run.error?.code == .storeFailed)
    #expect(world.web.alive.isEmpty)
    world.fate.heal()
    #expect(try await world.apply().told == ["a register done", "b register done"])
    #expect(world.lock.orphans.isEmpty)
  }

  @Test(
    "Reliability#Order-of-writes: a record cannot be written, and the client cannot be deleted: the error has issuer and client id"
  )
  func recordFailsUnmanaged() async throws {
    let world = World(discovered("a"), discovered("b"), at: ServerKind.secret)
    world.fate.fail("put")
    let run = try await world.apply()
    #expect(run.told == ["a register failed", "b register skipped"])
    let notes = try #require(run.of("a")?.error?.notes)
    #expect(notes.contains { $0.contains("client-1") && $0.contains(World.issuer) })
    world.fate.heal()
    // The server is never registered again automatically.
    #expect(try await world.apply().told == ["a blocked failed", "b register done"])
  }

  @Test(
    "Reliability#Order-of-writes: the answer's line cannot be written: its record exists, and the next apply completes it"
  )
  func registeredFails() async throws {
    let world = World(discovered("a"), discovered("b"), at: ServerKind.managed)
    world.fate.fail("append", after: 1)
    let run = try await world.apply()
    #expect(run.told == ["a register failed", "b register skipped"])
    #expect(world.web.alive.map(\.client.id) == ["client-1"])
    world.fate.heal()
    let next = try await world.apply()
    #expect(next.told == ["a register done", "b register done"])
    #expect(next.of("a")?.change.reasons == [.recovered])
    #expect(world.web.registrations == 2)
    #expect(world.lock.servers["a"]?.clientID == "client-1")
  }

  @Test(
    "Reliability#Order-of-writes: while a registration is open the journal stays, even if the lock was written for other servers"
  )
  func registeredFailsWhileReplacing() async throws {
    let world = try await World(discovered("a"), discovered("b"), at: ServerKind.secret).settled()
    for name in ["a", "b"] { world.edit(name) { $0.generation = 1 } }
    // The three lines of a, and the intent of b.
    world.fate.fail("append", after: 4)
    #expect(try await world.apply().told == ["a replace done", "b replace failed"])
    #expect(world.lock.servers.mapValues(\.clientID) == ["a": "client-3", "b": "client-2"])
    world.fate.heal()
    #expect(try await world.apply().of("b")?.change.reasons == [.recovered])
    #expect(world.lock.servers.mapValues(\.clientID) == ["a": "client-3", "b": "client-4"])
    #expect(world.lock.orphans.map(\.clientID) == ["client-1", "client-2"])
    #expect(world.web.registrations == 2)
    #expect(world.folder.now.journal.events.isEmpty)
  }

  @Test(
    "Reliability#Order-of-writes: the lock cannot be written: the run fails, the journal is complete, and the next apply replays it"
  )
  func lockFails() async throws {
    let world = World(discovered("a"), at: ServerKind.managed)
    world.fate.fail("writeLock")
    let run = try await world.apply()
    #expect(run.told == ["a register done"])
    #expect(run.error?.code == .storeFailed)
    #expect(run.hasFailed)
    world.fate.heal()
    #expect(try await world.apply().of("a")?.change.reasons == [.recovered])
    #expect(world.web.registrations == 1)
  }

  @Test("Reliability#Replacing-and-removing: the lock cannot be written: the old client is not deleted")
  func lockFailsWhileReplacing() async throws {
    let world = try await World(discovered("a"), at: ServerKind.managed).settled()
    world.edit("a") { $0.generation = 1 }
    world.fate.fail("writeLock")
    #expect(try await world.apply().error?.code == .storeFailed)
    #expect(world.web.alive.map(\.client.id) == ["client-1", "client-2"])
    world.fate.heal()
    _ = try await world.apply()
    #expect(world.web.alive.map(\.client.id) == ["client-2"])
    #expect(world.lock.orphans.isEmpty)
  }

  @Test("Reliability#Unknown-outcomes: an unknown outcome that cannot be recorded is still known to the next run")
  func unknownFails() async throws {
    let world = World(discovered("a"), discovered("b"), at: { $0.replies["POST /register"] = [.lost] })
    world.web.list("b", "https://other.example")
    world.fate.fail("append", after: 1)
    let run = try await world.apply()
    #expect(run.of("a")?.error?.code == .registrationOutcomeUnknown)
    world.fate.heal()
    #expect(try await world.apply().told == ["a blocked failed", "b register done"])
    #expect(world.lock.orphans.count == 1)
  }

  @Test("SecretStores#Records: a store that is not durable refuses the first registration, and nothing else")
  func notDurable() async throws {
    let world = World(discovered("a"))
    var context = world.context
    context.durability = Diagnostic(.error, .storeNotDurable, "the runner is thrown away")
    let run = try await Reconciler(context).apply(PlanOptions(), allowMassChange: false, confirm: { _ in true })
    #expect(run?.error?.code == .storeNotDurable)
    #expect(run?.told == ["a register skipped"])
    #expect(world.web.registrations == 0)
  }
}
