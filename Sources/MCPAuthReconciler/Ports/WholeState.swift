package import MCPAuthCore
package import MCPAuthPlan

/// A place of the state that can be copied as a whole (Reliability#Moving-the-state).
package protocol WholeState: Sendable {
  /// For messages, and for the mark that is left when the state is moved away.
  var place: String { get }

  /// The lock, if no run is under way and nothing of an ended run is open.
  ///
  /// - Returns: nil when the place has no state.
  /// - Throws: `locked`; `interrupted` if an ended run left something open; `state-moved`; `lock-invalid` and the like.
  func whole() async throws(Diagnostic) -> Lock?

  /// Writes the lock into this place, which must be empty, or have a copy that was left when the state was moved away. A call that was interrupted may
  /// be repeated with the same lock.
  ///
  /// - Throws: `locked`; `state-not-empty`.
  func fill(_ lock: Lock) async throws(Diagnostic)

  /// Marks the place: its state is somewhere else now, and no run uses this one any more.
  func markMoved(_ lock: Lock, to place: String) async throws(Diagnostic)
}
