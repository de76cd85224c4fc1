import MCPAuthCore
import Testing

@testable import MCPAuthPlan

/// `mcpauth status` (PlanAndApply#Status), and when `--check` fails: expired, due, missing or unknown.
@Suite struct ServerStatusTests {
  static let now = Timestamp(seconds: 1_800_000_000)
  static let day: Int64 = 86_400

  static func server(_ configure: (inout InventoryServer) -> Void = { _ in }) -> InventoryServer {
    var settings = OAuth2Settings()
    settings.client = ClientMetadata(clientName: "Acme", redirectURIs: ["https://coder.example/callback"])
    var server = InventoryServer(
      name: "linear", url: "https://linear.example/mcp", mode: .discovered(settings),
      location: SourceLocation(file: "servers.yaml", line: 3, column: 3))
    configure(&server)
    return server
  }

  static func entry(expires days: Int64? = nil) -> LockEntry {
    var entry = LockEntry.registered("c")
    entry.client?.authMethod = .basic
    entry.client?.registeredAt = Timestamp(seconds: now.seconds - 80 * day)
    entry.client?.secretExpiresAt = days.map { Timestamp(seconds: now.seconds + $0 * day) }
    return entry
  }

  /// A secret that was registered now, so that no renewal is due yet.
  static func shortLived(ends seconds: Int64) -> LockEntry {
    var entry = entry()
    entry.client?.registeredAt = now
    entry.client?.secretExpiresAt = Timestamp(seconds: now.seconds + seconds)
    return entry
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var standing: Standing
    var server: InventoryServer? = ServerStatusTests.server()
    var conditions: [String]
    var needsAttention: Bool
  }

  static func standing(_ entry: LockEntry?, _ configure: (inout Standing) -> Void = { _ in }) -> Standing {
    var standing = Standing(entries: entry.map { ["linear": $0] } ?? [:])
    configure(&standing)
    return standing
  }

  static let unknown = Orphan(
    server: "linear", issuer: "https://as.example", clientID: nil, reason: .outcomeUnknown, since: now, managed: false)

  static let cases: [Case] = [
    Case(testDescription: "well", standing: standing(entry()), conditions: [], needsAttention: false),
    Case(
      testDescription: "expires later", standing: standing(entry(expires: 20)), conditions: [], needsAttention: false),
    Case(
      testDescription: "due", standing: standing(entry(expires: 6)), conditions: ["secret-expiring"],
      needsAttention: true),
    Case(
      testDescription: "not due, and ends in 20 s", standing: standing(shortLived(ends: 20)),
      conditions: ["secret-expiring"], needsAttention: true),
    Case(
      testDescription: "not due, and ends in an hour", standing: standing(shortLived(ends: 3_600)), conditions: [],
      needsAttention: false),
    Case(
      testDescription: "expired", standing: standing(entry(expires: -1)), conditions: ["secret-expired"],
      needsAttention: true),
    Case(testDescription: "never applied", standing: standing(nil), conditions: ["not-applied"], needsAttention: true),
    Case(
      testDescription: "disabled", standing: standing(nil), server: server { $0.isEnabled = false },
      conditions: ["disabled"], needsAttention: false),
    Case(
      testDescription: "gone", standing: standing(entry()), server: nil, conditions: ["gone-from-inventory"],
      needsAttention: false),
    Case(
      testDescription: "outcome unknown", standing: standing(nil) { $0.orphans = [unknown] },
      conditions: ["not-applied", "registration-outcome-unknown"], needsAttention: true),
    Case(
      testDescription: "update unknown", standing: standing(entry()) { $0.unsettled = ["linear"] },
      conditions: ["update-outcome-unknown"], needsAttention: true),
    Case(
      testDescription: "record missing",
      standing: standing(entry()) { $0.secretProblems = ["linear": Diagnostic(.error, .secretMissing, "gone")] },
      conditions: ["secret-missing"], needsAttention: true),
    Case(
      testDescription: "lost",
      standing: standing(
        {
          var lost = entry(); lost.client?.isLost = true; return lost
        }()),
      conditions: ["registration-lost"], needsAttention: true),
    Case(
      testDescription: "recovered", standing: standing(entry()) { $0.recovered = ["linear"] },
      conditions: ["recovered"], needsAttention: true),
    Case(
      testDescription: "under way", standing: standing(entry()) { $0.underWay = ["linear"] },
      conditions: ["under-way"], needsAttention: false),
    Case(
      testDescription: "moves", standing: Standing(entries: ["old": entry()]), server: server { $0.movedFrom = "old" },
      conditions: ["moved"], needsAttention: false),
  ]

  @Test("PlanAndApply#Status: status reports the condition of each server", arguments: cases)
  func conditions(_ item: Case) throws {
    let report = StatusReport(
      Inventory(file: "servers.yaml", servers: item.server.map { [$0] } ?? []), item.standing, now: Self.now)
    let status = try #require(report.servers.first)
    #expect(report.servers.count == 1)
    #expect(status.server == "linear")
    #expect(status.conditions.map(\.name) == item.conditions)
    #expect(report.needsAttention == item.needsAttention)
  }

  @Test("PlanAndApply#Status: a reference without a value here is a condition that needs no attention")
  func withoutValue() throws {
    let uses = [
      SecretUse(
        server: "linear", field: "oauth2.client_secret", reference: .env("LINEAR_SECRET"),
        location: SourceLocation(file: "servers.yaml", line: 5, column: 7)),
      SecretUse(
        server: "other", field: "api_key.value", reference: .file("key"),
        location: SourceLocation(file: "servers.yaml", line: 9, column: 7)),
    ]
    func report(_ server: InventoryServer, _ standing: Standing) -> StatusReport {
      var report = StatusReport(Inventory(file: "servers.yaml", servers: [server]), standing, now: Self.now)
      report.mark(withoutValue: uses)
      return report
    }
    let shown = report(Self.server(), Self.standing(Self.entry(expires: 6)) { $0.underWay = ["linear"] })
    let status = try #require(shown.servers.first)
    #expect(status.conditions.map(\.name) == ["secret-expiring", "no-value-here", "under-way"])
    #expect(status.withoutValue == [uses[0]])
    #expect(!report(Self.server(), Self.standing(Self.entry())).needsAttention)
    let disabled = report(Self.server { $0.isEnabled = false }, Self.standing(nil))
    #expect(disabled.servers.first?.conditions.map(\.name) == ["disabled"])
  }

  @Test(
    "InventoryReference#Secret-references: renew_before decides when renewal is due, at most a third of the secret's life ahead"
  )
  func renewsAt() throws {
    let inventory = Inventory(
      file: "servers.yaml",
      servers: [
        Self.server {
          guard case .discovered(var settings) = $0.mode else { return }
          settings.renewBefore = 2 * 86_400
          $0.mode = .discovered(settings)
        }
      ])
    let report = StatusReport(inventory, Self.standing(Self.entry(expires: 6)), now: Self.now)
    #expect(report.servers.first?.conditions == [])
    #expect(report.servers.first?.renewsAt == Timestamp(seconds: Self.now.seconds + 4 * Self.day))
  }
}
