import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// Records that another lock file may name (SecretStores#When-a-record-is-removed).
@Suite struct KeptRecordTests {
  /// Whether the secrets of each entry of a lock can be read.
  private func opens(_ lock: Lock, _ world: World) async throws -> Bool {
    let store = MemorySecretStore(folder: world.folder)
    for (name, entry) in lock.servers where entry.secretVersion != nil {
      guard (try? await store.record(of: entry, named: name, lineage: lock.lineage)) != nil else { return false }
    }
    return true
  }

  @Test("an older lock can read its secrets after a replacement, a removal, a rotation and a move")
  func lockOfBefore() async throws {
    let servers = ["a", "b", "c", "d"].map { discovered($0) }
    let world = World(at: ServerKind.secret)
    world.servers = servers
    let before = try await world.settled().lock
    world.edit("a") { $0.client?.redirectURIs = ["https://coder.example/other/callback"] }
    world.servers = world.servers.filter { $0.name != "b" }
    world.servers = world.servers.map { server in
      var server = server
      if server.name == "d" {
        server.name = "d-two"
        server.movedFrom = "d"
      }
      return server
    }
    _ = try await world.apply { $0.rotate = ["c"] }
    #expect(Set(world.lock.servers.keys) == ["a", "c", "d-two"])
    #expect(try await opens(before, world))
    #expect(try await opens(world.lock, world))
    // With the other branch checked out nothing is registered, and nothing is blocked.
    let after = world.lock
    world.servers = servers
    world.folder.change { $0.lock = LockCodec.encode(before) }
    world.web.forgetLog()
    let run = try await world.apply()
    #expect(run.told == servers.map { "\($0.name) unchanged done" })
    #expect(world.web.registrations == 0)
    #expect(try await opens(after, world))
  }

  @Test("the records of a deleted client are removed: all versions and copies")
  func deleted() async throws {
    let world = World(discovered("linear"), at: ServerKind.managed)
    world.web.change(World.issuer) { $0.rotatesToken = true }
    _ = try await world.settled()
    _ = try await world.apply { $0.refresh = true }
    world.rename("linear", to: "line")
    _ = try await world.custodian.move("linear", to: "line").get()
    _ = try await world.apply { $0.refresh = true }
    #expect(world.folder.now.records.mapValues(\.count) == ["linear": 2, "line": 2])
    world.servers = [discovered("other")]
    _ = try await world.apply()
    #expect(world.web.alive.map(\.client.id) == ["client-2"])
    #expect(world.folder.now.records.keys.sorted() == ["other"])
    #expect(world.folder.now.orphans.isEmpty)
  }

  @Test("killed after a client was deleted, the next run removes its records: they are not adopted")
  func deletedAndKilled() async throws {
    var effects = 0
    while true {
      let world = try await World(discovered("a"), discovered("linear"), at: ServerKind.managed).settled()
      world.servers = [discovered("a")]
      world.fate.dieAfter(effects)
      _ = try? await world.apply()
      let wasOver = !world.fate.isDead
      world.fate.dieAfter(nil)
      _ = try await world.apply()
      #expect(world.web.alive.map(\.client.id) == ["client-1"], "\(effects)")
      #expect(world.folder.now.records.keys.sorted() == ["a"], "\(effects)")
      world.servers = [discovered("a"), discovered("linear")]
      #expect(try await world.apply().of("linear")?.change.reasons == [.new], "\(effects)")
      if wasOver { break }
      effects += 1
    }
    #expect(effects > 5)
  }

  @Test("of several records, the newest one whose client was not given up is adopted")
  func adoption() async throws {
    let world = try await World(discovered("a"), discovered("linear"), at: ServerKind.secret).settled()
    let first = world.lock
    for generation in 1...2 {
      world.clock.advance(3600)
      world.edit("linear") { $0.generation = generation }
      _ = try await world.apply()
    }
    let clients = world.lock.servers["linear"]?.clientID
    // A lock without these clients, and without orphans.
    world.folder.change { contents in
      contents.lock = LockCodec.encode(Lock(lineage: first.lineage, servers: first.servers.filter { $0.key == "a" }))
    }
    let newest = try await world.apply().of("linear")
    #expect(newest?.change.reasons.first == .recovered)
    #expect(world.lock.servers["linear"]?.clientID == clients)
    // The newest one is on the orphans list, so the one before is adopted.
    let orphans = [
      Orphan(
        server: "linear", issuer: World.issuer, clientID: clients, reason: .removed, since: world.clock.now,
        managed: false)
    ]
    world.folder.change { contents in
      contents.lock = LockCodec.encode(
        Lock(lineage: first.lineage, servers: first.servers.filter { $0.key == "a" }, orphans: orphans))
    }
    world.edit("linear") { $0.generation = 1 }
    world.web.forgetLog()
    _ = try await world.apply()
    #expect(world.web.registrations == 0)
    #expect(world.lock.servers["linear"]?.clientID == "client-3")
    #expect(world.lock.orphans == orphans)
  }

  @Test("killed while a client of the orphans list is imported, the next run keeps its record")
  func importedAndKilled() async throws {
    var effects = 0
    while true {
      let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
      _ = try await world.custodian.forget(["linear"], isForced: false).get()
      var context = world.context
      context.resolve = { _ in Secret("secret-of-client-1-1") }
      var order = ImportOrder(server: "linear", clientID: "client-1")
      order.clientSecret = .env("S")
      world.fate.dieAfter(effects)
      _ = try? await Reconciler(context).importClient(order, confirm: { _ in true })
      let wasOver = !world.fate.isDead
      world.fate.dieAfter(nil)
      let run = try await world.apply()
      #expect(run.codes.isEmpty, "\(effects)")
      #expect(try await opens(world.lock, world), "\(effects)")
      #expect(try await world.apply().told == ["linear unchanged done"], "\(effects)")
      if wasOver {
        #expect(world.lock.servers["linear"]?.clientID == "client-1")
        break
      }
      effects += 1
    }
    #expect(effects > 3)
  }

