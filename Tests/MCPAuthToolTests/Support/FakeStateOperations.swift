import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Synchronization
import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolRendering

/// Returns prepared results, and records the calls. A call without a prepared result is recorded as an issue.
final class FakeStateOperations: StateChanging {
  let standing: Standing?
  let report: StatusReport?
  let moved: Result<ServerMoveResult, UsageProblem>?
  let forgotten: Result<[ServerForgetResult], UsageProblem>?
  let orphans: Result<[OrphanResult], UsageProblem>?
  private let notes = Mutex<[String]>([])

  init(
    standing: Standing? = nil, report: StatusReport? = nil, moved: Result<ServerMoveResult, UsageProblem>? = nil,
    forgotten: Result<[ServerForgetResult], UsageProblem>? = nil, orphans: Result<[OrphanResult], UsageProblem>? = nil
  ) {
    self.standing = standing
    self.report = report
    self.moved = moved
    self.forgotten = forgotten
    self.orphans = orphans
  }

  var asked: [String] { notes.withLock { $0 } }

  private func answer<Value>(_ asked: String, _ value: Value?) throws(Diagnostic) -> Value {
    notes.withLock { $0.append(asked) }
    guard let value else {
      Issue.record("nobody was to ask for \(asked)")
      throw Diagnostic(.error, .storeFailed, "nobody was to ask for \(asked)")
    }
    return value
  }

  func look() async throws(Diagnostic) -> Standing { try answer("look", standing) }
  func status() async throws(Diagnostic) -> StatusReport { try answer("status", report) }
  func move(_ old: String, to new: String) async throws(Diagnostic) -> Result<ServerMoveResult, UsageProblem> {
    try answer("move \(old) \(new)", moved)
  }
  func forget(_ names: [String], isForced: Bool) async throws(Diagnostic) -> Result<[ServerForgetResult], UsageProblem>
  {
    try answer("forget \(names.joined(separator: " "))" + (isForced ? " by force" : ""), forgotten)
  }
  func deleteOrphans(_ selection: OrphanSelection) async throws(Diagnostic) -> Result<[OrphanResult], UsageProblem> {
    try answer("delete \(selection.targets.joined(separator: " "))" + (selection.isAll ? " all" : ""), orphans)
  }
  func forgetOrphans(_ selection: OrphanSelection) async throws(Diagnostic) -> Result<[OrphanResult], UsageProblem> {
    try answer("strike \(selection.targets.joined(separator: " "))" + (selection.isAll ? " all" : ""), orphans)
  }
}
