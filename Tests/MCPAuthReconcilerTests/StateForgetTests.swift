import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// `mcpauth state forget` and the `orphans` commands (PlanAndApply#Commands): no client is lost, and no unwanted request is sent.
@Suite struct StateForgetTests {
  private func world(_ kind: @escaping @Sendable (inout FakeWeb.AuthorizationServer) -> Void = ServerKind.managed)
    async throws -> World
  {
    try await World(discovered("linear"), discovered("notion"), at: kind).settled()
  }

  private func all(_ targets: String...) -> OrphanSelection { OrphanSelection(targets: targets, isAll: true) }

  // MARK: Forgetting servers

  @Test(
    "PlanAndApply#Commands: a forgotten server's client is an orphan, with a copy of its record; no request is sent",
    arguments: [true, false])
  func forget(isManaged: Bool) async throws {
    let world = try await world(isManaged ? ServerKind.managed : ServerKind.secret)
    let forgotten = try await world.custodian.forget(["linear"], isForced: false).get()
    #expect(forgotten.map(\.server) == ["linear"])
    #expect(forgotten.first?.isInInventory == true)
    #expect(world.web.log.isEmpty)
    #expect(Array(world.lock.servers.keys) == ["notion"])
    #expect(world.lock.orphans.map(\.clientID) == ["client-1"])
    #expect(world.lock.orphans.map(\.reason) == [.removed])
    #expect(world.lock.orphans.map(\.managed) == [isManaged])
    #expect(world.folder.now.records["linear"]?.count == 1, "a lock file on another branch may name it")
    #expect(world.folder.now.orphans.values.map(\.clientSecret) == [Secret("secret-of-client-1-1")])
  }

  @Test("PlanAndApply#Commands: a forgotten server is not adopted again by the next plan")
  func notRecovered() async throws {
    let world = try await world(ServerKind.secret)
    _ = try await world.custodian.forget(["linear"], isForced: false).get()
    let plan = try await world.plan()
    #expect(plan.changes.map(\.action) == [.register, .unchanged])
    #expect(plan.changes.first?.reasons == [.new])
  }

  @Test("InventoryReference#Servers: a protected server is forgotten only with force")
  func protected() async throws {
    let world = try await world()
    world.servers = world.servers.map { old in
      var server = old
      server.protect = server.name == "linear"
      return server
    }
    _ = try await world.apply()
    let before = world.folder.now
    await expectRefusal(.protected) { _ = try await world.custodian.forget(["notion", "linear"], isForced: false) }
    #expect(world.folder.now == before)
    _ = try await world.custodian.forget(["linear"], isForced: true).get()
    #expect(Array(world.lock.servers.keys) == ["notion"])
  }

  @Test("PlanAndApply#Commands: with one unknown name, nothing is forgotten")
  func unknownName() async throws {
    let world = try await world()
    let before = world.folder.now
    guard case .failure(let problem) = try await world.custodian.forget(["linear", "notoin"], isForced: true) else {
      Issue.record("forgot what is not there")
      return
    }
    #expect(problem.help == ["did you mean 'notion'?"])
    #expect(world.folder.now == before)
  }

  @Test("SecretStores#Records: a missing record does not prevent it: forgetting repairs the lock")
  func recordMissing() async throws {
    let world = try await world()
    world.folder.change { $0.records["linear"] = nil }
    _ = try await world.custodian.forget(["linear"], isForced: false).get()
    #expect(world.lock.orphans.map(\.managed) == [false])
  }

  @Test("reliability: killed after any effect, forgetting again completes it: nothing is lost, and no request is sent")
  func killed() async throws {
    var left = 0
    while true {
      let world = try await world()
      world.fate.dieAfter(left)
      _ = try? await world.custodian.forget(["linear"], isForced: false)
      let wasOver = !world.fate.isDead
      world.fate.dieAfter(nil)
      _ = try await world.custodian.forget(["linear"], isForced: false)
      #expect(Array(world.lock.servers.keys) == ["notion"], "\(left)")
      #expect(world.lock.orphans.map(\.clientID) == ["client-1"], "\(left)")
      #expect(world.lock.orphans.map(\.managed) == [true], "\(left)")
      #expect(world.folder.now.orphans.count == 1, "\(left)")
      #expect(world.web.log.isEmpty, "\(left)")
      world.servers = world.servers.filter { $0.name == "notion" }
      _ = try await world.apply()
      #expect(world.web.alive.map(\.client.id) == ["client-2"], "\(left)")
      #expect(world.lock.orphans.isEmpty, "\(left)")
      #expect(Set(world.folder.now.records.keys) == ["notion"], "\(left)")
      #expect(world.folder.now.orphans.isEmpty, "\(left)")
      if wasOver { break }
      left += 1
    }
    #expect(left >= 5)
  }

