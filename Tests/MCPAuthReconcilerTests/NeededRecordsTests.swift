import MCPAuthCore
import MCPAuthPlan
import Synchronization
import Testing

@testable import MCPAuthReconciler

/// A store that is asked only for the records that the changes of a run need (SecretStores#Records).
@Suite struct NeededRecordsTests {
  /// A memory store that logs each record that is read.
  private final class LoggingStore: SecretStore {
    private let inner: MemorySecretStore
    private let log = Mutex<[String]>([])
    private let damaged = Mutex<Set<String>>([])

    init(_ world: World) {
      inner = MemorySecretStore(folder: world.folder)
    }

    let readsOnlyNeeded = true
    var name: String { "memory" }
    func damage(_ server: String) { damaged.withLock { _ = $0.insert(server) } }
    /// The servers whose records were read since the last call.
    func reads() -> Set<String> {
      log.withLock { log in
        defer { log = [] }
        return Set(log)
      }
    }

    func prove() async throws(Diagnostic) -> [Diagnostic] { [] }
    func list() async throws(Diagnostic) -> [String: [String]] { try await inner.list() }
    func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
      log.withLock { $0.append(server) }
      let record = try await inner.get(server, version: version)
      guard record == nil || !damaged.withLock({ $0.contains(server) }) else {
        throw Diagnostic(.error, .secretUnreadable, "it is damaged")
      }
      return record
    }
    func put(_ record: SecretRecord) async throws(Diagnostic) { try await inner.put(record) }
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

  private func settled() async throws -> (world: World, store: LoggingStore, reconciler: Reconciler) {
    let world = try await World(discovered("linear"), discovered("sentry"), at: ServerKind.managed).settled()
    let store = LoggingStore(world)
    return (world, store, Reconciler(context(world, store)))
  }

  private func context(_ world: World, _ store: LoggingStore) -> ReconcilerContext {
    var context = world.context
    context.secrets = store
    return context
  }

  private func apply(
    _ world: World, _ store: LoggingStore, _ configure: (inout PlanOptions) -> Void = { _ in }
  ) async throws -> RunResult {
    var options = PlanOptions()
    configure(&options)
    let run = try await Reconciler(context(world, store)).apply(
      options, allowMassChange: true, confirm: { _ in true })
    return try #require(run)
  }

  @Test("SecretStores#Records: without changes no record is read, and with a change that of its server")
  func reads() async throws {
    let (world, store, reconciler) = try await settled()
    #expect(try await reconciler.plan(PlanOptions()).changes.map(\.action) == [.unchanged, .unchanged])
    #expect(store.reads().isEmpty)
    #expect(try await apply(world, store).told == ["linear unchanged done", "sentry unchanged done"])
    #expect(store.reads().isEmpty)
    world.edit("linear") { $0.scopes = ["read"] }
    #expect(try await apply(world, store).told == ["linear update done", "sentry unchanged done"])
    #expect(store.reads() == ["linear"])
  }

  @Test("SecretStores#Records: a record that cannot be read blocks only a change that needs it")
  func damaged() async throws {
    let (world, store, _) = try await settled()
    store.damage("linear")
    store.damage("sentry")
    world.edit("linear") { $0.scopes = ["read"] }
    let before = world.folder.now
    let run = try await apply(world, store)
    #expect(run.told == ["linear blocked failed", "sentry unchanged done"])
    #expect(run.codes == [.secretUnreadable])
    #expect(world.folder.now == before)
    // The way out that the message names.
    world.edit("linear") { $0.generation = 1 }
    #expect(try await apply(world, store).of("linear")?.outcome == .done)
    #expect(world.web.registrations == 1)
  }

  @Test("SecretStores#Records: a missing record is found without reading")
  func missing() async throws {
    let (world, store, reconciler) = try await settled()
    world.folder.change { $0.records["linear"] = nil }
    let plan = try await reconciler.plan(PlanOptions())
    #expect(plan.changes.compactMap(\.error?.code) == [.secretMissing])
    #expect(store.reads().isEmpty)
  }

  @Test("PlanAndApply#Commands: a client whose record cannot be read is not forgotten")
  func forgotten() async throws {
    let (world, store, _) = try await settled()
    store.damage("linear")
    let operations = StateOperations(context(world, store))
    await expectRefusal(.secretUnreadable) { _ = try await operations.forget(["linear"], isForced: false) }
    #expect(store.reads() == ["linear"])
    #expect(world.lock.servers["linear"] != nil)
  }

  @Test("PlanAndApply#Commands: a client whose record cannot be used is not moved, and nothing is written")
  func moved() async throws {
    let (world, store, _) = try await settled()
    world.rename("linear", to: "line")
    let operations = StateOperations(context(world, store))
    let version = try #require(world.lock.servers["linear"]?.secretVersion)
    world.folder.change { $0.records["linear"]?[version]?.lineage = "another" }
    let before = world.folder.now
    await expectRefusal(.secretMismatch) { _ = try await operations.move("linear", to: "line") }
    store.damage("linear")
    await expectRefusal(.secretUnreadable) { _ = try await operations.move("linear", to: "line") }
    #expect(world.folder.now == before)
    #expect(store.reads() == ["linear"])
  }

  @Test("SecretStores#Records: a blocked change of a record that cannot be read is shown with what would change")
  func shown() async throws {
    let (world, store, _) = try await settled()
    store.damage("linear")
    world.edit("linear") { $0.client?.clientName = "Other" }
    let plan = try await Reconciler(context(world, store)).plan(PlanOptions())
    let change = try #require(plan.changes.first)
    #expect(change.error?.code == .secretUnreadable)
    #expect(change.error?.notes == ["it is needed to update the client: display-changed"])
    #expect(change.fields.contains { $0.field.contains("client_name") }, "\(change.fields)")
    #expect(store.reads() == ["linear"])
  }

  @Test("SecretStores#Records: a refresh reads managed clients' records, and blocks a server without a usable one")
  func refreshed() async throws {
    let (world, store, _) = try await settled()
    store.damage("linear")
    let run = try await apply(world, store) { $0.refresh = true }
    #expect(run.told == ["linear blocked failed", "sentry unchanged done"])
    #expect(run.codes == [.secretUnreadable])
    #expect(store.reads() == ["linear", "sentry"])
  }

  @Test("PlanAndApply#Actions: rotate replaces a client whose record cannot be read")
  func rotated() async throws {
    let (world, store, _) = try await settled()
    world.web.change(World.issuer) { $0.rotatesSecret = true }
    store.damage("linear")
    let run = try await apply(world, store) {
      $0.only = ["linear", "sentry"]
      $0.rotate = ["linear", "sentry"]
    }
    #expect(run.told == ["linear replace done", "sentry update done"])
    #expect(world.web.registrations == 1)
  }

  @Test("Reliability#Recovery: a call without an answer is settled only with a record that can be read")
  func unsettled() async throws {
    let (world, store, _) = try await settled()
    world.web.change(World.issuer) { $0.replies["PUT"] = [.lost] }
    world.edit("linear") { $0.scopes = ["read"] }
    #expect(try await apply(world, store).codes == [.updateOutcomeUnknown])
    store.damage("linear")
    #expect(try await apply(world, store).codes == [.secretUnreadable])
    #expect(world.folder.now.journal.events.count == 1)
    // The way out that the message names.
    world.edit("linear") { $0.generation = 1 }
    #expect(try await apply(world, store).of("linear")?.change.action == .replace)
    #expect(world.web.registrations == 1)
  }
}
