package import MCPAuthCore

/// What an apply will do: a change for each server, in the order of the inventory, and then those that are gone from it, by name.
package struct Plan: Sendable, Equatable {
  /// The inventory's path as the user gave it.
  package var inventory: String
  package var changes: [Change]
  /// Of the whole run: the inventory's own, the store's.
  package var warnings: [Diagnostic]
  /// What changes about the secret store for all servers alike: for whom its records are.
  package var storeChanges: [FieldChange] = []
  /// Of the lock that was planned for; nil while nothing was ever applied.
  package var lineage: String?

  package init(inventory: String, changes: [Change] = [], warnings: [Diagnostic] = []) {
    self.inventory = inventory
    self.changes = changes
    self.warnings = warnings
  }

  package func count(_ action: Action) -> Int { changes.count { $0.action == action } }

  /// Whether an apply would do anything.
  package var hasChanges: Bool { changes.contains { $0.step != .nothing } }

  /// Whether something cannot be done without a person.
  package var isBlocked: Bool { changes.contains { $0.action == .blocked } }
}

/// What was asked of `plan` and `apply`, as far as it decides what is planned.
package struct PlanOptions: Sendable, Equatable {
  /// Only these servers; empty: all.
  package var only: Set<String> = []
  /// Discover again for servers that did not change.
  package var refresh = false
  /// No request at all.
  package var offline = false
  /// Register again where an earlier outcome is unknown.
  package var retryUnknown = false
  /// These servers get a new secret, or a new client (`mcpauth rotate`).
  package var rotate: Set<String> = []

  package init() {}
}