  // MARK: Orphans

  @Test(
    "PlanAndApply#Commands: orphans delete deletes the client at its server, its line and its record",
    arguments: ["client-1", "linear"])
  func delete(target: String) async throws {
    let world = try await world()
    _ = try await world.custodian.forget(["linear"], isForced: false).get()
    let results = try await world.custodian.deleteOrphans(OrphanSelection(targets: [target])).get()
    #expect(results.map(\.outcome) == [.deleted])
    #expect(world.web.alive.map(\.client.id) == ["client-2"])
    #expect(world.lock.orphans.isEmpty)
    #expect(world.folder.now.orphans.isEmpty)
    #expect(world.folder.now.journal.events.isEmpty)
  }

  @Test("PlanAndApply#Commands: a client that cannot be deleted stays on the list, with the reason")
  func undeletable() async throws {
    let world = try await world(ServerKind.secret)
    _ = try await world.custodian.forget(["linear"], isForced: false).get()
    let before = world.lock
    let results = try await world.custodian.deleteOrphans(all("linear")).get()
    #expect(results.map(\.outcome) == [.kept])
    #expect(results.first?.note?.message.contains("RFC 7592") == true)
    #expect(world.lock == before)
    #expect(world.web.log.isEmpty)
    #expect(world.folder.now.journal.events.isEmpty)
  }

  @Test("Registration#Management: a refusal leaves the client on the list, and its token in the store")
  func refused() async throws {
    let world = try await world()
    _ = try await world.custodian.forget(["linear"], isForced: false).get()
    world.web.change(World.issuer) { $0.replies["DELETE"] = [.answer(503, [:])] }
    let results = try await world.custodian.deleteOrphans(all("linear")).get()
    #expect(results.map(\.outcome) == [.kept])
    #expect(world.lock.orphans.map(\.managed) == [true])
    #expect(world.folder.now.orphans.count == 1)
    #expect(world.folder.now.journal.events.isEmpty)
    #expect(try await world.custodian.deleteOrphans(all("linear")).get().map(\.outcome) == [.deleted])
  }

  @Test("PlanAndApply#Lock-file: a client in use is never deleted, even if it is on the list")
  func inUse() async throws {
    let world = try await world()
    var lock = world.lock
    lock.orphans = [
      Orphan(
        server: "linear", issuer: World.issuer, clientID: "client-1", reason: .removed, since: world.clock.now,
        managed: true)
    ]
    let spoilt = lock
    world.folder.change { $0.lock = LockCodec.encode(spoilt) }
    let results = try await world.custodian.deleteOrphans(all("client-1")).get()
    #expect(results.map(\.outcome) == [.kept])
    #expect(world.web.alive.count == 2)
    #expect(world.web.log.isEmpty)
  }

  @Test(
    "Reliability#Unknown-outcomes: an unknown outcome that was forgotten does not block any more; it cannot be deleted"
  )
  func unknownOutcome() async throws {
    let world = World(discovered("linear"), at: ServerKind.managed)
    world.web.change(World.issuer) { $0.replies["POST /register"] = [.lost] }
    _ = try await world.apply()
    #expect(try await world.apply().codes == [.registrationOutcomeUnknown])
    #expect(try await world.custodian.deleteOrphans(all("linear")).get().map(\.outcome) == [.kept])
    let struck = try await world.custodian.forgetOrphans(OrphanSelection(targets: ["linear"])).get()
    #expect(struck.map(\.outcome) == [.forgotten])
    #expect(struck.first?.note?.code == .clientLeftBehind)
    #expect(world.lock.orphans.isEmpty)
    #expect(try await world.apply().told == ["linear register done"])
  }

