import MCPAuthCore
import MCPAuthPlan

/// Takes old versions of records away, once the lock that no longer names them is durable (SecretStores#Records).
struct RecordCleanup: Sendable {
  let context: ReconcilerContext

  /// - Parameters:
  ///   - lock: as it stands in the lock file.
  ///   - known: the versions that may be there.
  ///   - before: the entries as they were when the run began.
  /// - Returns: a warning for each record whose client nobody names.
  func run(
    lock: Lock, known: [String: Set<String>], before: [String: LockEntry]
  ) async throws(Diagnostic) -> [Diagnostic] {
    var warnings: [Diagnostic] = []
    for (server, versions) in known.sorted(by: { $0.key < $1.key }) {
      let current = lock.servers[server]
      for version in versions.sorted() where version != current?.secretVersion {
        let wasLocks = before[server]?.secretVersion == version
        let record = try? await context.secrets.get(server, version: version)
        if let record {
          guard record.lineage == lock.lineage else { continue }
          try await keepToken(of: record, lock)
          guard wasLocks || isAccountedFor(record, lock) else {
            warnings.append(unaccounted(record))
            continue
          }
        } else if !wasLocks {
          continue  // what cannot be read is not known to be ours
        }
        try await context.secrets.remove(server, version: version)
      }
    }
    return warnings
  }

  /// A run that was broken off had no time to put the old client's token where the orphans' are: it may be deleted yet.
  private func keepToken(of record: SecretRecord, _ lock: Lock) async throws(Diagnostic) {
    let isManagedOrphan = lock.orphans.contains {
      $0.managed && $0.issuer == record.issuer && $0.clientID == record.clientID
    }
    guard isManagedOrphan,
      try await context.secrets.getOrphan(issuer: record.issuer, clientID: record.clientID) == nil
    else { return }
    try await context.secrets.putOrphan(record)
  }

  /// Whether the lock knows of the record's client, or has moved on since: a newer record is of a client that only an older lock file, come
  /// back from somewhere, does not know.
  func isAccountedFor(_ record: SecretRecord, _ lock: Lock) -> Bool {
    if lock.servers.values.contains(where: { $0.hasClient(of: record.entry) }) { return true }
    if lock.orphans.contains(where: { $0.issuer == record.issuer && $0.clientID == record.clientID }) { return true }
    guard let current = lock.servers[record.server]?.registeredAt, let made = record.entry.registeredAt else {
      return false
    }
    return made <= current
  }

  private func unaccounted(_ record: SecretRecord) -> Diagnostic {
    .warning(
      .clientLeftBehind,
      "there is a secret record of '\(record.server)' (version \(record.version)) for the client '\(ForeignText.printable(record.clientID, limit: 128))' at \(ForeignText.printable(record.issuer, limit: 256)), of which the lock file knows nothing",
      help: [
        "restore the lock file that has it, or delete the client at its server and the record from the store"
      ])
  }
}
