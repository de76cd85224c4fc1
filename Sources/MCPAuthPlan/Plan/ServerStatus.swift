package import MCPAuthCore

/// How one server stands, as far as lock, journal and secret store tell: no request is made for it.
package struct ServerStatus: Sendable, Equatable {
  package enum Condition: Sendable, Hashable {
    /// In the inventory, and never applied.
    case notApplied
    /// Taken from the journal or a secret record: the lock file does not have it yet.
    case recovered
    case secretExpiring, secretExpired, registrationLost
    /// A registration ended without an answer, and blocks.
    case outcomeUnknown
    /// A read or an update ended without an answer.
    case updateUnknown
    /// `secret-missing`, `secret-unreadable`, `secret-mismatch`.
    case secretProblem(DiagnosticCode)
    /// Another run works on it.
    case underWay
    case moved, goneFromInventory, disabled

    /// As it stands in JSON; the codes and reasons of plans where there is one.
    package var name: String {
      switch self {
      case .notApplied: "not-applied"
      case .recovered: "recovered"
      case .secretExpiring: "secret-expiring"
      case .secretExpired: "secret-expired"
      case .registrationLost: "registration-lost"
      case .outcomeUnknown: "registration-outcome-unknown"
      case .updateUnknown: "update-outcome-unknown"
      case .secretProblem(let code): code.rawValue
      case .underWay: "under-way"
      case .moved: "moved"
      case .goneFromInventory: "gone-from-inventory"
      case .disabled: "disabled"
      }
    }

    /// Whether somebody has to do something: `--check` fails then (expired, due, missing or unknown).
    package var needsAttention: Bool {
      switch self {
      case .notApplied, .recovered, .secretExpiring, .secretExpired, .registrationLost, .outcomeUnknown, .updateUnknown,
        .secretProblem:
        true
      case .underWay, .moved, .goneFromInventory, .disabled: false
      }
    }
  }

  package var server: String
  /// As it is locked; before the first apply, as the inventory says.
  package var mode: LockEntry.Mode
  package var entry: LockEntry?
  /// In the order of their declaration; empty: all is well.
  package var conditions: [Condition]
  /// When the client secret is due for renewal; nil: never.
  package var renewsAt: Timestamp?
  /// `consumer-cannot-sign-in`.
  package var warnings: [Diagnostic] = []

  /// When the client's secret ends; nil where there is none that ends.
  package var secretExpiresAt: Timestamp? {
    guard let entry, entry.needsSecret else { return nil }
    return entry.secretExpiresAt
  }

  package var needsAttention: Bool { conditions.contains(where: \.needsAttention) }
}

/// All of them: in the order of the inventory, then those that are gone from it, by name.
package struct StatusReport: Sendable, Equatable {
  package var inventory: String
  package var servers: [ServerStatus]
  package var orphans: [Orphan]
  package var now: Timestamp

  package init(_ inventory: Inventory, _ standing: Standing, now: Timestamp) {
    self.inventory = inventory.file
    self.now = now
    orphans = standing.orphans.sorted { $0.sortKey < $1.sortKey }
    let planner = Planner(inventory: inventory, standing: standing, options: PlanOptions(), now: now)
    servers = inventory.servers.map { Self.status(of: $0, planner) }
    let named = Set(inventory.servers.map(\.name)).union(
      inventory.servers.compactMap { planner.movedEntry(of: $0)?.from })
    for name in standing.entries.keys.sorted() where !named.contains(name) {
      guard let entry = standing.entries[name] else { continue }
      var status = ServerStatus(server: name, mode: entry.mode, entry: entry, conditions: [])
      status.conditions = Self.conditions(name, entry, nil, planner, recordName: name) + [.goneFromInventory]
      servers.append(status)
    }
  }

  package var needsAttention: Bool { servers.contains(where: \.needsAttention) }

  /// Takes secrets that end sooner than this for expiring, however early they are renewed.
  package mutating func mark(expiringWithin seconds: Int) {
    for index in servers.indices {
      let status = servers[index]
      guard let expiry = status.secretExpiresAt, expiry.seconds <= now.seconds + Int64(seconds),
        !status.conditions.contains(.secretExpiring), !status.conditions.contains(.secretExpired),
        !status.conditions.contains(.disabled)
      else { continue }
      let before = status.conditions.prefix { $0 == .notApplied || $0 == .recovered }.count
      servers[index].conditions.insert(.secretExpiring, at: before)
    }
  }

  private static func status(of server: InventoryServer, _ planner: Planner) -> ServerStatus {
    let moved = planner.movedEntry(of: server)
    let entry = planner.entry(of: server)
    var status = ServerStatus(
      server: server.name, mode: entry?.mode ?? Planner.mode(of: server), entry: entry, conditions: [])
    let renewBefore = server.mode.oauth2?.renewBefore
    if let entry, let expiry = status.secretExpiresAt, expiry >= planner.now {
      status.renewsAt = SecretRenewal.renewalTime(entry, expiry: expiry, renewBefore: renewBefore)
    }
    if server.isEnabled {
      if let entry { status.warnings = SignInCheck(server, entry).warnings() }
      status.conditions = conditions(
        server.name, entry, renewBefore, planner, recordName: moved?.from ?? server.name)
    } else {
      status.conditions = [.disabled]
    }
    if moved != nil { status.conditions.append(.moved) }
    return status
  }

  private static func conditions(
    _ name: String, _ entry: LockEntry?, _ renewBefore: Int?, _ planner: Planner, recordName: String
  ) -> [ServerStatus.Condition] {
    let standing = planner.standing
    var conditions: [ServerStatus.Condition] = []
    if entry == nil { conditions.append(.notApplied) }
    if standing.recovered.contains(name) { conditions.append(.recovered) }
    if let entry {
      switch SecretRenewal.due(entry, renewBefore: renewBefore, now: planner.now) {
      case .secretExpired: conditions.append(.secretExpired)
      case .secretExpiring: conditions.append(.secretExpiring)
      default: break
      }
      if entry.isLost { conditions.append(.registrationLost) }
    }
    if standing.unknownOutcome(of: name) != nil { conditions.append(.outcomeUnknown) }
    if standing.unsettled.contains(recordName) { conditions.append(.updateUnknown) }
    // A record is looked for under the name it has; what the inventory refers to, under the server's.
    if let problem = standing.secretProblems[recordName] ?? standing.secretProblems[name] {
      conditions.append(.secretProblem(problem.code))
    }
    if standing.underWay.contains(name) { conditions.append(.underWay) }
    return conditions
  }
}
