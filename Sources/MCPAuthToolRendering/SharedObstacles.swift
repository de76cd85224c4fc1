import MCPAuthCore
import MCPAuthPlan

/// Consumers that cannot sign in to several servers for one reason: each is shown once, with the names of the servers.
struct SharedObstacles {
  /// The servers of each reason that several servers have, in their order.
  private let servers: [FailureCause: [String]]

  /// - Parameter warnings: of all servers. Other diagnostics may be among them.
  init(_ warnings: [Diagnostic]) {
    var servers: [FailureCause: [String]] = [:]
    for warning in warnings {
      guard let server = SignInCheck.server(of: warning) else { continue }
      servers[FailureCause(warning, of: server), default: []].append(server)
    }
    self.servers = servers.filter { $0.value.count > 1 }
  }

  /// The diagnostics with each shared one once. The order stays.
  static func joined(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    let obstacles = SharedObstacles(diagnostics)
    var seen: Set<FailureCause> = []
    return diagnostics.compactMap { diagnostic -> Diagnostic? in
      guard let (cause, names) = obstacles.shared(diagnostic) else { return diagnostic }
      guard seen.insert(cause).inserted else { return nil }
      var first = diagnostic
      first.notes.append("the same for \(names.count) servers: \(names.joined(separator: ", "))")
      return first
    }
  }

  /// The changes without shared warnings, and the shared warnings.
  static func separated(_ changes: [Change]) -> (changes: [Change], shared: [Diagnostic]) {
    let warnings = changes.flatMap(\.warnings)
    let obstacles = SharedObstacles(warnings)
    guard !obstacles.servers.isEmpty else { return (changes, []) }
    let own = changes.map { change in
      var change = change
      change.warnings.removeAll { obstacles.shared($0) != nil }
      return change
    }
    return (own, joined(warnings.filter { obstacles.shared($0) != nil }))
  }

  /// - Returns: nil for a diagnostic that is about one server only.
  private func shared(_ diagnostic: Diagnostic) -> (cause: FailureCause, servers: [String])? {
    guard let server = SignInCheck.server(of: diagnostic) else { return nil }
    let cause = FailureCause(diagnostic, of: server)
    return servers[cause].map { (cause, $0) }
  }
}
