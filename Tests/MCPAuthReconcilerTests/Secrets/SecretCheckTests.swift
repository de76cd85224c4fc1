import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// `mcpauth secrets check`, `list`, `get`, `set` and `remove` over a store in memory.
@Suite struct SecretCheckTests {
  private func world() async throws -> World {
    try await World(discovered("a"), discovered("b"), at: ServerKind.managed).settled()
  }

  private func needing(_ key: String, _ name: String = "search") -> InventoryServer {
    InventoryServer(
      name: name, url: "https://search.example/mcp", mode: .apiKey(header: "X-Key", value: .stored(key)),
      location: SourceLocation(file: "servers.yaml", line: 20, column: 3),
      places: ["api_key.value": SourceLocation(file: "servers.yaml", line: 21, column: 5)])
  }

  @Test("SecretStores#Commands: everything is consistent; nothing is written")
  func clean() async throws {
    let world = try await world()
    world.servers.append(needing("k"))
    world.folder.change { $0.stored["k"] = Secret("value of k") }
    let before = world.folder.now
    let check = try await world.secretCustodian().check()
    #expect(check.isClean && check.notes.isEmpty, "\(check)")
    #expect([check.records, check.orphans, check.stored] == [2, 0, 1])
    #expect(world.folder.now == before)
  }

  @Test(
    "SecretStores#Commands: an entry without its record, or with another's, and a missing {stored} value are reported with their places"
  )
  func wrong() async throws {
    let world = try await world()
    world.servers.append(needing("k"))
    world.folder.change { contents in
      contents.records["a"] = nil
      contents.records["b"] = contents.records["b"]?.mapValues { record in
        var record = record
        record.clientID = "another"
        return record
      }
    }
    let check = try await world.secretCustodian().check()
    #expect(check.problems.map(\.code) == [.secretMissing, .secretMismatch, .secretMissing])
    #expect(check.problems.map { $0.location?.line } == [7, 7, 21])
    #expect(check.problems.last?.help == ["put it there: mcpauth secrets set k"])
  }

  @Test("SecretStores#Commands: an entry whose client has a secret, but that names no record, is an error")
  func unnamed() async throws {
    let world = try await world()
    world.folder.change { contents in
      guard var lock = contents.lock.flatMap({ try? LockCodec.decode($0, file: "") }) else { return }
      lock.servers["a"]?.client?.secretVersion = nil
      contents.lock = LockCodec.encode(lock)
    }
    let check = try await world.secretCustodian().check()
    #expect(check.problems.map(\.code) == [.secretMissing])
    #expect(check.unaccounted.isEmpty && check.kept == 1)
  }

  @Test(
    "SecretStores#Commands: records that this lock file does not name are counted in a note; those of another lineage are an error"
  )
  func unaccounted() async throws {
    let world = try await world()
    world.folder.change { contents in
      guard var record = contents.records["a"]?.values.first else { return }
      record.version = "old"
      contents.records["a"]?["old"] = record
      record.server = "gone"
      record.clientID = "nobody's"
      record.entry.client?.id = "nobody's"
      contents.records["gone"] = ["old": record]
      contents.orphans["x"] = record
      record.lineage = "another"
      contents.records["strange"] = ["old": record]
    }
    let check = try await world.secretCustodian().check()
    #expect(check.problems.isEmpty)
    #expect(check.unaccounted.map(\.code) == [.secretMismatch])
    #expect(check.unaccounted.first?.message.contains("'strange'") == true)
    #expect(check.kept == 3)
    #expect(check.notes.map(\.code) == [.recordsKept])
    #expect(check.notes.first?.help.first?.contains("mcpauth secrets prune") == true)
    world.folder.change { $0.records["strange"] = nil }
    #expect(try await world.secretCustodian().check().isClean)
  }

  @Test("SecretStores#Commands: a managed orphan's token exists, or is reported as lost")
  func orphans() async throws {
    let world = try await world()
    _ = try await world.custodian.forget(["b"], isForced: false).get()
    world.servers.removeLast()
    #expect(try await world.secretCustodian().check().isClean)
    world.folder.change { contents in
      contents.orphans = [:]
      contents.records["b"] = nil
    }
    let check = try await world.secretCustodian().check()
    #expect(check.problems.map(\.code) == [.secretMissing])
    #expect(check.problems.first?.help.last?.contains("mcpauth orphans forget b") == true)
  }

