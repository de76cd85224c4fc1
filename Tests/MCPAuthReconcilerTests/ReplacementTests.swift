import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// A new client is stored before the old one is deleted: replacing, removing and moving clients.
@Suite struct ReplacementTests {
  @Test("Reliability#Replacing-and-removing: the new client is stored and locked before the old one is deleted")
  func replace() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.edit("linear") { $0.generation = 1 }
    let run = try await world.apply()
    #expect(run.told == ["linear replace done"])
    #expect(run.deletedOrphans == 0)
    let effects = world.fate.effects
    let deletion = try #require(effects.firstIndex(of: "DELETE https://as.example/register/client-1"))
    #expect(effects.prefix(deletion).contains("writeLock"))
    #expect(effects.prefix(deletion).contains("putOrphan linear"))
    #expect(world.web.alive.map(\.client.id) == ["client-2"])
    #expect(world.lock.servers["linear"]?.clientID == "client-2")
    #expect(world.lock.orphans.isEmpty)
    #expect(world.folder.now.orphans.isEmpty)
    #expect(world.folder.now.records["linear"]?.count == 1)
  }

  @Test(
    "Reliability#Replacing-and-removing: an old client that cannot be deleted is listed; the next run tries again if it is managed"
  )
  func replaceDeletionFails() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.web.change(World.issuer) { $0.replies["DELETE"] = [.answer(503, [:])] }
    world.edit("linear") { $0.generation = 1 }
    let run = try await world.apply()
    #expect(run.told == ["linear replace done"])
    #expect(!run.hasFailed)
    #expect(run.warnings.map(\.code) == [.clientLeftBehind])
    #expect(world.lock.orphans.map(\.clientID) == ["client-1"])
    #expect(world.lock.orphans.map(\.managed) == [true])
    let next = try await world.apply()
    #expect(next.deletedOrphans == 1)
    #expect(world.web.alive.map(\.client.id) == ["client-2"])
    #expect(world.lock.orphans.isEmpty)
  }

  @Test("Reliability#Replacing-and-removing: an old client without management is listed under orphans")
  func replaceUnmanaged() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    world.edit("linear") { $0.generation = 1 }
    _ = try await world.apply()
    let orphan = try #require(world.lock.orphans.first)
    #expect(orphan.clientID == "client-1")
    #expect(orphan.reason == .replaced)
    #expect(!orphan.managed)
    #expect(world.folder.now.records["linear"]?.count == 2, "the old client lives")
  }

  @Test("Reliability#Replacing-and-removing: a refused replacement leaves the old client unchanged")
  func replaceRefused() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    let before = world.folder.now
    world.web.change(World.issuer) { $0.replies["POST /register"] = [.answer(403, [:])] }
    world.edit("linear") { $0.generation = 1 }
    #expect(try await world.apply().codes == [.registrationProtected])
    #expect(world.folder.now == before)
    #expect(world.web.alive.map(\.client.id) == ["client-1"])
  }

  @Test("Reliability#Replacing-and-removing: a removal with management deletes the client, its record and the entry")
  func removeManaged() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.servers = []
    let run = try await world.apply()
    #expect(run.told == ["linear remove done"])
    #expect(world.web.alive.isEmpty)
    #expect(world.lock.servers.isEmpty)
    #expect(world.lock.orphans.isEmpty)
    #expect(world.folder.now.records.isEmpty)
    #expect(world.folder.now.orphans.isEmpty)
  }

  @Test("Reliability#Replacing-and-removing: a removal without management is done, with a line under orphans")
  func removeUnmanaged() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    world.servers = []
    let run = try await world.apply()
    #expect(run.told == ["linear remove done"])
    #expect(!run.hasFailed)
    #expect(run.plan.changes.flatMap(\.warnings).map(\.code) == [.clientLeftBehind])
    #expect(world.lock.orphans.map(\.reason) == [.removed])
    #expect(world.folder.now.records["linear"]?.count == 1, "the client lives")
  }

  @Test(
    "PlanAndApply#Actions: the server refuses an orphan's token: dead clients are removed from the list, existing ones stay, unmanaged"
  )
  func orphanWithStaleToken() async throws {
    for isAlive in [false, true] {
      let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
      world.web.change(World.issuer) {
        $0.clients[0].token = "another"
        $0.clients[0].isAlive = isAlive
      }
      world.servers = []
      _ = try await world.apply()
      #expect(world.lock.orphans.map(\.managed) == (isAlive ? [false] : []))
    }
  }

  @Test("InventoryReference#Servers: a renamed server keeps its client, without a request")
  func move() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    var server = try #require(world.servers.first)
    server.name = "linear-two"
    server.movedFrom = "linear"
    world.servers = [server]
    let run = try await world.apply()
    #expect(run.told == ["linear-two update done"])
    #expect(run.of("linear-two")?.change.reasons == [.moved])
    #expect(world.web.log.isEmpty)
    #expect(world.lock.servers.mapValues(\.clientID) == ["linear-two": "client-1"])
    #expect(world.lock.orphans.isEmpty)
    #expect(world.folder.now.records.keys.sorted() == ["linear", "linear-two"])
    let record = world.folder.now.records["linear-two"]?.values.first
    #expect(record?.server == "linear-two")
    world.fate.forgetEffects()
    _ = try await world.apply()
    #expect(world.fate.effects.isEmpty)
  }

  @Test(
    "PlanAndApply#Actions: from registered to manual deletes the client, unless it is the same one; the reverse registers"
  )
  func manualAndBack() async throws {
    for clientID in ["mine", "client-1"] {
      let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
      var settings = OAuth2Settings()
      settings.clientID = clientID
      settings.authorizationEndpoint = "https://as.example/authorize"
      settings.tokenEndpoint = "https://as.example/token"
      let old = try #require(world.servers.first)
      var server = old
      server.mode = .manual(settings)
      world.servers = [server]
      #expect(try await world.apply().told == ["linear replace done"])
      #expect(world.lock.servers["linear"]?.clientID == clientID)
      #expect(world.web.alive.isEmpty == (clientID == "mine"))
      #expect(world.lock.orphans.isEmpty)
      world.servers = [old]
      #expect(try await world.apply().told == ["linear replace done"])
      #expect(world.lock.servers["linear"]?.clientID == "client-2")
    }
  }

  @Test("Reliability#Replacing-and-removing: a client whose import was interrupted is not deleted as an orphan")
  func importInterrupted() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    _ = try await world.custodian.forget(["linear"], isForced: false).get()
    var context = world.context
    context.resolve = { _ in Secret("secret-of-client-1-1") }
    var order = ImportOrder(server: "linear", clientID: "client-1")
    order.clientSecret = .env("S")
    world.fate.dieAfter(3)  // record, intent, registered
    _ = try? await Reconciler(context).importClient(order, confirm: { _ in true })
    world.fate.dieAfter(nil)
    #expect(world.folder.now.journal.events.count == 2)
    // The discovery of the server fails, so its entry is not written to the lock file yet.
    world.web.list("linear", "https://broken.example")
    world.web.change("https://broken.example") { $0.issuerInDocument = "https://elsewhere.example" }
    #expect(try await world.apply().told == ["linear blocked failed"])
    let results = try await world.custodian.deleteOrphans(OrphanSelection(targets: ["client-1"])).get()
    #expect(results.map(\.outcome) == [.kept])
    #expect(world.web.alive.map(\.client.id) == ["client-1"])
    world.web.list("linear", World.issuer)
    #expect(try await !world.apply().hasFailed)
    #expect(world.lock.servers["linear"]?.clientID == "client-1")
    #expect(world.web.alive.map(\.client.id) == ["client-1"])
  }
}
