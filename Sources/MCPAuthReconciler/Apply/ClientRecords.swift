import MCPAuthCore
import MCPAuthPlan

/// The secret records of clients that no entry of the lock uses: copies, older versions, and records under earlier names of their server.
///
/// A record is removed only when its client is known to be deleted at its server, or when a user asks for it (SecretStores#When-a-record-is-removed):
/// the lock file of another branch may name the record.
struct ClientRecords: Sendable {
  let context: ReconcilerContext
  let lineage: String

  /// The record with the token that can delete the client; nil if there is none.
  func managementRecord(of orphan: Orphan) async throws(Diagnostic) -> SecretRecord? {
    guard let clientID = orphan.clientID else { return nil }
    if let record = try await context.secrets.getOrphan(issuer: orphan.issuer, clientID: clientID) {
      return record.isOf(orphan, lineage: lineage) ? record : nil
    }
    // A run that was interrupted, or a merge, may not have copied the token to the orphans' records. The newest record has the token that is valid
    // now.
    let records = await records(
      of: orphan, named: orphan.server, versions: try await context.secrets.list()[orphan.server] ?? [])
    return records.max { ($0.entry.registeredAt?.seconds ?? 0) < ($1.entry.registeredAt?.seconds ?? 0) }
  }

  /// Removes all records of these clients.
  ///
  /// - Parameter lock: a client that is in one of its entries or on its orphans' list keeps its records.
  func remove(_ clients: [Orphan], unlessIn lock: Lock) async throws(Diagnostic) {
    let gone = clients.filter { client in
      client.clientID != nil && !client.isInUse(in: lock)
        && !lock.orphans.contains { $0.clientID == client.clientID && $0.issuer == client.issuer }
    }
    guard !gone.isEmpty else { return }
    let versions = try await context.secrets.list()
    var servers: [String: [String]] = [:]
    for (server, all) in versions { for version in all { servers[version, default: []].append(server) } }
    for orphan in gone {
      // A server that was renamed has copies of the same version under its earlier names.
      var names = [orphan.server]
      var found: [SecretRecord] = []
      var next = 0
      while next < names.count {
        let own = await records(of: orphan, named: names[next], versions: versions[names[next]] ?? [])
        names += Set(own.flatMap { servers[$0.version] ?? [] }).subtracting(names).sorted()
        found += own
        next += 1
      }
      // The record that leads to the others is removed last: a run after a killed one finds what is left.
      for record in found.reversed() { try await context.secrets.remove(record.server, version: record.version) }
      try await context.secrets.removeOrphan(issuer: orphan.issuer, clientID: orphan.clientID ?? "")
    }
  }

  private func records(of orphan: Orphan, named server: String, versions: [String]) async -> [SecretRecord] {
    guard context.secrets.canRead else { return [] }
    var records: [SecretRecord] = []
    for version in versions {
      guard let record = try? await context.secrets.get(server, version: version),
        record.isOf(orphan, lineage: lineage)
      else { continue }
      records.append(record)
    }
    return records
  }
}

extension Orphan {
  /// Whether an entry of the lock has this client. Then the client is never deleted.
  func isInUse(in lock: Lock) -> Bool { lock.servers.values.contains(where: isClient) }
}
