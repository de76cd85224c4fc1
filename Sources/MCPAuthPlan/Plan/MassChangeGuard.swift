package import MCPAuthCore

/// Refuses a plan that would break more clients than is probably intended (PlanAndApply#Mass-changes, `mass-change`).
package enum MassChangeGuard {
  /// - Parameters:
  ///   - plan: the plan to check.
  ///   - registered: the number of registered clients in the lock file.
  /// - Returns: the refusal; nil when the plan may be applied.
  package static func refusal(_ plan: Plan, registered: Int) -> Diagnostic? {
    let affected = plan.changes.filter(breaksAClient)
    guard !affected.isEmpty else { return nil }
    let isTooMany = affected.count > 3 && affected.count * 10 > registered * 3
    let isAllRemoved = registered >= 2 && affected.count { $0.action == .remove } == registered
    guard isTooMany || isAllRemoved else { return nil }
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
