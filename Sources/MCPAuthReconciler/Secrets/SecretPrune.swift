package import MCPAuthCore
import MCPAuthPlan

/// The result of `secrets prune`.
package struct SecretPruneResult: Sendable, Equatable {
  /// A record that no lock file needs, as far as the lock files can be read here.
  package struct Unused: Sendable, Equatable {
    package var item: SecretItem
    package var server: String
    package var issuer: String
    package var clientID: String
    /// nil if the record does not have the time.
    package var registeredAt: Timestamp?
  }

  /// A record that only another lock file names.
  package struct InUse: Sendable, Equatable {
    package var item: SecretItem
    /// `refs/heads/main`, or a file beside the inventory.
    package var places: [String]
  }

  /// The name of the store, for example `directory`.
  package var store: String
  package var unused: [Unused] = []
  package var inUse: [InUse] = []
  /// The lock files that were read in addition to the inventory's own.
  package var places: [String] = []
  /// Whether the unused records were removed.
  package var isRemoved = false
  /// Records that cannot be read, or that belong to another lock file. They stay.
  package var left: [Diagnostic] = []
}

/// Finds the records that no lock file uses: neither the inventory's own, nor one beside it, nor one on a branch or tag of git.
struct SecretPrune {
  let context: ReconcilerContext
  let store: any StoredSecretStore

  /// A lock file that may name records of this inventory.
  private struct Reader {
    var place: String
    var lock: Lock
  }

  func look(_ loaded: LoadedState) async throws(Diagnostic) -> SecretPruneResult {
    guard store.canRead else {
      throw .storeUnreadable(store.name, why: "only the content of a record says which client it belongs to")
    }
    var result = SecretPruneResult(store: store.name)
    guard let lineage = loaded.lineage else { return result }
    var own = loaded.currentLock(lineage: lineage)
    // With the clients that an interrupted run replaced: the next apply puts them on the list of the lock file.
    own.orphans = loaded.standing.orphans
    let others = try await readers(lineage)
    result.places = others.map(\.place)
    // The next apply needs every record of these servers: a run was interrupted before it wrote their entry to the lock file.
    let undecided = Set(loaded.undecided.keys).union(loaded.standing.underWay)
      .union(loaded.unconfirmed.filter { $0.value.isJournaled }.keys)
    var unnamed: [SecretItem] = []
    for item in try await store.items() {
      if names(own, item) { continue }
      if case .record(let server, _) = item, undecided.contains(server) { continue }
      let places = others.filter { names($0.lock, item) }.map(\.place)
      if places.isEmpty {
        unnamed.append(item)
      } else {
        result.inUse.append(SecretPruneResult.InUse(item: item, places: places))
      }
    }
    let read = await unnamed.results { item throws(Diagnostic) in try await record(item) }
    for (item, found) in zip(unnamed, read) { sort(item, found, [own] + others.map(\.lock), lineage, &result) }
    return result
  }

  func remove(_ unused: [SecretPruneResult.Unused]) async throws(Diagnostic) {
    for record in unused {
      switch record.item {
      case .record(let server, let version): try await store.remove(server, version: version)
      case .orphan: try await store.removeOrphan(issuer: record.issuer, clientID: record.clientID)
      case .stored: break
      }
    }
  }

  private func record(_ item: SecretItem) async throws(Diagnostic) -> SecretRecord? {
    switch item {
    case .record(let server, let version): try await store.get(server, version: version)
    case .orphan(let name): try await store.getOrphan(named: name)
    case .stored: nil
    }
  }

  /// - Parameter locks: the inventory's own lock file, and the others.
  private func sort(
    _ item: SecretItem, _ read: Result<SecretRecord?, Diagnostic>, _ locks: [Lock], _ lineage: String,
    _ result: inout SecretPruneResult
  ) {
    let record: SecretRecord
    switch read {
    case .success(nil): return
    case .success(let found?): record = found
    case .failure(let problem):
      result.left.append(problem)
      return
    }
    guard record.lineage == lineage else {
      result.left.append(
        .warning(
          .secretMismatch, "the record of '\(record.server)' (version \(record.version)) belongs to another lock file",
          help: ["move it to the store of the inventory with its lineage"]))
      return
    }
    // The client is still on an orphans' list: it must still be deleted, or a user must handle it.
    let isOrphans = locks.contains { lock in
      lock.orphans.contains { $0.issuer == record.issuer && $0.clientID == record.clientID }
    }
    if isOrphans { return }
    result.unused.append(
      SecretPruneResult.Unused(
        item: item, server: record.server, issuer: record.issuer, clientID: record.clientID,
        registeredAt: record.entry.registeredAt))
  }

  /// Whether the lock file names the item. The values of `{stored: KEY}` are never pruned.
  private func names(_ lock: Lock, _ item: SecretItem) -> Bool {
    switch item {
    case .record(let server, let version): lock.servers[server]?.secretVersion == version
    case .orphan(let name):
      lock.orphans.contains { orphan in
        orphan.clientID.map { store.orphanName(issuer: orphan.issuer, clientID: $0) == name } ?? false
      }
    case .stored: true
    }
  }

  /// - Throws: `lock-invalid` and the like for a lock file that cannot be read: it is not known what it names.
  private func readers(_ lineage: String) async throws(Diagnostic) -> [Reader] {
    var readers: [Reader] = []
    for file in try await context.state.otherLocks() {
      let lock = try LockCodec.decode(file.bytes, file: file.place, acceptsMoved: true)
      if lock.lineage == lineage { readers.append(Reader(place: file.place, lock: lock)) }
    }
    return readers
  }
}
