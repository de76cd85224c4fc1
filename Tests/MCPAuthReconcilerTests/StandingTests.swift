import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// The state that a run reads, and when it refuses to run.
@Suite struct StandingTests {
  @Test("PlanAndApply#Lock-file: a lost lock file does not mean a new start", arguments: [true, false])
  func lockMissing(hasRecords: Bool) async throws {
    let world = try await World(discovered("linear"), at: hasRecords ? ServerKind.secret : { _ in }).settled()
    world.folder.change { $0.lock = nil }
    await #expect(throws: Diagnostic.self) { _ = try await world.apply(allowMassChange: false) }
    do {
      _ = try await world.plan()
      Issue.record("it was planned")
    } catch let error as Diagnostic {
      #expect(error.code == .lockMissing)
    }
    #expect(world.web.registrations == 0)
    #expect(try await world.apply(allowMassChange: true).told == ["linear register done"])
  }

  @Test("Reliability#Order-of-writes: a journal of another lineage is refused")
  func foreignLineage() async throws {
    let world = try await World(discovered("linear")).settled()
    world.folder.change { $0.journal = Journal(lineage: "another", events: [.failed(intent: "x")]) }
    await #expect(throws: Diagnostic.self) { _ = try await world.apply() }
    await #expect(throws: Diagnostic.self) { _ = try await world.plan() }
  }

  @Test("Reliability#Order-of-writes: lines that change an entry that is not in the lock are refused, not replayed")
  func foreignEntry() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    world.edit("linear") { $0.generation = 1 }
    world.fate.dieAfter(4)
    _ = try? await world.apply()
    world.fate.dieAfter(nil)
    // Another branch is checked out.
    world.folder.change { contents in
      guard var lock = contents.lock.flatMap({ try? LockCodec.decode($0, file: "") }) else { return }
      lock.servers["linear"]?.client?.scopes = ["elsewhere"]
      contents.lock = LockCodec.encode(lock)
    }
    let before = world.folder.now
    do {
      _ = try await world.apply()
      Issue.record("it was folded in")
    } catch let error as Diagnostic {
      #expect(error.code == .journalForeign)
      #expect(error.message.contains("linear"))
    }
    #expect(world.folder.now == before)
  }

  @Test("PlanAndApply#Commands: secret-missing and secret-mismatch block, and are never resolved by a registration")
  func secretProblems() async throws {
    let missing = try await World(discovered("linear"), at: ServerKind.secret).settled()
    missing.folder.change { $0.records = [:] }
    #expect(try await missing.apply().codes == [.secretMissing])
    #expect(missing.web.registrations == 0)
    missing.edit("linear") { $0.generation = 1 }
    #expect(try await missing.apply().told == ["linear replace done"])

    let copied = try await World(discovered("linear"), discovered("notion"), at: ServerKind.secret).settled()
    copied.folder.change { contents in
      guard let version = contents.records["notion"]?.keys.first, let other = contents.records["linear"]?.values.first
      else { return }
      contents.records["notion"]?[version] = other
    }
    #expect(try await copied.apply().told == ["linear unchanged done", "notion blocked failed"])
    #expect(try await copied.apply().codes == [.secretMismatch])
  }

  @Test("SecretStores#Records: a record of this lineage that the lock does not name is adopted without a registration")
  func adopted() async throws {
    let world = try await World(discovered("a"), discovered("linear"), at: ServerKind.secret).settled()
    world.folder.change { contents in
      guard var lock = contents.lock.flatMap({ try? LockCodec.decode($0, file: "") }) else { return }
      lock.servers["linear"] = nil
      contents.lock = LockCodec.encode(lock)
    }
    let run = try await world.apply()
    #expect(run.of("linear")?.change.reasons == [.recovered])
    #expect(run.told == ["a unchanged done", "linear register done"])
    #expect(world.web.registrations == 0)
    #expect(!world.web.log.isEmpty, "its endpoints are discovered again")
    let shown = Set(run.of("linear")?.change.fields.map(\.field) ?? [])
    #expect(shown.isSuperset(of: ["client_id", "issuer", "token_endpoint", "redirect_uris"]), "\(shown)")
    #expect(world.lock.servers["linear"]?.clientID == "client-2")
  }

  @Test("SecretStores#Records: a record that is newer than a restored old lock is not deleted")
  func olderLock() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    let old = world.folder.now.lock
    let records = world.folder.now.records
    world.clock.advance(3600)
    world.edit("linear") { $0.generation = 1 }
    _ = try await world.apply()
    world.edit("linear") { $0.generation = 0 }
    world.folder.change { contents in
      contents.lock = old
      contents.records["linear"]?.merge(records["linear"] ?? [:]) { first, _ in first }
    }
    let run = try await world.apply()
    #expect(run.told == ["linear unchanged done"])
    #expect(run.warnings.isEmpty)
    #expect(world.folder.now.records["linear"]?.count == 2)
  }

  @Test("PlanAndApply#Mass-changes: a mass change is refused, and the plan is still printed")
  func massChange() async throws {
    let world = try await World(discovered("a"), discovered("b"), at: ServerKind.managed).settled()
    world.servers = []
    let run = try await world.apply(allowMassChange: false)
    #expect(run.error?.code == .massChange)
    #expect(run.told == ["a remove skipped", "b remove skipped"])
    #expect(world.web.alive.count == 2)
    #expect(world.fate.effects.isEmpty)
  }

  @Test("PlanAndApply#Commands: without a confirmation nothing is done")
  func unconfirmed() async throws {
    let world = World(discovered("a"))
    let run = try await Reconciler(world.context).apply(PlanOptions(), allowMassChange: false, confirm: { _ in false })
    #expect(run == nil)
    #expect(world.web.registrations == 0)
    #expect(world.fate.effects.isEmpty)
  }

  @Test("Reliability#Signals: after a signal nothing new is begun, and the output lists what was not begun")
  func interrupted() async throws {
    let world = World(discovered("a"), discovered("b"))
    world.interrupt()
    let run = try await world.apply()
    #expect(run.codes.allSatisfy { $0 == .interrupted })
    #expect(run.hasFailed)
    #expect(world.web.registrations == 0)
  }

  @Test("PlanAndApply#Commands: --only does not change any other server")
  func only() async throws {
    let world = try await World(discovered("a"), discovered("b"), at: ServerKind.managed).settled()
    world.edit("a") { $0.generation = 1 }
    world.edit("b") { $0.generation = 1 }
    #expect(try await world.apply { $0.only = ["b"] }.told == ["b replace done"])
    #expect(world.lock.servers["a"]?.clientID == "client-1")
  }

  @Test(
    "Discovery#Addresses: one registration at a time per issuer, unless the inventory allows more", arguments: [1, 3])
  func perIssuer(width: Int) async throws {
    let world = World()
    world.servers = (0..<20).map { discovered("s\($0)") }
    world.set(perIssuer: width, parallelism: 16)
    let run = try await world.apply()
    #expect(!run.hasFailed)
    #expect(world.web.mostInside <= width)
    #expect(Set(world.lock.servers.values.compactMap(\.clientID)).count == 20)
  }
}
