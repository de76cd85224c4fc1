package import MCPAuthCore

/// Refuses a plan that would break more clients than is probably intended (PlanAndApply#Mass-changes, `mass-change`).
package enum MassChangeGuard {
  /// - Parameters:
  ///   - plan: the plan to check.
  ///   - registered: the number of registered clients in the lock file.
  /// - Returns: the refusal; nil when the plan may be applied.
  package static func refusal(_ plan: Plan, registered: Int) -> Diagnostic? {
    let affected = plan.changes.filter(breaksAClient)
    guard isTooMany(affected.count, removed: affected.count { $0.action == .remove }, of: registered) else {
      return nil
    }
    let names = affected.prefix(5).map { "'\($0.server)'" }.joined(separator: ", ")
    let more = affected.count > 5 ? " and \(affected.count - 5) more" : ""
    return Diagnostic(
      .error, .massChange,
      "this would replace or remove \(affected.count) of \(registered) registered clients: \(names)\(more)",
      help: [
        "look at the plan: is it the right inventory, and the right lock file?",
        "if this is intended, apply with --allow-mass-change",
      ])
  }

  private static func isTooMany(_ affected: Int, removed: Int, of registered: Int) -> Bool {
    (affected > 3 && affected * 10 > registered * 3) || (registered >= 2 && removed == registered)
  }

  /// Whether a plan of all servers might be refused. Every registered client whose server has to be discovered counts as replaced.
  ///
  /// - Parameter planner: without discovery (`offline`).
  package static func mayRefuse(_ planner: Planner) -> Bool {
    let removed = planner.plan([]).changes.count(where: breaksAClient)
    var affected = removed
    for server in planner.inventory.servers {
      guard case .settled(let change) = planner.assess(server), change.entry?.registration == .dcr,
        ![.unchanged, .blocked].contains(change.action)
      else { continue }
      affected += 1
    }
    return isTooMany(affected, removed: removed, of: planner.standing.registeredClients())
  }

  /// Renewals at the same issuer do not count as replacements here.
  private static func breaksAClient(_ change: Change) -> Bool {
    guard change.entry?.registration == .dcr else { return false }
    switch change.action {
    case .remove: return true
    case .replace: return !change.reasons.allSatisfy { $0 == .secretExpiring || $0 == .secretExpired }
    case .register, .add, .update, .blocked, .unchanged: return false
    }
  }
}
