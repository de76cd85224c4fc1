import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// `mcpauth secrets move`: copies from one store to another, also if it is killed after any effect.
@Suite struct SecretMoveTests {
  /// Three servers' records, one orphan's, two stored values. The record of the forgotten server stays.
  private func world() async throws -> World {
    let world = try await World(discovered("a"), discovered("b"), discovered("c"), at: ServerKind.managed).settled()
    _ = try await world.custodian.forget(["c"], isForced: false).get()
    world.servers.removeLast()
    world.folder.change { $0.stored = ["k1": Secret("first value"), "k2": Secret("second value")] }
    world.fate.forgetEffects()
    return world
  }

  private let age: SecretsSettings = {
    var settings = SecretsSettings()
    settings.store = .age
    return settings
  }()

  /// The content of a store, by name.
  private func held(_ folder: Folder) -> Set<String> {
    let now = folder.now
    return Set(
      now.records.flatMap { server, versions in versions.keys.map { "\(server).\($0)" } } + now.orphans.keys
        + now.stored.keys.filter { !$0.hasPrefix("mcpauth-move-probe-") })
  }

  private func secrets(_ contents: Folder.Contents) -> Folder.Contents {
    var contents = contents
    contents.lock = nil
    contents.journal = Journal()
    contents.notedLineage = nil
    return contents
  }

  @Test(
    "SecretStores#Moving-between-stores: everything is copied, read back, and only then removed from the old store; the next apply sends no request"
  )
  func move() async throws {
    let world = try await world()
    let before = world.folder.now
    let target = MemoryVault(Folder(fate: world.fate), name: "new")
    let moving = try await world.secretCustodian(other: target).move(age, isSource: false, removes: true)
    #expect(moving.problems.isEmpty)
    #expect([moving.records, moving.orphans, moving.stored, moving.alreadyThere] == [3, 1, 2, 0])
    #expect(moving.removes && moving.staying == 0)
    #expect(secrets(target.folder.now) == secrets(before))
    #expect(secrets(world.folder.now) == Folder.Contents())
    #expect(world.folder.now.lock == before.lock)
    let effects = world.fate.effects
    let lastPut = try #require(effects.lastIndex { $0.hasPrefix("put") })
    let firstTaken = try #require(effects.firstIndex { $0.hasPrefix("remove") && !$0.contains("probe") })
    #expect(lastPut < firstTaken)
    let again = try await world.secretCustodian(other: target).move(age, isSource: false, removes: true)
    #expect(again.total == 0 && again.problems.isEmpty)
    var context = world.context
    context.secrets = target
    let run = try await Reconciler(context).apply(PlanOptions(), allowMassChange: false, confirm: { _ in true })
    #expect(run?.told == ["a unchanged done", "b unchanged done"])
  }

  @Test("SecretStores#Moving-between-stores: everything stays in the old store, unless a user says otherwise")
  func copy() async throws {
    let world = try await world()
    let before = world.folder.now
    let target = MemoryVault(Folder(fate: world.fate), name: "new")
    let moving = try await world.secretCustodian(other: target).move(age, isSource: false, removes: false)
    #expect(moving.problems.isEmpty && moving.left.isEmpty)
    #expect([moving.records, moving.orphans, moving.stored, moving.alreadyThere] == [3, 1, 2, 0])
    #expect(!moving.removes && moving.staying == 6)
    #expect(secrets(target.folder.now) == secrets(before))
    #expect(world.folder.now == before)
    // Both inventories find their secrets.
    for store in [world.vault, target] {
      #expect(try await world.secretCustodian(store).check().isClean)
    }
    // Later, when the inventory names the new store.
    let custodian = world.secretCustodian(target, other: world.vault)
    let removing = try await custodian.move(age, isSource: true, removes: true)
    #expect(removing.problems.isEmpty && removing.alreadyThere == 6 && removing.staying == 0)
    #expect(secrets(target.folder.now) == secrets(before))
    #expect(secrets(world.folder.now) == Folder.Contents())
  }

