import MCPAuthPlan
import MCPAuthReconciler

/// The number of servers for each action, in one run or several: the member `summary` (PlanAndApply#JSON).
struct ChangeCounts: Sendable, Equatable {
  private(set) var actions: [Action: Int] = [:]
  private(set) var failed = 0
  private(set) var hasChanges = false

  init() {}

  init(_ plan: Plan) {
    self.init(plan.changes, failed: plan.changes.count { $0.error != nil }, hasChanges: plan.hasChanges)
  }

  init(_ run: RunResult) {
    self.init(
      run.results.map(\.change), failed: run.results.count { $0.error != nil || $0.change.error != nil },
      hasChanges: run.plan.hasChanges)
  }

  init(_ changes: [Change], failed: Int, hasChanges: Bool = false) {
    for index in changes.indices { actions[changes[index].action, default: 0] += 1 }
    self.failed = failed
    self.hasChanges = hasChanges
  }

  mutating func add(_ other: ChangeCounts) {
    actions.merge(other.actions) { $0 + $1 }
    failed += other.failed
    hasChanges = hasChanges || other.hasChanges
  }

  /// In the order of the actions, then `failed`.
  var members: [(String, Int)] {
    Action.allCases.map { ($0.rawValue, actions[$0] ?? 0) } + [("failed", failed)]
  }
}
