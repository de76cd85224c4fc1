import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

@Suite struct ExportSourceTests {
  /// A client with a secret, registered and locked.
  private static func settled() async throws -> World {
    try await World(discovered("linear"), at: { $0.methods = ["client_secret_basic"] }).settled()
  }

  private static func needs(_ world: World) -> [ServerSecret] {
    Exporter(
      inventory: world.context.inventory, lock: world.lock, options: ExportOptions(.json, secrets: .inline),
      now: world.clock.now
    ).needs
  }

  @Test(
    "SecretStores#Redaction: the redactor knows the secret of the lock's record before it is printed")
  func value() async throws {
    let world = try await Self.settled()
    let source = ExportSource(world.context)
    let (lock, warnings) = try await source.lock()
    #expect(lock == world.lock && warnings.isEmpty)
    let (secrets, problems) = await source.secrets(Self.needs(world), lock)
    let secret = try #require(world.folder.now.records["linear"]?.values.first?.clientSecret)
    #expect(problems.isEmpty)
    #expect(secrets == ["linear": ServerSecretValues(clientSecret: secret)])
    #expect(world.learnt.contains(secret))
  }

  @Test(
    "Consumers#Secrets-in-exports: a record is used only if all of it matches the lock",
    arguments: ["server", "lineage", "issuer", "client", "version", "endpoint"])
  func mismatch(field: String) async throws {
    let world = try await Self.settled()
    world.folder.change { contents in
      for (version, record) in contents.records["linear"] ?? [:] {
        var record = record
        switch field {
        case "server": record.server = "other"
        case "lineage": record.lineage = "other"
        case "issuer": record.issuer = "other"
        case "client": record.clientID = "other"
        case "endpoint": record.entry.endpoints?.tokenEndpoint = "https://other.example/token"
        default: record.version = "other"
        }
        contents.records["linear"]?[version] = record
      }
    }
    let (secrets, problems) = await ExportSource(world.context).secrets(Self.needs(world), world.lock)
    #expect(secrets.isEmpty)
    #expect(problems.map(\.code) == [.secretMismatch])
    #expect(problems.first?.location == world.servers.first?.location)
  }

  @Test("Consumers#Secrets-in-exports: no record, or one without a client secret: secret-missing")
  func missing() async throws {
    let world = try await Self.settled()
    let needs = Self.needs(world)
    world.folder.change { contents in
      for version in contents.records["linear"]?.keys.sorted() ?? [] {
        contents.records["linear"]?[version]?.clientSecret = nil
      }
    }
    #expect(await ExportSource(world.context).secrets(needs, world.lock).problems.map(\.code) == [.secretMissing])
    world.folder.change { $0.records = [:] }
    #expect(await ExportSource(world.context).secrets(needs, world.lock).problems.map(\.code) == [.secretMissing])
  }

  @Test("InventoryReference#Secret-references: a preregistered client's secret is resolved through its reference")
  func reference() async throws {
    let world = try await Self.settled()
    let need = ServerSecret(server: "linear", field: .header("X-Key"), source: .reference(.env("KEY")))
    let secrets = await ExportSource(world.context).secrets([need], world.lock).secrets
    #expect(secrets == ["linear": ServerSecretValues(headers: ["X-Key": Secret("value of env:KEY")])])
  }

  @Test("Consumers#Export: without a lock there is nothing to export; with an open journal the export is incomplete")
  func lock() async throws {
    let world = World(discovered("linear"))
    do {
      _ = try await ExportSource(world.context).lock()
      Issue.record("there is no lock")
    } catch {
      #expect((error as Diagnostic).code == .lockMissing)
    }
    try await world.apply()
    let entry = try #require(world.lock.servers["linear"])
    world.folder.change { contents in
      contents.journal = Journal(
        lineage: "x", events: [.registered(intent: nil, server: "linear", entry: entry)])
    }
    #expect(try await ExportSource(world.context).lock().warnings.map(\.code) == [.interrupted])
  }
}
