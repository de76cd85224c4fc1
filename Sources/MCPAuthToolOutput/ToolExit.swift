/// Exit codes (PlanAndApply#Exit-codes). The raw value is the exit code of the process.
package enum ToolExit: Int32, Sendable {
  /// Done, or nothing to do.
  case done = 0
  /// A server failed or is blocked, or the run failed.
  case failed = 1
  /// `plan --detailed-exitcode`: there are changes, and nothing failed.
  case changes = 2
  /// The inventory is invalid.
  case invalid = 3
  /// Another run holds the lock.
  case locked = 4
  /// `EX_USAGE` of sysexits.
  case usage = 64
}
