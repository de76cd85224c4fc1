import MCPAuthCore
import MCPAuthPlan

/// Reads the records that the changes of a plan need, from a store that is asked only for these (SecretStores#Records).
struct NeededRecords {
  let store: any SecretStore
  let planner: Planner
  let lineage: String?

  /// What is wrong with the needed records, by the name under which each is stored.
  ///
  /// - Returns: empty for a store whose records were all read when the run began.
  func problems(of changes: [Change]) async -> [String: Diagnostic] {
    guard store.canRead, store.readsOnlyNeeded else { return [:] }
    let servers = Dictionary(planner.inventory.servers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let needed = changes.compactMap { change -> (name: String, entry: LockEntry)? in
      // The record of a server that is gone from the inventory is read when it is copied to those of the orphans.
      guard let server = servers[change.server], change.action != .blocked, let entry = change.entry,
        change.needsRecord(refreshes: planner.options.refresh)
      else { return nil }
      let name = planner.movedEntry(of: server)?.from ?? server.name
      guard planner.standing.secretProblems[name] == nil else { return nil }
      return (name, entry)
    }
    return await store.problems(ofNeeded: needed, lineage: lineage)
  }
}

extension SecretStore {
  /// Reads records that were not read when the run began, and checks that each belongs to its entry.
  ///
  /// - Returns: what is wrong, by name; empty for a store whose records were all read when the run began.
  func problems(
    ofNeeded entries: [(name: String, entry: LockEntry)], lineage: String?
  ) async -> [String: Diagnostic] {
    guard canRead, readsOnlyNeeded else { return [:] }
    let named = entries.compactMap { item -> (server: String, version: String, entry: LockEntry)? in
      item.entry.secretVersion.map { (server: item.name, version: $0, entry: item.entry) }
    }
    return await problems(of: named, lineage: lineage ?? "")
  }
}

extension Change {
  /// Whether the change needs data that is only in the record: the management token, or the whole record if it gets another name.
  ///
  /// - Parameter refreshes: whether managed clients are read back (`--refresh`).
  func needsRecord(refreshes: Bool) -> Bool {
    guard let entry else { return false }
    if reasons.contains(.moved) { return true }
    let isManaged = entry.isManaged && !entry.isLost
    return switch step {
    case .updateInPlace: true
    case .register, .remove: isManaged
    // A new record is written when the endpoints change.
    case .write(let new):
      new.hasClient(of: entry) ? new.secretVersion != nil && !new.hasEndpoints(of: entry) : isManaged
    case .nothing: isManaged && refreshes && !reasons.contains(.disabled)
    case .discoverFirst: false
    }
  }
}
