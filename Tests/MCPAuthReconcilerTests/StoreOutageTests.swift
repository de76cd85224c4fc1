import MCPAuthCore
import MCPAuthPlan
import Synchronization
import Testing

@testable import MCPAuthReconciler

/// A secret store that fails for a time must not make mcpauth give up a management token for good.
@Suite struct StoreOutageTests {
  /// A memory store whose records cannot be read for a time, as when a credential helper does not answer.
  private final class UnstableStore: SecretStore {
    private let inner: MemorySecretStore
    private let isDown = Mutex(false)
    /// Whether the next record is stored although its answer is lost; nil: its answer comes.
    private let losing = Mutex<Bool?>(nil)

    init(_ world: World) {
      inner = MemorySecretStore(folder: world.folder)
    }

    var name: String { "memory" }
    func set(isDown: Bool) { self.isDown.withLock { $0 = isDown } }

    func prove() async throws(Diagnostic) -> [Diagnostic] { [] }
    func list() async throws(Diagnostic) -> [String: [String]] { try await inner.list() }
    func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
      if isDown.withLock({ $0 }) { throw Diagnostic(.error, .storeFailed, "the store does not answer") }
      return try await inner.get(server, version: version)
    }
    func loseAnswer(isStored: Bool) { losing.withLock { $0 = isStored } }
    func put(_ record: SecretRecord) async throws(Diagnostic) {
      let lost = losing.withLock { losing in
        defer { losing = nil }
        return losing
      }
      if lost != false { try await inner.put(record) }
      if lost != nil { throw Diagnostic(.error, .storeOutcomeUnknown, "the answer was lost") }
    }
    func remove(_ server: String, version: String) async throws(Diagnostic) {
      try await inner.remove(server, version: version)
    }
    func putOrphan(_ record: SecretRecord) async throws(Diagnostic) { try await inner.putOrphan(record) }
    func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? {
      try await inner.getOrphan(issuer: issuer, clientID: clientID)
    }
    func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
      try await inner.removeOrphan(issuer: issuer, clientID: clientID)
    }
  }

  private func unstable() async throws -> (world: World, store: UnstableStore) {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    return (world, UnstableStore(world))
  }

  private func context(_ world: World, _ store: UnstableStore) -> ReconcilerContext {
    var context = world.context
    context.secrets = store
    return context
  }

  /// Applies, and lets the store fail as soon as the plan is made.
  private func apply(_ world: World, _ store: UnstableStore) async throws -> RunResult {
    let run = try await Reconciler(context(world, store)).apply(
      PlanOptions(), allowMassChange: true,
      confirm: { _ in
        store.set(isDown: true)
        return true
      })
    return try #require(run)
  }

  @Test("Reliability#Replacing-and-removing: a client whose record cannot be read stays managed, and is deleted later")
  func removed() async throws {
    let (world, store) = try await unstable()
    world.servers = []
    #expect(try await apply(world, store).told == ["linear remove done"])
    #expect(world.lock.orphans.map(\.managed) == [true])
    #expect(world.web.alive.count == 1)
    _ = try await world.apply()
    #expect(world.web.alive.isEmpty)
    #expect(world.lock.orphans.isEmpty)
  }

  @Test("PlanAndApply#Commands: a forgotten client whose record cannot be read stays managed, and is deleted later")
  func forgotten() async throws {
    let (world, store) = try await unstable()
    store.set(isDown: true)
    _ = try await StateOperations(context(world, store)).forget(["linear"], isForced: false).get()
    #expect(world.lock.orphans.map(\.managed) == [true])
    world.servers = []
    _ = try await world.apply()
    #expect(world.web.alive.isEmpty)
    #expect(world.lock.orphans.isEmpty)
  }

  @Test("Reliability#Order-of-writes: an entry does not move to a name under which its record is not")
  func moved() async throws {
    let (world, store) = try await unstable()
    world.servers = world.servers.map { old in
      var server = old
      server.name = "line"
      server.movedFrom = "linear"
      return server
    }
    let run = try await apply(world, store)
    #expect(run.told == ["line update failed"])
    #expect(run.codes == [.storeFailed])
    #expect(world.lock.servers.keys.sorted() == ["linear"])
    #expect(try await world.apply().told == ["line update done"])
    #expect(world.folder.now.records["line"]?.count == 1)
    #expect(try await world.apply().told == ["line unchanged done"])
  }

  @Test("Registration#Management: an import does not drop the management of a client whose record cannot be read")
  func imported() async throws {
    let (world, store) = try await unstable()
    world.web.change(World.issuer) { $0.clients[0].secret = "value-1" }
    var importing = context(world, store)
    importing.resolve = { _ in Secret("value-1") }
    let reconciler = Reconciler(importing)
    var order = ImportOrder(server: "linear", clientID: "client-1")
    order.clientSecret = .env("S")
    let before = world.folder.now
    store.set(isDown: true)
    await expectRefusal(.storeFailed) {
      _ = try await reconciler.importClient(order, confirm: { _ in true })
    }
    #expect(world.folder.now == before)
    store.set(isDown: false)
    _ = try await reconciler.importClient(order, confirm: { _ in true })
    #expect(world.lock.servers["linear"]?.isManaged == true)
  }

  @Test(
    "Reliability#When-an-answer-cannot-be-stored: a client whose record may be stored is not deleted; the next run knows more",
    arguments: [true, false])
  func lostAnswer(isStored: Bool) async throws {
    let world = World(discovered("linear"), discovered("sentry"), at: ServerKind.managed)
    let store = UnstableStore(world)
    store.loseAnswer(isStored: isStored)
    let first = try await Reconciler(context(world, store)).apply(
      PlanOptions(), allowMassChange: true, confirm: { _ in true })
    #expect(first?.of("linear")?.error?.code == .storeOutcomeUnknown)
    #expect(first?.of("linear")?.error?.notes.contains { $0.contains("'client-1'") } == true)
    #expect(first?.of("sentry")?.outcome == .skipped)
    #expect(world.web.alive.count == 1)
    let second = try await world.apply()
    if isStored {
      #expect(!second.hasFailed)
      #expect(world.lock.servers["linear"]?.clientID == "client-1")
      #expect(world.web.registrations == 2)
    } else {
      #expect(second.of("linear")?.error?.code == .registrationOutcomeUnknown)
      #expect(world.lock.orphans.map(\.reason) == [.outcomeUnknown])
    }
  }

  @Test("Reliability#Recovery: while the store gives no answer, a server whose record it has is not registered again")
  func unansweredRecord() async throws {
    let (world, store) = try await unstable()
    let lineage = world.lock.lineage
    let clientID = world.lock.servers["linear"]?.clientID
    let registrations = world.web.registrations
    world.folder.change { $0.lock = LockCodec.encode(Lock(lineage: lineage)) }
    store.set(isDown: true)
    await expectRefusal(.storeFailed) {
      _ = try await Reconciler(context(world, store)).apply(
        PlanOptions(), allowMassChange: true, confirm: { _ in true })
    }
    #expect(world.web.registrations == registrations)
    store.set(isDown: false)
    _ = try await world.apply()
    #expect(world.web.registrations == registrations)
    #expect(world.lock.servers["linear"]?.clientID == clientID)
  }
}
