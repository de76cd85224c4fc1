import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// `mcpauth import` (PlanAndApply#Commands).
@Suite struct ImportTests {
  private static let secret = SecretReference.env("S")
  private static let token = SecretReference.env("T")

  /// A client that was registered elsewhere. The references of these tests resolve to its secret and its token.
  private func addClient(
    _ world: World, id: String = "theirs", redirect: String = "https://coder.example/linear/callback"
  ) {
    let metadata = JSONObject([.init("redirect_uris", [.string(redirect)])])
    world.web.change(World.issuer) {
      $0.clients.append(FakeWeb.Client(id: id, secret: "value-1", token: "value-2", metadata: metadata))
    }
  }

  private func order(managed: Bool = false, _ configure: (inout ImportOrder) -> Void = { _ in }) -> ImportOrder {
    var order = ImportOrder(server: "linear", clientID: "theirs")
    order.clientSecret = Self.secret
    if managed {
      order.registrationClientURI = "https://as.example/register/theirs"
      order.registrationAccessToken = Self.token
    }
    configure(&order)
    return order
  }

  private func run(_ order: ImportOrder, _ world: World, answer: Bool = true) async throws -> RunResult? {
    var context = world.context
    context.resolve = { reference in Secret(reference == Self.secret ? "value-1" : "value-2") }
    return try await Reconciler(context).importClient(order, confirm: { _ in answer })
  }

  private func refusal(_ order: ImportOrder, _ world: World) async -> Diagnostic? {
    let before = world.folder.now
    let error = await #expect(throws: Diagnostic.self) { try await run(order, world) }
    #expect(world.folder.now == before)
    return error
  }

  @Test("Reliability#Order-of-writes: record, journal, lock, in this order; the next apply has no changes")
  func adopts() async throws {
    let world = World(discovered("linear"), at: ServerKind.secret)
    addClient(world)
    let result = try #require(try await run(order(), world))
    #expect(result.told == ["linear add done"] && !result.hasFailed)
    #expect(world.fate.effects == ["put linear", "append intent", "append registered", "writeLock", "emptyJournal"])
    let entry = try #require(world.lock.servers["linear"])
    #expect(entry.clientID == "theirs" && entry.mode == .discovered && entry.registration == .dcr)
    #expect(entry.client?.authMethod == .basic && !entry.isManaged)
    #expect(world.folder.now.records["linear"]?[entry.secretVersion ?? ""]?.clientSecret == Secret("value-1"))
    #expect(world.learnt.contains(Secret("value-1")))
    #expect(world.web.registrations == 0)
    #expect(try await world.apply().told == ["linear unchanged done"])
    #expect(try await world.apply { $0.refresh = true }.told == ["linear unchanged done"])
  }

  @Test(
    "Registration#Management: credentials that the token endpoint refuses are not imported, unless the check is switched off"
  )
  func dead() async throws {
    let world = World(discovered("linear"), at: ServerKind.secret)
    #expect(await refusal(order(), world)?.code == .registrationLost)
    #expect(try await run(order { $0.verifies = false }, world)?.told == ["linear add done"])
  }

  @Test("an inconclusive token endpoint is a warning")
  func cannotTell() async throws {
    let world = World(discovered("linear"), at: ServerKind.secret)
    world.web.change(World.issuer) { $0.replies["POST /token"] = [.answer(500, [:])] }
    let result = try await run(order(), world)
    #expect(result?.results.first?.change.warnings.map(\.code) == [.unusualAnswer])
    #expect(world.lock.servers["linear"]?.clientID == "theirs")
  }

  @Test("discovery is made, and its checks must pass: the pinned issuer, a server that cannot be reached")
  func discovery() async {
    let world = World(discovered("linear") { $0.issuer = "https://other.example" }, at: ServerKind.secret)
    addClient(world)
    let error = await refusal(order(), world)
    #expect(error?.code == .issuerMismatch)
    #expect(error?.location != nil)
    #expect(!world.web.log.contains { $0.hasSuffix("/token") })
  }

