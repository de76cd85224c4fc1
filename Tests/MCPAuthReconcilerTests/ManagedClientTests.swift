import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// Clients that are read, updated and renewed in place (RFC 7592).
@Suite struct ManagedClientTests {
  @Test("Registration#Management: a changed scope is updated in place; rotated token and secret are stored")
  func update() async throws {
    let world = World(discovered("linear"), at: ServerKind.managed)
    world.web.change(World.issuer) {
      $0.rotatesToken = true
      $0.rotatesSecret = true
    }
    _ = try await world.settled()
    world.edit("linear") { $0.scopes = ["read"] }
    let run = try await world.apply()
    #expect(run.told == ["linear update done"])
    #expect(
      world.fate.effects == [
        "append intent", "PUT https://as.example/register/client-1", "put linear", "append registered", "writeLock",
        "emptyJournal",
      ])
    let entry = try #require(world.lock.servers["linear"])
    let record = try #require(world.folder.now.records["linear"]?[entry.secretVersion ?? ""])
    #expect(record.clientSecret == Secret("secret-of-client-1-2"))
    #expect(record.registrationAccessToken == Secret("token-of-client-1-2"))
    #expect(entry.client?.scopes == ["read"])
    #expect(try await world.apply().told == ["linear unchanged done"])
  }

  @Test("Registration#Management: a refused update changes nothing")
  func updateRefused() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    let before = world.folder.now
    world.web.change(World.issuer) { $0.replies["PUT"] = [.answer(400, ["error": "invalid_client_metadata"])] }
    world.edit("linear") { $0.scopes = ["read"] }
    #expect(try await world.apply().codes == [.updateRejected])
    #expect(world.folder.now == before)
  }

  @Test("Registration#Management: a server error does not mean that the client is gone: the client is kept")
  func updateUnreachable() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.web.change(World.issuer) { $0.replies["PUT"] = [.answer(502, [:])] }
    world.edit("linear") { $0.scopes = ["read"] }
    #expect(try await world.apply().codes == [.unreachable])
    #expect(try await world.apply().told == ["linear update done"])
  }

  @Test("Reliability#Order-of-writes: an update without an answer is resolved by the next apply")
  func updateUnknown() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.web.change(World.issuer) { $0.replies["PUT"] = [.lost] }
    world.edit("linear") { $0.scopes = ["read"] }
    #expect(try await world.apply().codes == [.updateOutcomeUnknown])
    #expect(world.folder.now.journal.events.count == 1)
    #expect(try await world.apply().told == ["linear update done"])
    #expect(world.folder.now.journal.events.isEmpty)
    #expect(world.web.registrations == 0)
  }

  @Test(
    "Registration#Management: the token endpoint distinguishes a dead client from a stale token: a dead client is replaced by the next apply"
  )
  func lost() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.web.change(World.issuer) { $0.clients[0].isAlive = false }
    world.edit("linear") { $0.scopes = ["read"] }
    let run = try await world.apply()
    #expect(run.codes == [.registrationLost])
    #expect(world.lock.servers["linear"]?.isLost == true)
    let next = try await world.apply()
    #expect(next.told == ["linear replace done"])
    #expect(next.of("linear")?.change.reasons.contains(.registrationLost) == true)
    #expect(world.lock.servers["linear"]?.isLost == false)
    #expect(world.lock.orphans.isEmpty)
  }

  @Test("Registration#Management: registration or token gone: a working client is kept, and is no longer managed")
  func managementLost() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    world.web.change(World.issuer) { $0.clients[0].token = "another" }
    let run = try await world.apply { $0.refresh = true }
    #expect(run.told == ["linear unchanged done"])
    #expect(run.of("linear")?.change.warnings.map(\.code) == [.managementLost])
    let entry = try #require(world.lock.servers["linear"])
    #expect(entry.clientID == "client-1")
    #expect(!entry.isManaged)
    #expect(try await world.apply { $0.refresh = true }.told == ["linear unchanged done"])
  }

  @Test(
    "Registration#Management: apply --refresh reads managed clients back, and stores rotated credentials; plan never does"
  )
  func readBack() async throws {
    let world = World(discovered("linear"), at: ServerKind.managed)
    world.web.change(World.issuer) { $0.rotatesToken = true }
    _ = try await world.settled()
    _ = try await world.plan { $0.refresh = true }
    #expect(!world.web.log.contains("GET https://as.example/register/client-1"))
    #expect(try await world.apply { $0.refresh = true }.told == ["linear unchanged done"])
    let version = try #require(world.lock.servers["linear"]?.secretVersion)
    let record = world.folder.now.records["linear"]?[version]
    #expect(record?.registrationAccessToken == Secret("token-of-client-1-2"))
    #expect(world.folder.now.records["linear"]?.count == 2, "an earlier lock file names the first")
  }

  @Test("PlanAndApply#Lock-file: a refresh that finds nothing new leaves lock and records unchanged")
  func readBackNothing() async throws {
    let world = try await World(discovered("linear"), at: ServerKind.managed).settled()
    let before = world.folder.now
    #expect(try await world.apply { $0.refresh = true }.told == ["linear unchanged done"])
    #expect(world.folder.now == before)
    #expect(!world.fate.effects.contains("writeLock"))
  }

  @Test(
    "Registration#Renewal: a secret near its end is renewed: in place if managed, else by a new client",
    arguments: [true, false])
  func renewal(isManaged: Bool) async throws {
    let world = World(discovered("linear"), at: ServerKind.secret)
    world.web.change(World.issuer) {
      $0.secretLife = 90 * 86_400
      $0.isManaged = isManaged
      $0.rotatesSecret = true
    }
    _ = try await world.settled()
    world.clock.advance(80 * 86_400)
    #expect(try await world.apply().told == ["linear unchanged done"])
    world.clock.advance(4 * 86_400)
    let run = try await world.apply(allowMassChange: false)
    #expect(run.told == [isManaged ? "linear update done" : "linear replace done"])
    #expect(run.of("linear")?.change.reasons == [.secretExpiring])
    #expect(world.lock.servers["linear"]?.secretExpiresAt?.seconds == world.clock.now.seconds + 90 * 86_400)
    #expect(try await world.apply().told == ["linear unchanged done"])
  }

  @Test(
    "Reliability#Bad-circumstances: a clock that is wrong by more than an hour is reported, and nothing is renewed",
    arguments: [true, false])
  func wrongClock(isManaged: Bool) async throws {
    let world = World(discovered("linear"), at: ServerKind.secret)
    world.web.change(World.issuer) {
      $0.secretLife = 90 * 86_400
      $0.isManaged = isManaged
      $0.rotatesSecret = true
    }
    world.web.say(date: "Fri, 15 Jan 2027 08:59:00 GMT")  // the clock of the test starts at 08:00
    #expect(try await world.settled().plan().warnings.isEmpty)
    world.clock.advance(84 * 86_400)
    let asked = world.web.registrations
    let run = try await world.apply()
    #expect(run.told == ["linear unchanged done"])
    #expect(run.plan.warnings.map(\.code) == [.clockWrong])
    #expect(run.of("linear")?.change.warnings.map(\.code) == [.clockWrong])
    #expect(world.web.registrations == asked)
    #expect(!world.web.log.contains { $0.hasPrefix("PUT ") })
    // A single server with a wrong clock proves nothing about the local clock.
    world.web.say(date: nil)
    #expect(try await world.apply().told == [isManaged ? "linear update done" : "linear replace done"])
  }

  @Test(
    "Registration#Renewal: a renewed secret that is not newer is renewal-ineffective, and its new client is given up"
  )
  func renewalIneffective() async throws {
    let world = World(discovered("linear"), at: ServerKind.secret)
    let end = world.clock.now.seconds + 90 * 86_400
    world.web.change(World.issuer) {
      $0.secretLife = 90 * 86_400
      $0.addition = JSONObject([.init("client_secret_expires_at", .number(String(end)))])
    }
    _ = try await world.settled()
    world.clock.advance(85 * 86_400)
    #expect(try await world.apply().codes == [.renewalIneffective])
    #expect(world.lock.servers["linear"]?.clientID == "client-1")
    #expect(world.lock.orphans.map(\.clientID) == ["client-2"])
  }
}
