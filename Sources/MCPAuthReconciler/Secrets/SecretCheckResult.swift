package import MCPAuthCore

/// The result of `secrets check`.
package struct SecretCheckResult: Sendable, Equatable {
  /// `directory`, `age`, `helper`, `exec`.
  package var store: String
  /// Whether records can be read here. If not, only their names were compared with the lock.
  package var canRead: Bool
  /// The numbers of servers' records, orphans' records and stored values.
  package var records: Int
  package var orphans: Int
  package var stored: Int
  /// The problems: by server, then orphans, then stored values.
  package var problems: [Diagnostic]
  /// Items in the store that belong to another lock file.
  package var unaccounted: [Diagnostic]
  /// How many records this lock file does not need. Other lock files may need them.
  package var kept = 0
  /// Notes about the check itself.
  package var notes: [Diagnostic]

  package var total: Int { records + orphans + stored }
  package var isClean: Bool { problems.isEmpty && unaccounted.isEmpty }
}
