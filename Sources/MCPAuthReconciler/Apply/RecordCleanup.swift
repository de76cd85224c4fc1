import MCPAuthCore
import MCPAuthPlan

/// Takes old versions of records away, once the lock that no longer names them is durable (product 4).
struct RecordCleanup: Sendable {
  let context: ReconcilerContext

  /// - Parameters:
  ///   - lock: as it was just written.
  ///   - known: the versions that were there when the run began.
  ///   - before: the entries as they were then.
  func run(lock: Lock, known: [String: [String]], before: [String: LockEntry]) async throws(Diagnostic) {
    for (server, versions) in known {
      let current = lock.servers[server]?.secretVersion
      for version in versions where version != current {
        // What was the lock's own is ours; of anything else the record itself must say so.
        if before[server]?.secretVersion != version {
          guard let record = try? await context.secrets.get(server, version: version), record.lineage == lock.lineage
          else {
            continue
          }
        }
        try await context.secrets.remove(server, version: version)
      }
    }
  }
}
