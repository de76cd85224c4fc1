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

  /// `directory`, `age`, `helper`.
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

  private static let width = 8

  /// A lock file that may name records of this inventory.
  private struct Reader {
    var place: String
    var lock: Lock
  }

  func look(_ loaded: LoadedState) async throws(Diagnostic) -> SecretPruneResult {
    guard store.canRead else {
      throw .storeUnreadable(store.name, why: "only a record itself says which client it is of")
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
    for item in try await store.items() {
      switch item {
      case .record(let server, let version):
        if own.servers[server]?.secretVersion == version || undecided.contains(server) { continue }
        let places = others.filter { $0.lock.servers[server]?.secretVersion == version }.map(\.place)
        try await sort(item, places, own, others, lineage, &result) { () async throws(Diagnostic) in
          try await store.get(server, version: version)
        }
      case .orphan(let name):
        if lists(own, name) { continue }
        let places = others.filter { lists($0.lock, name) }.map(\.place)
        try await sort(item, places, own, others, lineage, &result) { () async throws(Diagnostic) in
          try await store.getOrphan(named: name)
        }
      case .stored: break
      }
    }
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

  private func sort(
    _ item: SecretItem, _ places: [String], _ own: Lock, _ others: [Reader], _ lineage: String,
    _ result: inout SecretPruneResult, _ read: () async throws(Diagnostic) -> SecretRecord?
  ) async throws(Diagnostic) {
    guard places.isEmpty else {
      result.inUse.append(SecretPruneResult.InUse(item: item, places: places))
      return
    }
    let record: SecretRecord
    do throws(Diagnostic) {
      guard let found = try await read() else { return }
      record = found
    } catch {
      result.left.append(error)
      return
    }
    guard record.lineage == lineage else {
      result.left.append(
        .warning(
          .secretMismatch, "the record of '\(record.server)' (version \(record.version)) belongs to another lock file",
          help: ["move it back to its own place"]))
      return
    }
    // The client is still on an orphans' list: it must still be deleted, or a user must handle it.
    let isOrphans = ([own] + others.map(\.lock)).contains { lock in
      lock.orphans.contains { $0.issuer == record.issuer && $0.clientID == record.clientID }
    }
    if isOrphans { return }
    result.unused.append(
      SecretPruneResult.Unused(
        item: item, server: record.server, issuer: record.issuer, clientID: record.clientID,
        registeredAt: record.entry.registeredAt))
  }

  private func lists(_ lock: Lock, _ name: String) -> Bool {
    lock.orphans.contains { orphan in
      orphan.clientID.map { store.orphanName(issuer: orphan.issuer, clientID: $0) == name } ?? false
    }
  }

  /// - Throws: `lock-invalid` and the like for a lock file that cannot be read: it is not known what it names.
  private func readers(_ lineage: String) async throws(Diagnostic) -> [Reader] {
    var readers: [Reader] = []
    for file in try await context.state.otherLocks() {
      let lock = try LockCodec.decode(file.bytes, file: file.place)
      if lock.lineage == lineage { readers.append(Reader(place: file.place, lock: lock)) }
    }
    return readers
  }
}
