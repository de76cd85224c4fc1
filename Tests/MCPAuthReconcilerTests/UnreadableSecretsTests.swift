import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// Runs that can write secrets but not read them: an age store on a runner that has only the public key (SecretStores#Records).
@Suite struct UnreadableSecretsTests {
  /// A memory store that lists its records, but does not return their content.
  struct WriteOnlyStore: SecretStore {
    let inner: MemorySecretStore
    /// Records that are damaged; nil: no record can be read.
    var damaged: Set<String>?

    var name: String { "age" }
    var canRead: Bool { damaged != nil }

    private func refuse(_ version: String) throws(Diagnostic) {
      guard damaged?.contains(version) ?? true else { return }
      throw Diagnostic(.error, .secretUnreadable, "no identity")
    }

    func prove() async throws(Diagnostic) -> [Diagnostic] { [] }
    func list() async throws(Diagnostic) -> [String: [String]] { try await inner.list() }
    func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
      guard let record = try await inner.get(server, version: version) else { return nil }
      try refuse(version)
      return record
    }
    func put(_ record: SecretRecord) async throws(Diagnostic) { try await inner.put(record) }
    func remove(_ server: String, version: String) async throws(Diagnostic) {
      try await inner.remove(server, version: version)
    }
    func putOrphan(_ record: SecretRecord) async throws(Diagnostic) { try await inner.putOrphan(record) }
    func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? {
      guard let record = try await inner.getOrphan(issuer: issuer, clientID: clientID) else { return nil }
      try refuse(record.version)
      return record
    }
    func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
      try await inner.removeOrphan(issuer: issuer, clientID: clientID)
    }
  }

  private func context(_ world: World, damaged: Set<String>? = nil) -> ReconcilerContext {
    var context = world.context
    context.secrets = WriteOnlyStore(inner: MemorySecretStore(folder: world.folder), damaged: damaged)
    return context
  }

  private func apply(
    _ world: World, damaged: Set<String>? = nil, _ configure: (inout PlanOptions) -> Void = { _ in }
  ) async throws -> RunResult {
    var options = PlanOptions()
    configure(&options)
    let run = try await Reconciler(context(world, damaged: damaged)).apply(
      options, allowMassChange: true, confirm: { _ in true })
    return try #require(run)
  }

  @Test(
    "CI runners without a key: a plan has no changes, and a new server is registered",
    arguments: [true, false])
  func newServer(isManaged: Bool) async throws {
    let world = try await World(
      discovered("linear"), at: isManaged ? ServerKind.managed : ServerKind.secret
    ).settled()
    let plan = try await Reconciler(context(world)).plan(PlanOptions())
    #expect(plan.changes.map(\.action) == [.unchanged])
    world.servers.append(discovered("notion"))
    #expect(try await apply(world).told == ["linear unchanged done", "notion register done"])
    #expect(world.folder.now.records.keys.sorted() == ["linear", "notion"])
    // With the key, everything is consistent.
    let after = try await world.apply()
    #expect(after.told == ["linear unchanged done", "notion unchanged done"])
    #expect(after.warnings.isEmpty)
  }

  @Test("PlanAndApply#Commands: a missing record is secret-missing, with and without the key")
  func missing() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    world.folder.change { $0.records = [:] }
    #expect(try await apply(world).codes == [.secretMissing])
  }

  @Test(
    "SecretStores#Records: a change that needs the old record is secret-unreadable for its server only, also in the plan"
  )
  func managed() async throws {
    let world = try await World(discovered("a"), discovered("b"), discovered("c"), at: ServerKind.managed).settled()
    world.edit("a") { $0.client?.clientName = "Other" }
    world.edit("b") { $0.generation = 1 }
    world.servers.removeAll { $0.name == "c" }
    world.servers.append(discovered("d"))
    let before = world.folder.now.records
    let plan = try await Reconciler(context(world)).plan(PlanOptions())
    let blocked = plan.changes.filter { $0.action == .blocked }.sorted { $0.server < $1.server }
    #expect(blocked.map(\.server) == ["a", "b", "c"])
    // What a run with the key would do.
    #expect(
      blocked.map { $0.error?.notes ?? [] } == [
        ["it is needed to update the client: display-changed"],
        ["it is needed to replace the client: generation-raised"],
        ["it is needed to remove the client: gone-from-inventory"],
      ])
    #expect(blocked[0].fields.contains { $0.field.contains("client_name") }, "\(blocked[0].fields)")
    let run = try await apply(world)
    #expect(run.told == ["a blocked failed", "b blocked failed", "d register done", "c blocked failed"])
    #expect(run.codes == [.secretUnreadable, .secretUnreadable, .secretUnreadable])
    #expect(world.web.registrations == 1)
    #expect(world.web.alive.count == 4)
    #expect(world.folder.now.records.filter { $0.key != "d" } == before)
    #expect(try await !world.apply().hasFailed)
    #expect(world.web.alive.count == 3)
    #expect(world.lock.orphans.isEmpty)
  }

  @Test(
    "SecretStores#Records: an unmanaged client is replaced without the key, exactly once for each request")
  func unmanaged() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    for generation in 1...2 {
      world.edit("linear") { $0.generation = generation }
      #expect(try await apply(world).told == ["linear replace done"])
      #expect(world.folder.now.records["linear"]?.count == 1 + generation)
    }
    #expect(world.lock.orphans.count == 2)
  }

  @Test("SecretStores#Records: a refresh reads nothing back, and a move needs the key")
  func refreshAndMove() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    #expect(try await apply(world) { $0.refresh = true }.codes == [.secretUnreadable])
    #expect(!world.web.log.contains { $0.contains("register/") })
    world.servers = world.servers.map { server in
      var server = server
      server.name = "line"
      server.movedFrom = "linear"
      return server
    }
    #expect(try await apply(world).codes == [.secretUnreadable])
    #expect(world.lock.servers.keys.sorted() == ["linear"])
    #expect(world.folder.now.records.keys.sorted() == ["linear"])
    await expectRefusal(.secretUnreadable) {
      _ = try await StateOperations(context(world)).forget(["linear"], isForced: false)
    }
    #expect(world.folder.now.records["linear"]?.count == 1)
  }

  @Test(
    "SecretStores#Records: without the key, a record that the lock does not name is not adopted, and the server is not registered again"
  )
  func adoption() async throws {
    let world = try await World(discovered("a"), discovered("linear"), at: ServerKind.secret).settled()
    world.folder.change { contents in
      guard var lock = contents.lock.flatMap({ try? LockCodec.decode($0, file: "") }) else { return }
      lock.servers["linear"] = nil
      contents.lock = LockCodec.encode(lock)
    }
    let run = try await apply(world)
    #expect(run.told == ["a unchanged done", "linear blocked failed"])
    #expect(run.codes == [.secretUnreadable])
    #expect(world.web.registrations == 0)
    #expect(try await world.apply().of("linear")?.change.reasons == [.recovered])
  }

  @Test("SecretStores#Records: status reports what cannot be decided without the key, as the plan does")
  func status() async throws {
    let world = try await World(discovered("a"), discovered("linear"), at: ServerKind.secret).settled()
    world.folder.change { contents in
      guard var lock = contents.lock.flatMap({ try? LockCodec.decode($0, file: "") }) else { return }
      lock.servers["linear"] = nil
      contents.lock = LockCodec.encode(lock)
    }
    let report = try await StateOperations(context(world)).status()
    #expect(report.servers.map { $0.conditions.map(\.name) } == [[], ["not-applied", "secret-unreadable"]])
    let broken = try await brokenOff(replacing: true)
    let undecided = try await StateOperations(context(broken)).status()
    #expect(undecided.servers.map { $0.conditions.map(\.name) } == [[], ["secret-unreadable"]])
    #expect(try await broken.custodian.status().servers.map { $0.conditions.map(\.name) } == [[], ["recovered"]])
  }

  /// The client of a manual server: its secret is at the reference in the inventory.
  @Test(
    "SecretStores#Records: a manual server has no record, and needs no key, in plan and status",
    arguments: [true, false])
  func manual(isStored: Bool) async throws {
    var settings = OAuth2Settings()
    settings.clientID = "own"
    settings.clientSecret = isStored ? .stored("own-secret") : .env("OWN_SECRET")
    settings.authorizationEndpoint = "https://own.example/authorize"
    settings.tokenEndpoint = "https://own.example/token"
    let world = try await World(
      InventoryServer(
        name: "own", url: "https://own.example/mcp", mode: .manual(settings),
        location: SourceLocation(file: "servers.yaml", line: 7, column: 3))
    ).settled()
    #expect(world.learnt.isEmpty, "nobody read it")
    var unreadable = world.context
    unreadable.secrets = MemoryVault(world.folder, canRead: false)
    #expect(try await Reconciler(unreadable).plan(PlanOptions()).changes.map(\.action) == [.unchanged])
    // A missing stored value can be detected without the key.
    #expect(
      try await StateOperations(unreadable).status().servers.map { $0.conditions.map(\.name) }
        == [isStored ? ["secret-missing"] : []])
    world.folder.change { $0.stored["own-secret"] = Secret("value") }
    #expect(try await !StateOperations(unreadable).status().needsAttention)
  }

  @Test(
    "SecretStores#Records: import and state move of a server with an unreadable record are refused; no request, no write"
  )
  func importAndMove() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    let before = world.folder.now
    var order = ImportOrder(server: "linear", clientID: "found")
    order.clientSecret = .env("FOUND_SECRET")
    await expectRefusal(.secretUnreadable) {
      _ = try await Reconciler(context(world)).importClient(order, confirm: { _ in true })
    }
    world.rename("linear", to: "line")
    await expectRefusal(.secretUnreadable) {
      _ = try await StateOperations(context(world)).move("linear", to: "line")
    }
    #expect(world.folder.now == before)
    #expect(world.web.registrations == 0)
    // With force the server is forgotten, and its record stays.
    world.servers = []
    _ = try await StateOperations(context(world)).forget(["linear"], isForced: true).get()
    #expect(world.lock.servers.isEmpty)
    #expect(world.folder.now.records["linear"]?.count == 1)
  }

  /// A run that is killed right after the record was written: an open intent with a record.
  private func brokenOff(replacing: Bool) async throws -> World {
    let world = World(discovered("a"), discovered("linear"), at: ServerKind.secret)
    if replacing {
      _ = try await world.settled()
      world.edit("linear") { $0.generation = 1 }
    } else {
      world.servers.removeLast()
      _ = try await world.settled()
      world.servers.append(discovered("linear"))
    }
    for effects in 1...50 {
      let before = world.folder.now
      world.fate.dieAfter(effects)
      _ = try? await world.apply()
      world.fate.dieAfter(nil)
      let versions = Set(world.folder.now.records["linear"]?.keys.map { $0 } ?? [])
      if versions.subtracting(before.records["linear"]?.keys.map { $0 } ?? []).isEmpty {
        // The record is not written yet: start again.
        world.folder.now = before
        continue
      }
      return world
    }
    Issue.record("it never died after a record was put")
    return world
  }

  @Test(
    "Reliability#Order-of-writes: an open intent whose record cannot be read is neither lost nor repeated",
    arguments: [true, false], [true, false])
  func openIntent(replacing: Bool, isDamaged: Bool) async throws {
    let world = try await brokenOff(replacing: replacing)
    let journal = world.folder.now.journal
    let old = world.lock.servers["linear"]
    #expect(!journal.events.isEmpty)
    let damaged = isDamaged ? Set(world.folder.now.records["linear"]?.keys.map { $0 } ?? []) : nil
    world.servers.append(discovered("notion"))
    world.web.forgetLog()
    for round in 1...3 {
      let run = try await apply(world, damaged: damaged)
      #expect(run.of("linear")?.change.action == .blocked)
      #expect(run.of("linear")?.error?.code == .secretUnreadable)
      #expect(run.of("a")?.outcome == .done)
      #expect(run.of("notion")?.outcome == .done)
      #expect(run.of("notion")?.change.action == (round == 1 ? .register : .unchanged))
      #expect(world.lock.servers["linear"] == old)
      #expect(world.lock.orphans.isEmpty)
      #expect(journal.events.allSatisfy(world.folder.now.journal.events.contains))
    }
    #expect(world.web.registrations == 1, "that of the new server")
    // With the key, the entry is completed from the record.
    let run = try await world.apply()
    #expect(!run.hasFailed)
    #expect(run.of("linear")?.change.reasons.first == .recovered)
    #expect(world.web.registrations == 1)
    #expect(world.lock.servers["linear"] != old)
    #expect(world.folder.now.journal.events.isEmpty)
  }
}
