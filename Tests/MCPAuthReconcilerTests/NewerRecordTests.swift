import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// The lock file names an older record of a client: another branch has changed the client in place since
/// (SecretStores#When-a-record-is-removed).
@Suite struct NewerRecordTests {
  /// Token and secret of the lock's record are refused. The store has the newer record.
  private func world() async throws -> World {
    let world = World(discovered("linear"), at: ServerKind.managed)
    world.web.change(World.issuer) {
      $0.rotatesToken = true
      $0.rotatesSecret = true
    }
    _ = try await world.settled()
    let older = world.folder.now.lock
    world.clock.advance(60)
    #expect(try await world.apply { $0.rotate = ["linear"] }.told == ["linear update done"])
    world.folder.change { $0.lock = older }
    world.clock.advance(60)
    world.web.forgetLog()
    return world
  }

  private func record(_ world: World) throws -> SecretRecord {
    let version = try #require(world.lock.servers["linear"]?.secretVersion)
    return try #require(world.folder.now.records["linear"]?[version])
  }

  @Test("apply --refresh keeps the client, and the lock names a record that the server accepts")
  func refresh() async throws {
    let world = try await world()
    let records = try #require(world.folder.now.records["linear"]?.keys)
    #expect(try await world.apply { $0.refresh = true }.told == ["linear unchanged done"])
    #expect(world.web.registrations == 0)
    let client = try #require(world.web.alive.first?.client)
    #expect(try record(world).registrationAccessToken?.open() == client.token)
    #expect(try record(world).clientSecret?.open() == client.secret)
    #expect(Set(records).isSubset(of: Set(world.folder.now.records["linear"].map { Array($0.keys) } ?? [])))
  }

  @Test("a read that changes nothing: the lock names the newer record itself")
  func refreshUnchanged() async throws {
    let world = try await world()
    world.web.change(World.issuer) { $0.rotatesToken = false }
    #expect(try await world.apply { $0.refresh = true }.told == ["linear unchanged done"])
    #expect(world.folder.now.records["linear"]?.count == 2)
    #expect(try record(world).registrationAccessToken?.open() == world.web.alive.first?.client.token)
    #expect(world.folder.now.journal.events.isEmpty)
  }

  @Test("a read, and then a change without a request: the journal has lines for both, and is emptied")
  func refreshThenWrite() async throws {
    let world = try await world()
    world.web.change(World.issuer) { $0.rotatesToken = false }
    world.servers = world.servers.map { server in
      var server = server
      server.protect = true
      return server
    }
    let run = try await world.apply { $0.refresh = true }
    #expect(!run.hasFailed && run.error == nil)
    #expect(world.lock.servers["linear"]?.protect == true)
    #expect(try record(world).registrationAccessToken?.open() == world.web.alive.first?.client.token)
    #expect(world.folder.now.journal.events.isEmpty)
  }

  @Test("an update is made with the newer token")
  func update() async throws {
    let world = try await world()
    world.edit("linear") { $0.scopes = ["read"] }
    #expect(try await world.apply().told == ["linear update done"])
    #expect(world.web.alive.map(\.client.id) == ["client-1"])
    #expect(try record(world).clientSecret?.open() == world.web.alive.first?.client.secret)
  }

  @Test("a removed server: the client is deleted with the newer token, and all its records are removed")
  func removal() async throws {
    let world = try await world()
    world.servers = [discovered("other")]
    _ = try await world.apply()
    #expect(world.web.alive.map(\.client.id) == ["client-2"])
    #expect(world.lock.orphans.isEmpty)
    #expect(world.folder.now.records.keys.sorted() == ["other"])
    #expect(world.folder.now.orphans.isEmpty)
  }

  @Test("no token is accepted, and the newer secret is: the client is kept, and the lock names that record")
  func managementLost() async throws {
    let world = try await world()
    world.web.change(World.issuer) { $0.clients[0].token = "another" }
    let run = try await world.apply { $0.refresh = true }
    #expect(run.told == ["linear unchanged done"])
    #expect(run.of("linear")?.change.warnings.map(\.code) == [.managementLost])
    #expect(try record(world).clientSecret?.open() == world.web.alive.first?.client.secret)
    #expect(world.lock.servers["linear"]?.isManaged == false)
  }

  @Test("every secret is refused: the client is lost, and the records whose secrets were refused are removed")
  func lost() async throws {
    let world = try await world()
    world.web.change(World.issuer) { $0.clients[0].isAlive = false }
    #expect(try await world.apply { $0.refresh = true }.told == ["linear replace done"])
    #expect(world.folder.now.records["linear"]?.values.map(\.clientID) == ["client-2"])
    #expect(world.lock.orphans.isEmpty)
  }

  @Test("the token endpoint does not tell: the client is kept, and every record too")
  func unknown() async throws {
    let world = try await world()
    world.web.change(World.issuer) {
      $0.clients[0].token = "another"
      $0.replies["POST /token"] = [.answer(503, [:])]
    }
    let before = world.folder.now
    #expect(try await world.apply { $0.refresh = true }.codes == [.unreachable])
    #expect(world.folder.now == before)
  }

  @Test("a lost client is replaced by a later run: a record that came to the store since, and is accepted, stays")
  func acceptedSince() async throws {
    let world = try await world()
    let newer = try #require(world.folder.now.records["linear"]?.values.max { $0.sortTime < $1.sortTime })
    world.folder.change { $0.records["linear"]?[newer.version] = nil }
    world.edit("linear") { $0.scopes = ["read"] }
    #expect(try await world.apply().codes == [.registrationLost])
    world.folder.change { $0.records["linear"]?[newer.version] = newer }
    #expect(try await world.apply().told == ["linear replace done"])
    let clients = world.folder.now.records["linear"]?.values.map(\.clientID).sorted()
    #expect(clients == ["client-1", "client-2"])
    #expect(world.folder.now.records["linear"]?[newer.version] == newer)
  }
}
