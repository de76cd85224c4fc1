import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// Registration, from the intent to the lock file.
@Suite struct RegistrationRunTests {
  @Test("Reliability#Order-of-writes: intent, POST, record, registered, lock, empty journal, in this order")
  func order() async throws {
    let world = World(discovered("linear"), at: ServerKind.secret)
    let run = try await world.apply()
    #expect(run.told == ["linear register done"])
    #expect(
      world.fate.effects == [
        "append intent", "POST https://as.example/register", "put linear", "append registered", "writeLock",
        "emptyJournal",
      ])
    let entry = try #require(world.lock.servers["linear"])
    #expect(entry.clientID == "client-1")
    #expect(entry.client?.authMethod == .basic)
    #expect(entry.secretVersion == "id-2")
    #expect(!world.learnt.isEmpty && world.learnt.allSatisfy { $0 == Secret("secret-of-client-1-1") })
  }

  @Test("PlanAndApply#Commands: a second apply sends nothing and writes nothing")
  func quiet() async throws {
    let world = try await World(discovered("linear"), discovered("notion"), at: ServerKind.managed).settled()
    let before = world.folder.now
    let run = try await world.apply()
    #expect(run.told == ["linear unchanged done", "notion unchanged done"])
    #expect(world.web.log.isEmpty)
    #expect(world.fate.effects.isEmpty)
    #expect(world.folder.now == before)
  }

  @Test("SecretStores#Records: for a public client without management there is no secret record")
  func publicClient() async throws {
    let world = World(discovered("linear"))
    _ = try await world.apply()
    #expect(world.lock.servers["linear"]?.secretVersion == nil)
    #expect(world.folder.now.records.isEmpty)
  }

  @Test("PlanAndApply#Commands: plan registers nothing and writes nothing")
  func planOnly() async throws {
    let world = World(discovered("linear"))
    let plan = try await world.plan()
    #expect(plan.changes.map(\.action) == [.register])
    #expect(world.fate.effects.isEmpty)
    #expect(world.web.registrations == 0)
    #expect(world.folder.now == Folder.Contents())
  }

  @Test("Reliability#Order-of-writes: a definite refusal leaves nothing open, and the next apply tries again")
  func refused() async throws {
    let world = World(
      discovered("linear"), discovered("notion"),
      at: { $0.replies["POST /register"] = [.answer(400, ["error": "invalid_redirect_uri"])] })
    let run = try await world.apply()
    #expect(run.told == ["linear register failed", "notion register done"])
    #expect(run.codes == [.redirectURIRejected])
    #expect(run.of("linear")?.error?.location?.line == 7)
    #expect(world.lock.orphans.isEmpty)
    #expect(world.folder.now.journal.events.isEmpty)
    #expect(try await world.apply().told == ["linear register done", "notion unchanged done"])
  }

  @Test("Reliability#Order-of-writes: nothing was sent: a new attempt is safe")
  func notSent() async throws {
    let world = World(discovered("linear"), at: { $0.replies["POST /register"] = [.notSent] })
    #expect(try await world.apply().codes == [.unreachable])
    #expect(world.lock.orphans.isEmpty)
    #expect(try await world.apply().told == ["linear register done"])
  }

  @Test(
    "Reliability#Order-of-writes: a missing answer blocks the server, until --retry-unknown",
    arguments: [FakeWeb.Reply.lost, .answer(500, [:]), .answer(200, [:])])
  func unknown(_ reply: FakeWeb.Reply) async throws {
    let world = World(discovered("linear"), at: { $0.replies["POST /register"] = [reply] })
    let first = try await world.apply()
    #expect(first.codes == [.registrationOutcomeUnknown])
    #expect(first.hasFailed)
    let line = try #require(world.lock.orphans.first)
    #expect(line.reason == .outcomeUnknown)
    #expect(line.clientID == nil)
    #expect(line.issuer == World.issuer)
    #expect(!line.retried)
    let again = try await world.apply()
    #expect(again.told == ["linear blocked failed"])
    #expect(world.web.registrations == 1)
    let retried = try await world.apply { $0.retryUnknown = true }
    #expect(retried.told == ["linear register done"])
    // The orphan stays because the client may still exist, but it does not block any more.
    #expect(world.lock.orphans.map(\.retried) == [true])
    #expect(try await world.apply().told == ["linear unchanged done"])
    #expect(world.web.registrations == 2)
  }

  @Test(
    "Discovery#Requests: after an unknown outcome no other registration begins at that issuer; other issuers continue"
  )
  func unknownStopsIssuer() async throws {
    let world = World(discovered("a"), discovered("b"), discovered("c"), at: { $0.replies["POST /register"] = [.lost] })
    world.web.list("c", "https://other.example")
    let run = try await world.apply()
    #expect(run.told == ["a register failed", "b register skipped", "c register done"])
    #expect(run.codes == [.registrationOutcomeUnknown, .skipped])
    #expect(world.lock.orphans.map(\.server) == ["a"])
    #expect(try await world.apply().told == ["a blocked failed", "b register done", "c unchanged done"])
  }

  @Test("Registration#Strategies: after a 429 the run waits; each attempt has its own intent")
  func rateLimited() async throws {
    let limit = FakeWeb.Reply.answer(429, [:], [HTTPField("Retry-After", "20")])
    let world = World(discovered("linear"), at: { $0.replies["POST /register"] = [limit, limit] })
    #expect(try await world.apply().told == ["linear register done"])
    #expect(world.pauses == [.seconds(20), .seconds(20)])
    #expect(world.fate.effects.count { $0 == "append intent" } == 3)
    #expect(world.fate.effects.count { $0 == "append failed" } == 2)
  }

  @Test("Registration#Strategies: 60 s of waiting in total, then no other registration at that issuer")
  func rateLimitedTooLong() async throws {
    let limit = FakeWeb.Reply.answer(429, [:], [HTTPField("Retry-After", "40")])
    let world = World(
      discovered("a"), discovered("b"), at: { $0.replies["POST /register"] = [limit, limit, limit, limit] })
    let run = try await world.apply()
    #expect(run.told == ["a register failed", "b register skipped"])
    #expect(run.codes == [.rateLimited, .skipped])
    #expect(world.pauses == [.seconds(40)])
    #expect(world.lock.orphans.isEmpty)
  }

  @Test("Registration#Strategies: a longer wait is reported at once")
  func rateLimitedAtOnce() async throws {
    let world = World(
      discovered("a"), at: { $0.replies["POST /register"] = [.answer(429, [:], [HTTPField("Retry-After", "90")])] })
    #expect(try await world.apply().codes == [.rateLimited])
    #expect(world.pauses.isEmpty)
  }

  @Test("Registration#Strategies: a client that fails a check of mcpauth is deleted if possible")
  func abandonedManaged() async throws {
    let world = World(
      discovered("linear"),
      at: {
        $0.isManaged = true
        $0.addition = JSONObject([.init("redirect_uris", ["https://evil.example/"])])
      })
    let run = try await world.apply()
    #expect(run.codes == [.registrationAltered])
    #expect(world.web.alive.isEmpty)
    #expect(world.lock.orphans.isEmpty)
    #expect(world.folder.now.orphans.isEmpty)
  }

  @Test("Registration#Strategies: a refused client that cannot be deleted is listed under orphans")
  func abandonedUnmanaged() async throws {
    let world = World(
      discovered("linear"), at: { $0.addition = JSONObject([.init("redirect_uris", ["https://evil.example/"])]) })
    let run = try await world.apply()
    #expect(run.codes == [.registrationAltered])
    #expect(run.of("linear")?.warnings.map(\.code) == [.clientLeftBehind])
    #expect(world.lock.orphans.map(\.clientID) == ["client-1"])
    #expect(world.lock.orphans.map(\.reason) == [.checkFailed])
  }

  @Test("Registration#Strategies: a refused client whose deletion fails is deleted by the next apply")
  func abandonedLater() async throws {
    let world = World(
      discovered("linear"),
      at: {
        $0.isManaged = true
        $0.addition = JSONObject([.init("redirect_uris", ["https://evil.example/"])])
        $0.replies["DELETE"] = [.answer(500, [:]), .answer(500, [:])]
      })
    _ = try await world.apply()
    #expect(world.lock.orphans.map(\.managed) == [true])
    #expect(world.folder.now.orphans.count == 1)
    world.servers = []
    _ = try await world.apply()
    #expect(world.web.alive.isEmpty)
    #expect(world.lock.orphans.isEmpty)
    #expect(world.folder.now.orphans.isEmpty)
  }

  @Test("Registration#Strategies: a server that gives every request the same client: none of them is deleted")
  func sameClientForAll() async throws {
    let world = World(
      discovered("a"),
      at: {
        $0.isManaged = true
        $0.answersWithFixedID = "shared"
      })
    _ = try await world.settled()
    world.web.change(World.issuer) { $0.addition = JSONObject([.init("redirect_uris", ["https://evil.example/"])]) }
    world.servers += [discovered("b")]
    #expect(try await world.apply().told == ["a unchanged done", "b register failed"])
    #expect(!world.web.log.contains { $0.hasPrefix("DELETE") })
    #expect(world.lock.orphans.isEmpty)
  }

  @Test("Registration#Strategies: a client that the inventory names without an issuer is not deleted")
  func sameClientAsManual() async throws {
    var settings = OAuth2Settings()
    settings.clientID = "shared"
    settings.authorizationEndpoint = "https://as.example/authorize"
    settings.tokenEndpoint = "https://as.example/token"
    var own = discovered("a")
    own.mode = .manual(settings)
    let world = try await World(
      own,
      at: {
        $0.isManaged = true
        $0.answersWithFixedID = "shared"
        $0.addition = JSONObject([.init("redirect_uris", ["https://evil.example/"])])
      }
    ).settled()
    world.servers += [discovered("b")]
    #expect(try await world.apply().told == ["a unchanged done", "b register failed"])
    #expect(!world.web.log.contains { $0.hasPrefix("DELETE") })
    #expect(world.lock.orphans.isEmpty)
  }

  @Test(
    "InventoryReference#Servers: an initial access token is sent to the registration endpoint, and a software statement in its body"
  )
  func tokens() async throws {
    let world = World(
      discovered("linear") {
        $0.issuer = World.issuer
        $0.softwareStatement = .env("STATEMENT")
      })
    _ = try await world.apply()
    #expect(world.web.bodies.map { $0["software_statement"]?.string } == ["value of env:STATEMENT"])
    #expect(!String(decoding: world.folder.now.lock ?? [], as: UTF8.self).contains("value of"))
  }
}