  @Test("Registration#Management: a managed client is read back, and the answer is stored")
  func managed() async throws {
    let world = World(discovered("linear"), at: ServerKind.managed)
    addClient(world)
    world.web.change(World.issuer) { $0.rotatesToken = true }
    #expect(try await run(order(managed: true), world)?.told == ["linear add done"])
    #expect(
      world.fate.effects == [
        "append intent", "GET https://as.example/register/theirs", "put linear", "append registered", "writeLock",
        "emptyJournal",
      ])
    let entry = try #require(world.lock.servers["linear"])
    #expect(entry.isManaged)
    let record = try #require(world.folder.now.records["linear"]?[entry.secretVersion ?? ""])
    #expect(record.registrationAccessToken == Secret("value-3"))
    world.edit("linear") { $0.scopes = ["read"] }
    #expect(try await world.apply().told == ["linear update done"])
  }

  @Test("Registration#Strategies: a management URI at another origin is refused before anything is sent to it")
  func foreignManagement() async {
    let world = World(discovered("linear"), at: ServerKind.managed)
    addClient(world)
    let order = order(managed: true) { $0.registrationClientURI = "https://evil.example/register/theirs" }
    #expect(await refusal(order, world)?.code == .invalidURL)
    #expect(!world.web.log.contains { $0.contains("evil") })
  }

  @Test("a token that does not belong to the client is refused, and nothing stays open")
  func wrongToken() async throws {
    let world = World(discovered("linear"), at: ServerKind.managed)
    addClient(world)
    world.web.change(World.issuer) { $0.clients[0].token = "another" }
    await #expect(throws: Diagnostic.self) { try await run(order(managed: true), world) }
    #expect(world.lock.servers.isEmpty)
    #expect(try await world.apply().told == ["linear register done"])
  }

  @Test(
    "Registration#Management: a client with wrong metadata is refused, and a new token from its read is stored")
  func altered() async throws {
    let world = World(discovered("linear"), at: ServerKind.managed)
    addClient(world, redirect: "https://elsewhere.example/callback")
    world.web.change(World.issuer) { $0.rotatesToken = true }
    let error = await #expect(throws: Diagnostic.self) { try await run(order(managed: true), world) }
    #expect(error?.code == .registrationAltered)
    let record = try #require(world.folder.now.records["linear"]?.values.first)
    #expect(record.registrationAccessToken == Secret("value-3"))
    #expect(error?.notes.contains { $0.contains("linear.\(record.version)") } == true)
    // The record is not adopted automatically.
    #expect(try await world.apply().told == ["linear register done"])
    #expect(world.folder.now.records["linear"]?[record.version] != nil)
  }

  @Test("PlanAndApply#Lock-file: the existing other client is listed as replaced; its token stays in the store")
  func replaces() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    addClient(world)
    #expect(try await run(order(), world)?.told == ["linear replace done"])
    #expect(world.lock.servers["linear"]?.clientID == "theirs")
    let orphan = try #require(world.lock.orphans.first)
    #expect(orphan.clientID == "client-1" && orphan.reason == .replaced && orphan.managed)
    #expect(world.folder.now.orphans.count == 1)
    #expect(world.folder.now.records["linear"]?.count == 2)
    // The next apply deletes the client.
    _ = try await world.apply()
    #expect(world.lock.orphans.isEmpty)
    #expect(world.web.alive.map(\.client.id) == ["theirs"])
    #expect(world.folder.now.records["linear"]?.count == 1)
  }

  @Test("a new secret of the same client: no orphan, and the management is kept")
  func sameClient() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.web.change(World.issuer) { $0.clients[0].secret = "value-1" }
    let result = try await run(order { $0.clientID = "client-1" }, world)
    #expect(result?.told == ["linear update done"])
    #expect(world.lock.orphans.isEmpty)
    let entry = try #require(world.lock.servers["linear"])
    #expect(entry.isManaged)
    let record = try #require(world.folder.now.records["linear"]?[entry.secretVersion ?? ""])
    #expect(record.clientSecret == Secret("value-1"))
    #expect(record.registrationAccessToken == Secret("token-of-client-1-1"))
    #expect(world.folder.now.records["linear"]?.count == 2)
  }

  @Test("PlanAndApply#Commands: import resolves a lost record")
  func lostRecord() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    world.folder.change { $0.records = [:] }
    world.web.change(World.issuer) { $0.clients[0].secret = "value-1" }
    #expect(try await world.apply().codes == [.secretMissing])
    #expect(try await run(order { $0.clientID = "client-1" }, world)?.told == ["linear update done"])
    #expect(try await world.apply().told == ["linear unchanged done"])
  }

  @Test("Reliability#Unknown-outcomes: import resolves an unknown outcome of the server")
  func unknownOutcome() async throws {
    let world = World(discovered("linear"), at: ServerKind.secret)
    world.web.change(World.issuer) { $0.replies["POST /register"] = [.lost] }
    #expect(try await world.apply().codes == [.registrationOutcomeUnknown])
    #expect(try await world.apply().codes == [.registrationOutcomeUnknown])
    world.web.change(World.issuer) { $0.clients[0].secret = "value-1" }
    #expect(try await run(order { $0.clientID = "client-1" }, world)?.told == ["linear add done"])
    #expect(world.lock.orphans.isEmpty)
    #expect(try await world.apply().told == ["linear unchanged done"])
  }

  @Test("an imported client is removed from the orphans list, and is not deleted any more")
  func orphan() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.web.change(World.issuer) {
      $0.replies["DELETE"] = [.answer(500, [:])]
      $0.clients[0].secret = "value-1"
    }
    world.edit("linear") { $0.generation = 1 }
    _ = try await world.apply()
    #expect(world.lock.orphans.map(\.clientID) == ["client-1"])
    world.edit("linear") { $0.generation = 0 }
    _ = try await run(order { $0.clientID = "client-1" }, world)
    #expect(world.lock.servers["linear"]?.clientID == "client-1")
    #expect(world.lock.orphans.map(\.clientID) == ["client-2"])
    _ = try await world.apply()
    #expect(world.web.alive.map(\.client.id) == ["client-1"])
  }

  @Test("nothing is done without a confirmation, or if nothing can be stored")
  func unconfirmed() async throws {
    let world = World(discovered("linear"), at: ServerKind.secret)
    addClient(world)
    #expect(try await run(order(), world, answer: false) == nil)
    #expect(world.fate.effects.isEmpty)
    var context = world.context
    context.durability = Diagnostic(.error, .storeNotDurable, "x")
    await #expect(throws: Diagnostic.self) {
      try await Reconciler(context).importClient(order(), confirm: { _ in true })
    }
    #expect(world.fate.effects.isEmpty)
  }

  @Test(
    "Reliability#Recovery: killed at any effect, the next runs have the imported client, or import again",
    arguments: 0...9)
  func killed(_ effects: Int) async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    addClient(world)
    world.fate.dieAfter(effects)
    _ = try? await run(order(managed: true), world)
    world.fate.dieAfter(nil)
    _ = try await run(order(managed: true), world)
    #expect(world.lock.servers["linear"]?.clientID == "theirs")
    _ = try await world.apply()
    #expect(try await world.apply().told == ["linear unchanged done"])
    #expect(world.web.alive.map(\.client.id) == ["theirs"])
    #expect(world.folder.now.records["linear"]?.values.allSatisfy { $0.clientID == "theirs" } == true)
    #expect(world.folder.now.orphans.isEmpty)
  }
}
