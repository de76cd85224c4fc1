package import MCPAuthCore
package import MCPAuthPlan

/// The result of one change.
package struct ChangeResult: Sendable, Equatable {
  package enum Outcome: String, Sendable, CaseIterable {
    case done, failed, skipped
    /// Another run makes this change, or has made it.
    case elsewhere
  }

  package var change: Change
  package var outcome: Outcome
  /// The server's entry in the lock now; nil when there is none.
  package var entry: LockEntry?
  /// For `failed` and `skipped`: the reason. For a blocked change: the error of the change.
  package var error: Diagnostic?
  /// Warnings from applying the change, in addition to those of the change itself.
  package var warnings: [Diagnostic]

  package init(
    change: Change, outcome: Outcome, entry: LockEntry?, error: Diagnostic? = nil, warnings: [Diagnostic] = []
  ) {
    self.change = change
    self.outcome = outcome
    self.entry = entry
    self.error = error
    self.warnings = warnings
  }
}

extension ChangeResult {
  /// The result of a change that needs no work. A blocked change fails, and one that another run makes at this moment does not.
  init(settled change: Change) {
    self.init(
      change: change, outcome: change.action == .blocked ? .failed : .done, entry: change.entry, error: change.error)
    leaveToOtherRun()
  }

  /// A change that another run makes, or has made, is no failure.
  mutating func leaveToOtherRun() {
    guard outcome == .failed, error?.code == .locked else { return }
    outcome = .elsewhere
    error = nil
    change.error = nil
  }
}

/// What an apply did: a result for each change of the plan, in its order.
package struct RunResult: Sendable, Equatable {
  package var plan: Plan
  package var results: [ChangeResult]
  /// Warnings about the whole run: what was recovered, orphans that could not be deleted.
  package var warnings: [Diagnostic]
  /// Why the run as a whole failed or was refused (`mass-change`, `store-failed`); the results say what was done before.
  package var error: Diagnostic?
  /// Whether a signal ended the run before all changes were begun.
  package var wasInterrupted: Bool
  /// Servers that other runs changed while this one ran, or are working on, by name. Only with a store that several runs share.
  package var others: [String] = []
  /// The share of the servers that this run began with.
  package var share = ServerShare.whole
  /// How many clients of the orphans' list were deleted, without those that this run replaced or removed.
  package var deletedOrphans = 0

  package init(
    plan: Plan, results: [ChangeResult], warnings: [Diagnostic] = [], error: Diagnostic? = nil,
    wasInterrupted: Bool = false
  ) {
    self.plan = plan
    self.results = results
    self.warnings = warnings
    self.error = error
    self.wasInterrupted = wasInterrupted
  }

  /// The result if nothing was done: the plan, and the reason.
  package static func refused(_ plan: Plan, _ error: Diagnostic? = nil) -> RunResult {
    RunResult(
      plan: plan,
      results: plan.changes.map { change in
        let isSettled = change.step == .nothing && change.action != .blocked
        return ChangeResult(
          change: change, outcome: isSettled ? .done : change.action == .blocked ? .failed : .skipped,
          entry: change.entry, error: change.error)
      }, error: error)
  }

  /// The result of a run that did its own share first, and then what was left.
  ///
  /// - Parameter order: the names of the servers, in the order of the inventory.
  func joined(with rest: RunResult, order: [String]) -> RunResult {
    var joined = rest
    let present = Set(rest.results.map(\.change.server))
    for (change, result) in zip(plan.changes, results) where !present.contains(change.server) {
      joined.results.append(result)
      joined.plan.changes.append(change)
    }
    let places = Dictionary(order.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
    func key(_ server: String) -> (Int, String) { (places[server] ?? order.count, server) }
    joined.results.sort { key($0.change.server) < key($1.change.server) }
    joined.plan.changes.sort { key($0.server) < key($1.server) }
    joined.warnings = warnings + rest.warnings.filter { !warnings.contains($0) }
    joined.deletedOrphans += deletedOrphans
    joined.others = Set(others).union(rest.others).sorted()
    joined.share = share
    return joined
  }

  /// Adds the results of servers that have none.
  mutating func complete(_ others: [ChangeResult], order: [String]) {
    let present = Set(results.map(\.change.server))
    let missing = others.filter { !present.contains($0.change.server) }
    guard !missing.isEmpty else { return }
    var rest = self
    rest.results = missing
    rest.plan.changes = missing.map(\.change)
    rest.warnings = []
    rest.deletedOrphans = 0
    self = joined(with: rest, order: order)
  }

  /// Exit code 1 (PlanAndApply#Commands): a server failed or is blocked, or the run failed.
  package var hasFailed: Bool {
    error != nil || wasInterrupted || results.contains { $0.outcome == .failed || $0.outcome == .skipped }
  }
}
