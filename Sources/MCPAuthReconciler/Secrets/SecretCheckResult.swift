package import MCPAuthCore

/// What `secrets check` found.
package struct SecretCheckResult: Sendable, Equatable {
  /// `directory`, `age`, `helper`.
  package var store: String
  /// Whether records can be read here; otherwise only their names were held against the lock.
  package var canRead: Bool
  /// How many there are of servers, of orphans, and of stored values.
  package var records: Int
  package var orphans: Int
  package var stored: Int
  /// What is wrong, server by server; then orphans, then stored values.
  package var problems: [Diagnostic]
  /// What is there and belongs to another lock file.
  package var unaccounted: [Diagnostic]
  /// How many records this lock file does not need: other lock files may.
  package var kept = 0
  /// What is to be known of the check itself.
  package var notes: [Diagnostic]

  package var total: Int { records + orphans + stored }
  package var isClean: Bool { problems.isEmpty && unaccounted.isEmpty }
}