  @Test("SecretStores#Moving-between-stores: values that other inventories share stay, even if all is to be removed")
  func shared() async throws {
    let world = try await world()
    world.servers.append(
      InventoryServer(
        name: "x", url: "https://x.example/mcp", mode: .apiKey(header: "X-Key", value: .stored("k1")),
        location: SourceLocation(file: "servers.yaml", line: 9, column: 3)))
    var source = world.vault
    source.sharesStored = true
    let target = MemoryVault(Folder(fate: world.fate), name: "new")
    let moving = try await world.secretCustodian(source, other: target).move(age, isSource: false, removes: true)
    #expect(moving.problems.isEmpty && moving.stored == 1 && moving.staying == 1)
    #expect(moving.left.map(\.code) == [.secretShared])
    #expect(Set(world.folder.now.stored.keys) == ["k1", "k2"])
    #expect(target.folder.now.stored.keys.sorted() == ["k1"])
  }

  @Test(
    "SecretStores#Moving-between-stores: killed after any effect, with either text of the inventory, each secret is in a store; a new move completes",
    arguments: [true, false], [true, false])
  func killed(isEditedMeanwhile: Bool, removes: Bool) async throws {
    for effects in 0...200 {
      let world = try await world()
      let all = held(world.folder)
      let contents = secrets(world.folder.now)
      let target = MemoryVault(Folder(fate: world.fate), name: "new")
      world.fate.dieAfter(effects)
      let first = try? await world.secretCustodian(other: target).move(age, isSource: false, removes: removes)
      let isOver = !world.fate.isDead
      world.fate.dieAfter(nil)
      #expect(held(world.folder).union(held(target.folder)) == all, "after \(effects)")
      if isOver { #expect(first?.problems.isEmpty == true) }
      let moving =
        isEditedMeanwhile
        ? try await world.secretCustodian(target, other: world.vault).move(age, isSource: true, removes: removes)
        : try await world.secretCustodian(other: target).move(age, isSource: false, removes: removes)
      #expect(moving.problems.isEmpty, "after \(effects)")
      #expect(secrets(target.folder.now) == contents, "after \(effects)")
      #expect(secrets(world.folder.now) == (removes ? Folder.Contents() : contents), "after \(effects)")
      if isOver {
        #expect(effects > (removes ? 10 : 6))
        return
      }
    }
    Issue.record("it never got to its end")
  }

  @Test(
    "SecretStores#Moving-between-stores: if both stores have a value, the store that the inventory names decides",
    arguments: [true, false])
  func lastWord(isTargetNamed: Bool) async throws {
    let world = try await world()
    let target = MemoryVault(Folder(fate: world.fate), name: "new")
    target.folder.change { $0.stored = ["k1": Secret("another value")] }
    let moving =
      isTargetNamed
      ? try await world.secretCustodian(target, other: world.vault).move(age, isSource: true, removes: true)
      : try await world.secretCustodian(other: target).move(age, isSource: false, removes: true)
    #expect(moving.problems.isEmpty)
    #expect(target.folder.now.stored["k1"]?.open() == (isTargetNamed ? "another value" : "first value"))
    #expect(target.folder.now.stored["k2"]?.open() == "second value")
  }

  @Test("SecretStores#Moving-between-stores: one version with two contents is refused, and nothing is removed")
  func differs() async throws {
    let world = try await world()
    let before = secrets(world.folder.now)
    let target = MemoryVault(Folder(fate: world.fate), name: "new")
    target.folder.change { contents in
      contents.records["a"] = before.records["a"]?.mapValues { record in
        var record = record
        record.clientSecret = Secret("somebody else's")
        return record
      }
    }
    let moving = try await world.secretCustodian(other: target).move(age, isSource: false, removes: true)
    #expect(moving.problems.map(\.code) == [.secretMismatch])
    #expect(secrets(world.folder.now) == before)
  }

  @Test(
    "SecretStores#Moving-between-stores: an unreadable store is refused before anything is written",
    arguments: [true, false])
  func unreadable(isTarget: Bool) async throws {
    let world = try await world()
    let before = world.folder.now
    let target = MemoryVault(Folder(fate: world.fate), name: "new", canRead: !isTarget)
    let source = MemoryVault(world.folder, canRead: isTarget)
    await expectRefusal(.secretUnreadable) {
      _ = try await world.secretCustodian(source, other: target).move(age, isSource: false, removes: true)
    }
    #expect(world.folder.now == before)
    #expect(target.folder.now == Folder.Contents())
    #expect(world.fate.effects.isEmpty)
  }

  @Test(
    "SecretStores#Moving-between-stores: two names of one store are refused, because the move would remove the verified copy"
  )
  func oneStore() async throws {
    let world = try await world()
    let before = world.folder.now
    await expectRefusal(.moveRefused) {
      let custodian = world.secretCustodian(other: MemoryVault(world.folder, name: "new"))
      _ = try await custodian.move(age, isSource: false, removes: true)
    }
    #expect(world.folder.now == before)
  }

  @Test("SecretStores#Records: a record of another lock file is not moved")
  func foreign() async throws {
    let world = try await world()
    world.folder.change { contents in
      guard var record = contents.records["a"]?.values.first else { return }
      record.lineage = "another"
      record.version = "v9"
      contents.records["a"]?["v9"] = record
    }
    let target = MemoryVault(Folder(fate: world.fate), name: "new")
    let moving = try await world.secretCustodian(other: target).move(age, isSource: false, removes: true)
    #expect(moving.problems.isEmpty)
    #expect(moving.left.map(\.code) == [.secretMismatch])
    #expect(world.folder.now.records["a"]?.keys.sorted() == ["v9"])
    #expect(target.folder.now.records["a"]?["v9"] == nil)
  }

  @Test(
    "Reliability#Recovery: what an interrupted run had begun is recovered first, from the store that has the record"
  )
  func recovers() async throws {
    let world = try await World(discovered("a"), at: ServerKind.managed).settled()
    world.servers.append(discovered("b"))
    let before = world.folder.now
    for effects in 1...50 where world.folder.now.records["b"] == nil {
      world.folder.now = before
      world.fate.dieAfter(effects)
      _ = try? await world.apply()
      world.fate.dieAfter(nil)
    }
    let record = try #require(world.folder.now.records["b"]?.values.first)
    #expect(world.lock.servers["b"] == nil)
    let target = MemoryVault(Folder(fate: world.fate), name: "new")
    let moving = try await world.secretCustodian(other: target).move(age, isSource: false, removes: true)
    #expect(moving.problems.isEmpty && moving.records == 2)
    #expect(target.folder.now.records["b"]?.values.first == record)
    world.web.forgetLog()
    var context = world.context
    context.secrets = target
    let run = try await Reconciler(context).apply(PlanOptions(), allowMassChange: false, confirm: { _ in true })
    #expect(run?.hasFailed == false)
    #expect(world.web.registrations == 0)
    #expect(world.lock.servers["b"]?.secretVersion == record.version)
    #expect(world.lock.orphans.isEmpty)
  }

  @Test("Reliability#Recovery: the records of a client that an interrupted run deleted are removed from both stores")
  func removesFromBoth() async throws {
    for effects in 0...50 {
      let world = try await world()
      let target = MemoryVault(Folder(fate: world.fate), name: "new")
      _ = try await world.secretCustodian(other: target).move(age, isSource: false, removes: false)
      world.servers.removeLast()
      world.fate.dieAfter(effects)
      _ = try? await world.apply()
      world.fate.dieAfter(nil)
      let isDeleted = world.folder.now.journal.events.contains { event in
        if case .settled(_, _, let clientID) = event { clientID == "client-2" } else { false }
      }
      guard isDeleted else { continue }
      #expect(world.folder.now.records["b"] != nil)
      _ = try await world.secretCustodian(other: target).move(age, isSource: false, removes: false)
      for folder in [world.folder, target.folder] {
        #expect(folder.now.records["b"] == nil)
        #expect(!folder.now.orphans.values.contains { $0.clientID == "client-2" })
      }
      return
    }
    Issue.record("the client was never deleted")
  }

  @Test("Reliability#Signals: after a signal nothing more is copied or removed, and this is reported once")
  func signal() async throws {
    let world = try await world()
    let before = secrets(world.folder.now)
    world.interrupt()
    let target = MemoryVault(Folder(fate: world.fate), name: "new")
    let moving = try await world.secretCustodian(other: target).move(age, isSource: false, removes: true)
    #expect(moving.problems.map(\.code) == [.interrupted])
    #expect(secrets(world.folder.now) == before)
  }
}
