import MCPAuthCore
import MCPAuthPlan

/// Blocks changes that need secrets which this run cannot read: those of an age store without an identity (SecretStores#Records), and damaged
/// records. Only the servers of these changes are blocked.
struct UnreadableSecrets {
  let loaded: LoadedState
  let canRead: Bool
  /// The name of the store.
  let store: String
  /// Whether managed clients are read back (`--refresh`).
  let refreshes: Bool

  func blocking(_ changes: [Change]) -> [Change] {
    guard !canRead || !loaded.undecided.isEmpty || !loaded.unread.isEmpty else { return changes }
    return changes.map { change in
      guard change.action != .blocked, let problem = problem(of: change) else { return change }
      // A reviewer sees what a run that can read the record would change.
      var blocked = change.blocked(by: problem)
      blocked.fields = change.fields
      return blocked
    }
  }

  /// `it is needed to update the client: scopes-changed`; nil for a change that is none of the client.
  static func purpose(of change: Change) -> String? {
    guard [.update, .replace, .remove].contains(change.action) else { return nil }
    return "it is needed to \(change.action.rawValue) the client: \(change.reasons.map(\.name).joined(separator: ", "))"
  }

  private func problem(of change: Change) -> Diagnostic? {
    if let undecided = loaded.undecided[change.server] { return undecided }
    if case .register = change.step, change.entry == nil, var problem = loaded.unread[change.server] {
      problem.notes.append("the lock file does not name this record, and its client may be the one to use")
      problem.help.append("or remove the record from the store, if its client is not needed any more")
      return problem
    }
    guard !canRead else { return nil }
    if let entry = change.entry, let version = entry.secretVersion, change.needsRecord(refreshes: refreshes) {
      var problem = Diagnostic.secretUnreadable(change.server, version: version, store: store)
      problem.notes += Self.purpose(of: change).map { [$0] } ?? []
      return problem
    }
    // The record may contain the client that would be registered again.
    if case .register = change.step, change.entry == nil, let version = loaded.records[change.server]?.min() {
      var problem = Diagnostic.secretUnreadable(change.server, version: version, store: store)
      problem.message += ": the lock file does not name it, and its client may be the one to use"
      problem.help.append("or remove the records that no lock file names: mcpauth secrets prune")
      return problem
    }
    return nil
  }
}

extension LoadedState {
  /// The state as commands show it to the user, including what cannot be decided here.
  func shown(_ inventory: Inventory, _ store: any SecretStore) -> Standing {
    var shown = standing
    shown.secretProblems.merge(unread) { old, _ in old }
    shown.secretProblems.merge(undecided) { $1 }
    guard !store.canRead else { return shown }
    for server in inventory.servers where shown.entries[server.name] == nil && server.isEnabled {
      guard server.mode.oauth2 != nil, shown.secretProblems[server.name] == nil, !shown.underWay.contains(server.name),
        let version = records[server.name]?.min()
      else { continue }
      shown.secretProblems[server.name] = .secretUnreadable(server.name, version: version, store: store.name)
    }
    return shown
  }

  /// For commands that remove or move the record of one server.
  ///
  /// - Throws: `secret-unreadable` if the record exists and cannot be read.
  func refuseUnreadable(_ server: String, _ entry: LockEntry?, in store: any SecretStore) throws(Diagnostic) {
    if let undecided = undecided[server] { throw undecided }
    guard !store.canRead, let version = entry?.secretVersion, records[server]?.contains(version) == true else { return }
    throw .secretUnreadable(server, version: version, store: store.name)
  }
}