  @Test("other endpoints: the record is written again, and the old lock can still read the old one")
  func movedEndpoints() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    let before = world.lock
    world.web.change(World.issuer) { $0.tokenEndpoint = "https://as.example/v2/token" }
    let run = try await world.apply { $0.refresh = true }
    #expect(run.told == ["linear update done"])
    #expect(run.of("linear")?.change.reasons == [.endpointsChanged])
    #expect(world.lock.servers["linear"]?.tokenEndpoint == "https://as.example/v2/token")
    #expect(world.lock.servers["linear"]?.secretVersion != before.servers["linear"]?.secretVersion)
    #expect(try await opens(before, world))
    #expect(try await opens(world.lock, world))
    #expect(try await world.apply().told == ["linear unchanged done"])
    #expect(world.web.registrations == 0)
  }

  // MARK: secrets prune

  private func prune(_ world: World, _ answer: Bool? = true) async throws -> SecretPruneResult {
    guard let answer else { return try await world.secretCustodian().prune(confirm: nil) }
    return try await world.secretCustodian().prune { _ in answer }
  }

  @Test("prune lists records that no lock file names, and removes them after a confirmation; nothing else")
  func prune() async throws {
    let world = try await World(discovered("a"), discovered("linear"), at: ServerKind.secret).settled()
    let before = world.lock
    world.edit("linear") { $0.generation = 1 }
    _ = try await world.apply()
    let old = try #require(before.servers["linear"]?.secretVersion)
    // The record's client is on the orphans list, so the record may still be needed.
    #expect(try await prune(world, nil).unused.isEmpty)
    _ = try await world.custodian.forgetOrphans(OrphanSelection(targets: ["linear"])).get()
    #expect(world.folder.now.records["linear"]?[old] == nil, "a person gave it up")

    world.edit("linear") { $0.generation = 2 }
    _ = try await world.apply()
    world.folder.change { contents in
      guard var lock = contents.lock.flatMap({ try? LockCodec.decode($0, file: "") }) else { return }
      lock.orphans = []
      contents.lock = LockCodec.encode(lock)
    }
    let listed = try await prune(world, nil)
    #expect(listed.unused.map(\.clientID) == ["client-3"] && !listed.isRemoved)
    let all = world.folder.now
    #expect(try await !prune(world, false).isRemoved)
    #expect(world.folder.now == all)
    #expect(try await prune(world).isRemoved)
    #expect(world.folder.now.records["linear"]?.values.map(\.clientID) == ["client-4"])
    #expect(try await opens(world.lock, world))
    #expect(try await prune(world).unused.isEmpty)
  }

  @Test("prune keeps what a lock on another branch names, and lists these; an unreadable lock stops it")
  func pruneBranches() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    let main = world.folder.now.lock
    world.edit("linear") { $0.generation = 1 }
    _ = try await world.apply()
    world.folder.change { contents in
      guard var lock = contents.lock.flatMap({ try? LockCodec.decode($0, file: "") }) else { return }
      lock.orphans = []
      contents.lock = LockCodec.encode(lock)
      contents.branches = ["refs/heads/main": main ?? []]
    }
    let result = try await prune(world)
    #expect(result.unused.isEmpty)
    #expect(result.inUse.map(\.places) == [["refs/heads/main"]])
    #expect(world.folder.now.records["linear"]?.count == 2)
    world.folder.change { $0.branches["refs/heads/broken"] = Array("<<<<<<<".utf8) }
    await expectRefusal(.lockInvalid) { _ = try await prune(world) }
    world.folder.change { $0.branches = [:] }
    #expect(try await prune(world).unused.count == 1)
    #expect(world.folder.now.records["linear"]?.count == 1)
  }

  @Test(
    "Reliability#Recovery: killed at any effect, then pruned: the next apply still has every record that it needs",
    arguments: [false, true])
  func pruneAfterKill(isReplacing: Bool) async throws {
    for effects in 0...50 {
      let world = try await World(discovered("a"), at: ServerKind.managed).settled()
      world.servers.append(discovered("linear"))
      if isReplacing {
        _ = try await world.settled()
        world.edit("linear") { $0.generation = 1 }
        // The new entry is not confirmed by the one in the lock file.
        world.web.change(World.issuer) { $0.tokenEndpoint = "https://as.example/v2/token" }
      }
      let before = world.folder.now.lock
      world.fate.dieAfter(effects)
      _ = try? await world.apply()
      world.fate.dieAfter(nil)
      // After that, the lock file names the new record.
      if world.folder.now.lock != before {
        #expect(effects > 3)
        return
      }
      _ = try await prune(world)
      _ = try await world.apply()
      #expect(try await opens(world.lock, world), "\(effects)")
      let known = Set(world.lock.servers.values.compactMap(\.clientID))
      let unknown = world.lock.orphans.count { $0.reason == .outcomeUnknown }
      let unnamed = world.web.alive.count { !known.contains($0.client.id) }
      #expect(unnamed <= unknown, "\(effects)")
      #expect(world.lock.orphans.count == unknown, "\(effects): the old client can be deleted")
    }
    Issue.record("it never wrote the lock file")
  }

  @Test("without an identity nothing is pruned, because only the content of a record shows its owner")
  func pruneUnreadable() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    await expectRefusal(.secretUnreadable) {
      _ = try await world.secretCustodian(MemoryVault(world.folder, canRead: false)).prune(confirm: nil)
    }
  }
}