  @Test(
    "SecretStores#Records: without an identity the names are checked, and a message says that nothing was decrypted"
  )
  func unreadable() async throws {
    let world = try await world()
    world.servers.append(needing("k"))
    world.folder.change { $0.records["a"] = nil }
    let check = try await world.secretCustodian(MemoryVault(world.folder, canRead: false)).check()
    #expect(check.problems.map(\.code) == [.secretMissing, .secretMissing])
    #expect(check.notes.map(\.code) == [.secretUnreadable])
    #expect(check.notes.first?.message.hasPrefix("1 secrets were not opened") == true)
  }

  @Test("SecretStores#Commands: list decrypts nothing, and prints versions, use and the owners of orphans' records")
  func list() async throws {
    let world = try await world()
    world.servers.append(needing("k"))
    _ = try await world.custodian.forget(["b"], isForced: false).get()
    world.folder.change { contents in
      contents.stored["k"] = Secret("value of k")
      guard var record = contents.records["a"]?.values.first else { return }
      record.version = "0"
      contents.records["a"]?["0"] = record
      contents.orphans["x"] = record
    }
    let learnt = world.learnt.count
    let listing = try await world.secretCustodian(MemoryVault(world.folder, canRead: false)).list()
    let version = try #require(world.lock.servers["a"]?.secretVersion)
    #expect(listing.servers.map(\.name) == ["a", "b"])
    #expect(listing.servers.first?.versions == ["0", version])
    #expect(listing.servers.first?.used == version)
    #expect(listing.orphans.map { $0.orphan?.server } == ["b", nil])
    #expect(listing.stored.map(\.key) == ["k"])
    #expect(listing.stored.first?.uses.map(\.field) == ["api_key.value"])
    #expect(world.learnt.count == learnt)
  }

  @Test(
    "SecretStores#Commands: get prints the content of the lock's record, and nothing of a record that does not match the lock"
  )
  func get() async throws {
    let world = try await world()
    let record = try #require(world.folder.now.records["a"]?.values.first)
    let custodian = world.secretCustodian()
    let learnt = world.learnt.count
    #expect(try await custodian.get("a", .clientSecret).get().value == record.clientSecret)
    #expect(try await custodian.get("a", .clientID).get().value.open() == record.clientID)
    #expect(try await custodian.get("a", .registrationAccessToken).get().value == record.registrationAccessToken)
    #expect(try await custodian.get("a", .registrationClientURI).get().value.open() == record.registrationClientURI)
    for secret in [record.clientSecret, record.registrationAccessToken].compactMap({ $0 }) {
      #expect(world.learnt[learnt...].contains(secret))
    }
    guard case .failure(let problem) = try await custodian.get("aa", .clientSecret) else {
      Issue.record("found what is not there")
      return
    }
    #expect(problem.help == ["did you mean 'a'?"])
    world.folder.change { $0.records["a"]?[record.version]?.issuer = "https://other.example" }
    await expectRefusal(.secretMismatch) { _ = try await custodian.get("a", .clientSecret) }
    world.folder.change { $0.records["a"] = nil }
    await expectRefusal(.secretMissing) { _ = try await custodian.get("a", .clientSecret) }
  }

  @Test("SecretStores#Records: set reports whether it replaced a value; in CI a store that is not durable is refused")
  func set() async throws {
    let world = try await world()
    let custodian = world.secretCustodian()
    #expect(try await !custodian.set("k", Secret("first value")).isReplacing)
    #expect(try await custodian.set("k", Secret("second value")).isReplacing)
    #expect(try await custodian.getStored("k").open() == "second value")
    var context = world.context
    context.durability = Diagnostic(.error, .storeNotDurable, "this runs in CI")
    let inCI = SecretOperations(context, store: world.vault) { _ throws(Diagnostic) in world.vault }
    await expectRefusal(.storeNotDurable) { _ = try await inCI.set("k", Secret("third value")) }
    #expect(world.folder.now.stored["k"]?.open() == "second value")
  }

  @Test("SecretStores#Commands: remove lists where the value is still needed; a missing value is wrong usage")
  func remove() async throws {
    let world = try await world()
    world.servers.append(needing("k"))
    world.folder.change { $0.stored["k"] = Secret("value of k") }
    let custodian = world.secretCustodian()
    #expect(try await custodian.remove("k").get().uses.map(\.server) == ["search"])
    await expectRefusal(.secretMissing) { _ = try await custodian.getStored("k") }
    for key in ["k", "a"] {
      guard case .failure = try await custodian.remove(key) else {
        Issue.record("removed what is not there")
        continue
      }
    }
  }
}
