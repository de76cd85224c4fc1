import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

/// Tests the promises of Reliability: a run is killed after each of its effects, and so is the run that recovers from it.
@Suite struct CrashTests {
  struct Scenario: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var servers: @Sendable () -> [InventoryServer]
    var at: @Sendable (inout FakeWeb.AuthorizationServer) -> Void
    /// The change after the first apply; nil: the first apply is the run that is killed.
    var edit: (@Sendable (World) -> Void)?
    /// Whether a lost answer may also lose the credential that it rotated.
    var rotates = false

    init(
      _ name: String, servers: @escaping @Sendable () -> [InventoryServer] = { [discovered("linear")] },
      at: @escaping @Sendable (inout FakeWeb.AuthorizationServer) -> Void = { _ in },
      edit: (@Sendable (World) -> Void)? = nil, rotates: Bool = false
    ) {
      testDescription = name
      self.servers = servers
      self.at = at
      self.edit = edit
      self.rotates = rotates
    }

    func begin() async throws -> World {
      let world = World(at: at)
      world.servers = servers()
      guard let edit else { return world }
      _ = try await world.settled()
      edit(world)
      return world
    }
  }

  static let scenarios: [Scenario] = [
    .init("register, public"),
    .init("register, with a secret", at: { $0.methods = ["client_secret_basic"] }),
    .init("register, managed", at: { $0.isManaged = true }),
    .init(
      "register, two at one issuer", servers: { [discovered("linear"), discovered("notion")] },
      at: { $0.methods = ["client_secret_basic"] }),
    .init(
      "register after a refusal",
      at: { $0.replies["POST /register"] = [.answer(429, [:], [HTTPField("Retry-After", "1")])] }),
    .init("replace, public", edit: { $0.edit("linear") { $0.generation = 1 } }),
    .init(
      "replace, with a secret", at: { $0.methods = ["client_secret_basic"] },
      edit: { $0.edit("linear") { $0.generation = 1 } }),
    .init(
      "replace, managed",
      at: {
        $0.isManaged = true; $0.methods = ["client_secret_basic"]
      },
      edit: { $0.edit("linear") { $0.generation = 1 } }),
    .init("remove, public", edit: { $0.servers = [] }),
    .init("remove, managed", at: { $0.isManaged = true }, edit: { $0.servers = [] }),
    .init(
      "update",
      at: {
        $0.isManaged = true; $0.methods = ["client_secret_basic"]
      },
      edit: { $0.edit("linear") { $0.scopes = ["read"] } }),
    .init(
      "update, token rotated",
      at: {
        $0.isManaged = true; $0.methods = ["client_secret_basic"]; $0.rotatesToken = true
      },
      edit: { $0.edit("linear") { $0.scopes = ["read"] } }, rotates: true),
    .init(
      "update, token and secret rotated",
      at: {
        $0.isManaged = true; $0.methods = ["client_secret_basic"]; $0.rotatesToken = true; $0.rotatesSecret = true
      },
      edit: { $0.edit("linear") { $0.scopes = ["read"] } }, rotates: true),
    .init(
      "move",
      at: {
        $0.methods = ["client_secret_basic"]; $0.isManaged = true
      },
      edit: { world in
        world.servers = world.servers.map { old in
          var server = old
          server.name = "linear-two"
          server.movedFrom = "linear"
          return server
        }
      }),
    .init(
      "move and replace",
      at: {
        $0.methods = ["client_secret_basic"]; $0.isManaged = true
      },
      edit: { world in
        world.edit("linear") { $0.generation = 1 }
        world.servers = world.servers.map { old in
          var server = old
          server.name = "linear-two"
          server.movedFrom = "linear"
          return server
        }
      }),
    .init(
      "registered to none", at: { $0.isManaged = true },
      edit: { world in
        world.servers = world.servers.map {
          var server = $0; server.mode = .none; return server
        }
      }),
    .init(
      "register one, update one, replace one, remove one", servers: { ["a", "b", "c"].map { discovered($0) } },
      at: {
        $0.isManaged = true; $0.methods = ["client_secret_basic"]
      },
      edit: { world in
        world.edit("a") { $0.scopes = ["read"] }
        world.edit("b") { $0.generation = 1 }
        world.servers = world.servers.filter { $0.name != "c" } + [discovered("d")]
      }),
  ]

  /// The number of effects of a run that is not killed.
  func effects(of scenario: Scenario) async throws -> (effects: [String], registrations: Int) {
    let world = try await scenario.begin()
    world.fate.forgetEffects()
    world.web.forgetLog()
    let result = try await world.apply()
    #expect(!result.hasFailed, "\(result.codes)")
    return (world.fate.effects, world.web.registrations)
  }

  @Test(
    "reliability: killed after any effect, the next run knows every client, registers none twice, keeps every secret",
    arguments: scenarios)
  func killedOnce(_ scenario: Scenario) async throws {
    let whole = try await effects(of: scenario)
    #expect(!whole.effects.isEmpty)
    for left in 0..<whole.effects.count {
      let world = try await scenario.begin()
      world.web.forgetLog()
      world.fate.dieAfter(left)
      _ = try? await world.apply()
      world.fate.dieAfter(nil)
      let note = "killed after \(left): \(whole.effects.prefix(left).suffix(3))"
      try await mended(world, scenario, registrations: whole.registrations, note)
    }
  }

  @Test("reliability: killed during the recovery, the run after that completes it", arguments: scenarios.dropLast())
  func killedTwice(_ scenario: Scenario) async throws {
    let whole = try await effects(of: scenario)
    for first in 0..<whole.effects.count {
      for second in 0...whole.effects.count + 2 {
        let world = try await scenario.begin()
        world.web.forgetLog()
        world.fate.dieAfter(first)
        _ = try? await world.apply()
        world.fate.dieAfter(second)
        _ = try? await world.apply()
        let wasOver = !world.fate.isDead
        world.fate.dieAfter(nil)
        let note = "killed after \(first) (\(whole.effects.prefix(first).suffix(2))), then after \(second)"
        try await mended(world, scenario, registrations: whole.registrations, note)
        if wasOver { break }
      }
    }
  }

  private func mended(
    _ world: World, _ scenario: Scenario, registrations: Int, _ note: String
  ) async throws {
    let run: RunResult
    do {
      run = try await world.apply()
    } catch {
      Issue.record("\(note): \(error)")
      return
    }
    func check(_ isSo: Bool, _ what: String) {
      if !isSo {
        Issue.record(
          "\(note): \(what); \(run.told) \(run.codes); lock \(world.lock.servers.mapValues { $0.clientID ?? "-" }), orphans \(world.lock.orphans.map { "\($0.clientID ?? "?") \($0.managed)" }), at the server \(world.web.alive.map(\.client.id)), log \(world.web.log.filter { !$0.hasPrefix("POST") || $0.hasSuffix("register") })"
        )
      }
    }
    check(run.error == nil, "the run failed: \(String(describing: run.error))")
    // A client that lost its management with the answer of an update is replaced, as for every change of such a client.
    check(
      world.web.registrations <= registrations + (scenario.rotates ? 1 : 0), "registered again without being told to")
    namesAll(world, check)
    secretsOpen(world, check)
    // What a user must resolve. A lost answer of an update takes one run to be detected, and one to be repaired.
    for _ in 0..<3 { _ = try await world.apply { $0.retryUnknown = true } }
    let last = try await world.apply { $0.refresh = true }
    check(!last.hasFailed, "does not come to rest: \(last.told) \(last.codes)")
    namesAll(world, check)
    secretsOpen(world, check)
    for entry in world.lock.servers.values where entry.registration == .dcr {
      let client = world.web.at(World.issuer).alive.first { $0.id == entry.clientID }
      check(client != nil, "a client is locked that is not there: \(entry.clientID ?? "")")
      let record = entry.secretVersion.flatMap { version in
        world.folder.now.records.values.lazy.compactMap { $0[version] }.first
      }
      check(client?.secret == record?.clientSecret?.open(), "the locked secret is not the client's")
      if entry.isManaged {
        check(client?.token == record?.registrationAccessToken?.open(), "the locked token is not the client's")
      }
    }
    // Every client that can be deleted by RFC 7592 is deleted in the end, whichever run was killed.
    check(!world.lock.orphans.contains(where: \.managed), "a managed orphan stays")
    if !scenario.rotates, world.web.at(World.issuer).isManaged {
      check(
        world.lock.orphans.allSatisfy { $0.reason == .outcomeUnknown },
        "a client that could be deleted was left behind: \(world.lock.orphans)")
    }
    world.fate.forgetEffects()
    world.web.forgetLog()
    let quiet = try await world.apply()
    check(!quiet.hasFailed && world.web.log.isEmpty && world.fate.effects.isEmpty, "not at rest: \(world.fate.effects)")
    // A record exists exactly as long as its client.
    let kept = Set(world.folder.now.records.values.flatMap(\.values).map(\.clientID))
    let alive = world.web.alive.map(\.client).filter { $0.secret != nil || $0.token != nil }.map(\.id)
    let named = Set(world.lock.servers.values.compactMap(\.clientID)).union(world.lock.orphans.compactMap(\.clientID))
    if !scenario.rotates {
      check(kept.isSubset(of: world.web.alive.map(\.client.id)), "records of clients that are gone: \(kept)")
      check(named.intersection(alive).isSubset(of: kept), "records \(kept) are kept, and \(alive) are there")
    }
    check(world.folder.now.journal.events.isEmpty, "the journal is not empty: \(world.folder.now.journal.events.count)")
  }

  /// Every client that a server issued is in the lock or on the orphans list. A client without an id counts as one line.
  private func namesAll(_ world: World, _ check: (Bool, String) -> Void) {
    let lock = world.lock
    let named = Set(lock.servers.values.compactMap(\.clientID)).union(lock.orphans.compactMap(\.clientID))
    let unnamed = world.web.alive.filter { !named.contains($0.client.id) }
    let unknown = lock.orphans.count { $0.reason == .outcomeUnknown }
    check(unnamed.count <= unknown, "nobody names \(unnamed.map(\.client.id))")
  }

  /// Every record that the lock names exists, and belongs to the entry.
  private func secretsOpen(_ world: World, _ check: (Bool, String) -> Void) {
    for (name, entry) in world.lock.servers {
      guard let version = entry.secretVersion else { continue }
      let record = world.folder.now.records[name]?[version]
      check(
        record?.isBound(to: entry, named: name, lineage: world.lock.lineage) == true, "the secret of \(name) is gone")
    }
  }
}
