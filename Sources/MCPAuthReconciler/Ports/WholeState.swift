package import MCPAuthCore
package import MCPAuthPlan

/// A place of the state that can be copied as a whole (Reliability#Moving-the-state).
package protocol WholeState: Sendable {
  /// For messages, and for the mark that is left when the state is moved away.
  var place: String { get }

  /// The lock as it is now, also one that was moved away: then it has the mark. It has no changes of a run that has not ended.
  ///
  /// - Returns: nil when the place has no state.
  /// - Throws: `lock-invalid` and the like.
  func present() async throws(Diagnostic) -> Lock?

  /// Marks the place, if no run is under way and nothing of an ended run is open: its state is somewhere else now, and no run uses this one any more.
  /// A place with the same mark stays as it is.
  ///
  /// - Throws: `lock-missing`; `locked`; `interrupted` if an ended run left something open; `state-moved` for another mark.
  func markMoved(to place: String) async throws(Diagnostic)

  /// Removes this mark.
  func unmark(_ place: String) async throws(Diagnostic)

  /// Checks that `fill` may write here: the place is empty, or has this lock already, or a state that was moved away.
  ///
  /// - Throws: `locked`; `state-not-empty`.
  func checkEmpty(for lock: Lock) async throws(Diagnostic)

  /// Writes the lock into this place. A call that was interrupted may be repeated with the same lock.
  ///
  /// - Throws: as `checkEmpty`; `store-failed`.
  func fill(_ lock: Lock) async throws(Diagnostic)
}

/// A place from which the state can be copied for review while runs are under way.
package protocol ReviewedState: WholeState {
  /// - Returns: the lock at one moment, in which the unknown outcomes of ended runs are on the list of orphans, and how many servers runs are working
  ///   on; nil when the place has no state.
  func reviewed() async throws(Diagnostic) -> (lock: Lock, underWay: Int)?
}