  @Test("PlanAndApply#Commands: orphans forget removes the line and the token; no request is sent")
  func strike() async throws {
    let world = try await world()
    _ = try await world.custodian.forget(["linear"], isForced: false).get()
    _ = try await world.custodian.forgetOrphans(all("client-1")).get()
    #expect(world.lock.orphans.isEmpty)
    #expect(world.folder.now.orphans.isEmpty)
    #expect(world.web.alive.count == 2)
    #expect(world.web.log.isEmpty)
  }

  @Test(
    "PlanAndApply#Commands: status and lists take no lock, write nothing, and show the changes of an interrupted run"
  )
  func looking() async throws {
    let world = World(discovered("linear"), at: ServerKind.managed)
    world.fate.dieAfter(4)  // intent, POST, record, registered
    _ = try? await world.apply()
    world.fate.dieAfter(nil)
    let before = world.folder.now
    #expect(before.lock == nil)
    let standing = try await world.custodian.look()
    #expect(standing.entries["linear"]?.clientID == "client-1")
    #expect(try await world.custodian.status().servers.first?.conditions == [.recovered])
    #expect(world.folder.now == before)
  }

  // MARK: After a merge

  @Test(
    "PlanAndApply#Lock-file: the client that lost a merge is deleted by the next apply, with its record",
    arguments: [false, true])
  func mergedApply(byHand: Bool) async throws {
    let (world, clients) = try await merged()
    if byHand {
      let results = try await world.custodian.deleteOrphans(OrphanSelection(targets: [clients.theirs])).get()
      #expect(results.map(\.outcome) == [.deleted])
    } else {
      #expect(!(try await world.apply().hasFailed))
    }
    #expect(world.web.alive.map(\.client.id) == [clients.ours])
    #expect(world.lock.orphans.isEmpty)
    #expect(world.lock.servers["linear"]?.clientID == clients.ours)
    #expect(world.folder.now.records["linear"]?.count == 1)
    #expect(world.folder.now.orphans.isEmpty)
    #expect(try await world.apply().told == ["linear unchanged done"])
  }

  @Test("PlanAndApply#Lock-file: the record of a client that lost a merge stays if an apply cannot delete the client")
  func mergedUndeleted() async throws {
    let (world, clients) = try await merged()
    world.web.change(World.issuer) { $0.replies["DELETE"] = [.answer(503, [:])] }
    _ = try await world.apply()
    #expect(world.lock.orphans.map(\.clientID) == [clients.theirs])
    #expect(world.folder.now.records["linear"]?.values.contains { $0.clientID == clients.theirs } == true)
    _ = try await world.apply()
    #expect(world.web.alive.map(\.client.id) == [clients.ours])
  }

  @Test("PlanAndApply#Lock-file: forgotten after a merge, the losing client leaves no record, and no warning")
  func mergedStruck() async throws {
    let (world, clients) = try await merged()
    _ = try await world.custodian.forgetOrphans(OrphanSelection(targets: [clients.theirs])).get()
    #expect(world.folder.now.records["linear"]?.count == 1)
    let run = try await world.apply()
    #expect(run.warnings.isEmpty)
    #expect(world.web.alive.count == 2)
  }

  /// Two branches register the same server. Their lock files are merged. The records of both are in one store, as committed records are.
  private func merged() async throws -> (world: World, clients: (ours: String, theirs: String)) {
    let world = World(at: ServerKind.managed)
    world.servers = [discovered("notion")]
    _ = try await world.settled()
    world.servers = []
    _ = try await world.apply()
    let base = world.folder.now
    world.servers = [discovered("linear")]
    _ = try await world.apply()
    let (ours, ourFolder) = (world.lock, world.folder.now)
    world.folder.now = base
    _ = try await world.apply()
    let (theirs, theirFolder) = (world.lock, world.folder.now)
    let merge = try LockMerge(
      base: LockCodec.decode(base.lock ?? [], file: "base"), ours: ours, theirs: theirs, now: world.clock.now)
    #expect(merge.conflicts.map(\.server) == ["linear"])
    var folder = ourFolder
    folder.lock = LockCodec.encode(merge.lock)
    folder.records.merge(theirFolder.records) { $0.merging($1) { $1 } }
    world.folder.now = folder
    world.web.forgetLog()
    let clients = (ours.servers["linear"]?.clientID ?? "", theirs.servers["linear"]?.clientID ?? "")
    #expect(clients.0 != clients.1)
    return (world, (clients.0, clients.1))
  }
}
