package import MCPAuthCore

/// The status of one server from lock file, journal and secret store. No request is made for it.
package struct ServerStatus: Sendable, Equatable {
  package enum Condition: Sendable, Hashable {
    /// In the inventory, but never applied.
    case notApplied
    /// Read from the journal or a secret record. It is not in the lock file yet.
    case recovered
    case secretExpiring, secretExpired, registrationLost
    /// A registration ended without an answer. It blocks the server.
    case outcomeUnknown
    /// A read or an update ended without an answer.
    case updateUnknown
    /// `secret-missing`, `secret-unreadable`, `secret-mismatch`.
    case secretProblem(DiagnosticCode)
    /// An `{env: NAME}` or `{file: PATH}` of the inventory has no value in this environment.
    case noValueHere
    /// Another run is working on it.
    case underWay
    case moved, goneFromInventory, disabled

    /// The name in JSON. It is the same as the code or the reason in a plan, where there is one.
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
      case .noValueHere: "no-value-here"
      case .underWay: "under-way"
      case .moved: "moved"
      case .goneFromInventory: "gone-from-inventory"
      case .disabled: "disabled"
      }
    }

    /// Whether a person must do something. Then `--check` fails (expired, due, missing or unknown).
    package var needsAttention: Bool {
      switch self {
      case .notApplied, .recovered, .secretExpiring, .secretExpired, .registrationLost, .outcomeUnknown, .updateUnknown,
        .secretProblem:
        true
      case .noValueHere, .underWay, .moved, .goneFromInventory, .disabled: false
      }
    }
  }

  package var server: String
  /// The mode in the lock file; before the first apply, the mode of the inventory.
  package var mode: LockEntry.Mode
  package var entry: LockEntry?
  /// In the order of their declaration; empty when there is no problem.
  package var conditions: [Condition]
  /// When the client secret is due for renewal; nil: never.
  package var renewsAt: Timestamp?
  /// `consumer-cannot-sign-in`.
  package var warnings: [Diagnostic] = []
  /// The references of `noValueHere`.
  package var withoutValue: [SecretUse] = []
  /// The place of the server in the inventory.
  package var location: SourceLocation?

  /// When the client's secret expires; nil where there is none that expires.
  package var secretExpiresAt: Timestamp? {
    guard let entry, entry.needsSecret else { return nil }
    return entry.secretExpiresAt
  }

  package var needsAttention: Bool { conditions.contains(where: \.needsAttention) }
}

/// All servers: in the order of the inventory, followed by the servers that are no longer in it, by name.
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

  /// A secret that ends within this time, in seconds, is expiring, also when its renewal is not due: the life of the secret is short.
  static let soon: Int64 = 3_600

  /// Marks secrets that expire in less than this time as expiring, independent of when they are renewed.
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

  /// Marks servers with references that have no value in this environment. Another environment, such as the job that applies, may have the values.
  package mutating func mark(withoutValue uses: [SecretUse]) {
    for index in servers.indices where !servers[index].conditions.contains(.disabled) {
      let missing = uses.filter { $0.server == servers[index].server }
      guard !missing.isEmpty else { continue }
      servers[index].withoutValue = missing
      let later = servers[index].conditions.firstIndex { $0 == .underWay || $0 == .moved }
      servers[index].conditions.insert(.noValueHere, at: later ?? servers[index].conditions.endIndex)
    }
  }

  private static func status(of server: InventoryServer, _ planner: Planner) -> ServerStatus {
    let moved = planner.movedEntry(of: server)
    let entry = planner.entry(of: server)
    var status = ServerStatus(
      server: server.name, mode: entry?.mode ?? Planner.mode(of: server), entry: entry, conditions: [])
    status.location = server.location
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
      default: if endsSoon(entry, planner.now) { conditions.append(.secretExpiring) }
      }
      if entry.isLost { conditions.append(.registrationLost) }
    }
    if standing.unknownOutcome(of: name) != nil { conditions.append(.outcomeUnknown) }
    if standing.unsettled.contains(recordName) { conditions.append(.updateUnknown) }
    // A record is looked up under its current name. References of the inventory are looked up under the server's name.
    if let problem = standing.secretProblems[recordName] ?? standing.secretProblems[name] {
      conditions.append(.secretProblem(problem.code))
    }
    if standing.underWay.contains(name) { conditions.append(.underWay) }
    return conditions
  }

  private static func endsSoon(_ entry: LockEntry, _ now: Timestamp) -> Bool {
    guard entry.needsSecret, let expiry = entry.secretExpiresAt else { return false }
    return expiry.seconds - now.seconds < soon
  }
}
