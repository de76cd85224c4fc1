import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// `mcpauth state move` (Reliability#Order-of-writes): the same client under another name, also when it is killed after any effect.
@Suite struct StateMoveTests {
  private func world(rename: Bool = true) async throws -> World {
    let world = try await World(discovered("linear"), discovered("notion"), at: ServerKind.managed).settled()
    if rename { world.rename("linear", to: "linear-eu") }
    return world
  }

  @Test(
    "Reliability#Order-of-writes: record under the new name, then the lock; the old record stays, and no request is sent"
  )
  func move() async throws {
    let world = try await world()
    let entry = try #require(world.lock.servers["linear"])
    let moved = try await world.custodian.move("linear", to: "linear-eu").get()
    #expect(moved.entry == entry)
    #expect(moved.isInInventory)
    #expect(
      world.fate.effects == [
        "put linear-eu", "append registered", "append removed", "writeLock", "emptyJournal",
      ])
    #expect(world.lock.servers["linear"] == nil)
    #expect(world.lock.servers["linear-eu"] == entry)
    #expect(world.folder.now.records["linear-eu"]?[entry.secretVersion ?? ""]?.server == "linear-eu")
    #expect(world.folder.now.records["linear"]?.count == 1)
    #expect(world.web.log.isEmpty)
    let run = try await world.apply()
    #expect(run.told == ["linear-eu unchanged done", "notion unchanged done"])
    #expect(world.web.log.isEmpty)
  }

  @Test("PlanAndApply#Commands: a server that cannot be moved is refused, and nothing is written")
  func refused() async throws {
    let world = try await world(rename: false)
    let before = world.folder.now
    await expectRefusal(.moveRefused) { _ = try await world.custodian.move("linear", to: "linear-eu") }
    world.rename("linear", to: "linear-eu")
    await expectRefusal(.moveRefused) { _ = try await world.custodian.move("linear", to: "notion") }
    guard case .failure(let problem) = try await world.custodian.move("liner", to: "linear-eu") else {
      Issue.record("moved what is not there")
      return
    }
    #expect(problem.help == ["did you mean 'linear'?"])
    #expect(world.folder.now == before)
  }

  @Test("SecretStores#Records: without its record nothing is moved: under the old name it would never be found again")
  func recordMissing() async throws {
    let world = try await world()
    world.folder.change { $0.records["linear"] = nil }
    let before = world.folder.now
    await expectRefusal(.secretMissing) { _ = try await world.custodian.move("linear", to: "linear-eu") }
    #expect(world.folder.now == before)
  }

  @Test("Reliability#Order-of-writes: an update without an answer is resolved under the old name first")
  func unsettled() async throws {
    let world = try await world(rename: false)
    world.web.change(World.issuer) { $0.replies["PUT"] = [.lost] }
    world.edit("linear") { $0.scopes = ["read"] }
    _ = try await world.apply()
    world.rename("linear", to: "linear-eu")
    await expectRefusal(.moveRefused) { _ = try await world.custodian.move("linear", to: "linear-eu") }
  }

  @Test("Reliability#Unknown-outcomes: an unknown outcome is moved too, and blocks the new name")
  func unknownOutcome() async throws {
    let world = try await world(rename: false)
    world.web.change(World.issuer) { $0.replies["POST /register"] = [.lost] }
    world.edit("linear") { $0.generation = 1 }
    _ = try await world.apply()
    #expect(world.lock.orphans.map(\.server) == ["linear"])
    world.rename("linear", to: "linear-eu")
    _ = try await world.custodian.move("linear", to: "linear-eu").get()
    #expect(world.lock.orphans.map(\.server) == ["linear-eu"])
    #expect(try await world.apply().codes == [.registrationOutcomeUnknown])
  }

  @Test(
    "Reliability#Order-of-writes: killed after any effect, the client is under one name with its record, and a second move completes"
  )
  func killed() async throws {
    var left = 0
    while true {
      let world = try await world()
      world.fate.dieAfter(left)
      _ = try? await world.custodian.move("linear", to: "linear-eu")
      let wasOver = !world.fate.isDead
      world.fate.dieAfter(nil)
      let again = try await world.custodian.move("linear", to: "linear-eu")
      if case .failure(let problem) = again { #expect(problem.message.contains("no server 'linear'"), "\(left)") }
      #expect(Set(world.lock.servers.keys) == ["linear-eu", "notion"], "\(left)")
      let run = try await world.apply()
      #expect(run.told == ["linear-eu unchanged done", "notion unchanged done"], "\(left)")
      #expect(world.web.log.isEmpty, "\(left)")
      #expect(world.lock.orphans.isEmpty, "\(left)")
      #expect(Set(world.folder.now.records.keys) == ["linear", "linear-eu", "notion"], "\(left)")
      #expect(world.folder.now.journal.events.isEmpty, "\(left)")
      if wasOver { break }
      left += 1
    }
    #expect(left >= 5)
  }

  @Test(
    "Reliability#Order-of-writes: killed after any effect, an apply instead of the second move keeps the client too")
  func killedThenApplied() async throws {
    for left in 1...5 {
      let world = try await world()
      world.fate.dieAfter(left)
      _ = try? await world.custodian.move("linear", to: "linear-eu")
      world.fate.dieAfter(nil)
      // Complete lines count as done. Before that the entry has the old name, and the inventory would decide.
      guard left > 1 else { continue }
      let run = try await world.apply()
      #expect(!run.hasFailed)
      #expect(world.web.registrations == 0, "\(left)")
      #expect(world.web.alive.count == 2, "\(left)")
      #expect(Set(world.lock.servers.keys) == ["linear-eu", "notion"], "\(left)")
      #expect(world.lock.orphans.isEmpty, "\(left)")
      #expect(Set(world.folder.now.records.keys) == ["linear", "linear-eu", "notion"], "\(left)")
    }
  }
}
