import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// `mcpauth rotate`, from the plan to the lock.
@Suite struct RotationRunTests {
  private func rotate(_ world: World, _ names: String...) async throws -> RunResult {
    try await world.apply(allowMassChange: false) {
      $0.only = Set(names)
      $0.rotate = Set(names)
    }
  }

  @Test("Registration#Management: a managed client gets a new secret in place, and keeps its id")
  func inPlace() async throws {
    let world = try await World(discovered("linear"), discovered("notion"), at: ServerKind.managed).settled()
    world.web.change(World.issuer) { $0.rotatesSecret = true }
    let before = try #require(world.lock.servers["notion"])
    let run = try await rotate(world, "linear")
    #expect(run.told == ["linear update done"])
    #expect(run.of("linear")?.change.reasons == [.rotateRequested])
    let entry = try #require(world.lock.servers["linear"])
    #expect(entry.clientID == "client-1")
    #expect(
      world.folder.now.records["linear"]?[entry.secretVersion ?? ""]?.clientSecret == Secret("secret-of-client-1-2"))
    #expect(world.lock.servers["notion"] == before)
    #expect(world.web.log.allSatisfy { !$0.contains("notion") })
    #expect(try await world.apply().told == ["linear unchanged done", "notion unchanged done"])
  }

  @Test("Registration#Renewal: an update without a new secret is renewal-ineffective; the old one stays in use")
  func ineffective() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.web.change(World.issuer) { $0.rotatesToken = true }
    let run = try await rotate(world, "linear")
    #expect(run.codes == [.renewalIneffective])
    let entry = try #require(world.lock.servers["linear"])
    let record = try #require(world.folder.now.records["linear"]?[entry.secretVersion ?? ""])
    #expect(record.clientSecret == Secret("secret-of-client-1-1"))
    // The token in the answer is stored nevertheless.
    #expect(record.registrationAccessToken == Secret("token-of-client-1-2"))
  }

  @Test(
    "Reliability#Replacing-and-removing: an unmanaged client is replaced before the old one is given up, and the old one is listed"
  )
  func replaced() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    let run = try await rotate(world, "linear")
    #expect(run.told == ["linear replace done"])
    #expect(
      world.fate.effects == [
        "append intent", "POST https://as.example/register", "put linear", "append registered", "append orphaned",
        "writeLock", "emptyJournal",
      ])
    #expect(world.lock.servers["linear"]?.clientID == "client-2")
    #expect(world.lock.orphans.map(\.clientID) == ["client-1"])
  }

  @Test("PlanAndApply#Actions: rotate resolves a lost record, apply does not")
  func lostRecord() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.folder.change { $0.records = [:] }
    #expect(try await world.apply().codes == [.secretMissing])
    #expect(world.web.registrations == 0)
    #expect(try await rotate(world, "linear").told == ["linear replace done"])
    // The token to delete the old client is lost.
    #expect(world.lock.orphans.map(\.managed) == [false])
    #expect(try await world.apply().told == ["linear unchanged done"])
  }

  @Test("PlanAndApply#Actions: rotate resolves a record of another lineage, and does not change the record")
  func mismatch() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    let version = try #require(world.lock.servers["linear"]?.secretVersion)
    world.folder.change { $0.records["linear"]?[version]?.lineage = "another" }
    #expect(try await world.apply().codes == [.secretMismatch])
    #expect(try await rotate(world, "linear").told == ["linear replace done"])
    #expect(world.folder.now.records["linear"]?[version] != nil)
  }

  @Test("a server that returns the old client again: reported, and its client stays")
  func deduplicates() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    let before = world.lock
    world.web.change(World.issuer) {
      $0.answersWithFixedID = "client-1"
      $0.addition = JSONObject([.init("client_secret", "secret-of-client-1-1")])
    }
    #expect(try await rotate(world, "linear").codes == [.renewalIneffective])
    #expect(world.lock == before)
  }

  @Test(
    "Reliability#Recovery: killed at any effect of a rotation, no client is lost, and the next run continues",
    arguments: 0...8)
  func killed(_ effects: Int) async throws {
    let world = try await World(discovered("linear"), at: ServerKind.secret).settled()
    world.fate.dieAfter(effects)
    _ = try? await rotate(world, "linear")
    world.fate.dieAfter(nil)
    let next = try await world.apply { $0.retryUnknown = false }
    let known = Set(world.lock.servers.values.compactMap(\.clientID) + world.lock.orphans.compactMap(\.clientID))
    let isUnknown = world.lock.orphans.contains { $0.reason == .outcomeUnknown }
    #expect(Set(world.web.alive.map(\.client.id)).subtracting(known).isEmpty || isUnknown, "\(next.told)")
    #expect(world.web.registrations <= 1)
  }
}
