package import MCPAuthCore

/// What an apply will do: a change for each server in the order of the inventory, followed by the servers that are no longer in it, by name.
package struct Plan: Sendable, Equatable {
  /// The inventory's path as the user gave it.
  package var inventory: String
  package var changes: [Change]
  /// Warnings for the whole run: those of the inventory, and those of the store.
  package var warnings: [Diagnostic]
  /// Changes to the secret store that concern all servers: the recipients of its records.
  package var storeChanges: [FieldChange] = []
  /// The lineage of the lock file that the plan was made for; nil before the first apply.
  package var lineage: String?

  package init(inventory: String, changes: [Change] = [], warnings: [Diagnostic] = []) {
    self.inventory = inventory
    self.changes = changes
    self.warnings = warnings
  }

  package func count(_ action: Action) -> Int { changes.count { $0.action == action } }

  /// Whether an apply would do anything.
  package var hasChanges: Bool { changes.contains { $0.step != .nothing } }

  /// Whether a change needs a decision by a person first.
  package var isBlocked: Bool { changes.contains { $0.action == .blocked } }
}

/// The options of `plan` and `apply` that influence the plan.
package struct PlanOptions: Sendable, Equatable {
  /// Only these servers; empty: all.
  package var only: Set<String> = []
  /// Only the servers of this share.
  package var share = ServerShare.whole
  /// Discover also servers that did not change.
  package var refresh = false
  /// Ask each token endpoint whether it still knows the client, and replace the clients that are lost.
  package var verify = false
  /// Make no requests.
  package var offline = false
  /// Register again where an earlier outcome is unknown.
  package var retryUnknown = false
  /// These servers get a new secret, or a new client (`mcpauth rotate`).
  package var rotate: Set<String> = []

  package init() {}
}
