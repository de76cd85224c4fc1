package import MCPAuthCore
package import MCPAuthPlan

/// The names of all items in the secret store. No item was read.
package struct SecretListResult: Sendable, Equatable {
  /// The records of a server, and their state according to the lock.
  package struct Server: Sendable, Equatable {
    package var name: String
    /// Sorted.
    package var versions: [String]
    /// The version that the lock uses; nil if it uses none.
    package var used: String?
    /// When the client's secret expires; nil: it does not expire, or there is no secret.
    package var expiresAt: Timestamp?
    package var isLocked: Bool

    /// Whether the lock uses a record that does not exist.
    package var lacksRecord: Bool { used.map { !versions.contains($0) } ?? false }
  }

  /// The record of a client on the orphans' list.
  package struct OrphanRecord: Sendable, Equatable {
    package var name: String
    /// The client's line on the orphans' list; nil if no line has this record.
    package var orphan: Orphan?
  }

  package struct Stored: Sendable, Equatable {
    package var key: String
    /// Where the inventory refers to the value.
    package var uses: [SecretUse]
  }

  /// `directory`, `age`, `helper`, `exec`.
  package var store: String
  /// Whether records can be read here.
  package var canRead: Bool
  /// Sorted by name: servers with records, and servers whose record is missing.
  package var servers: [Server]
  package var orphans: [OrphanRecord]
  package var stored: [Stored]
  package var warnings: [Diagnostic]
}

extension SecretListResult {
  init(_ context: ReconcilerContext, _ store: any StoredSecretStore) async throws(Diagnostic) {
    let found = try await ExportSource(context).lockIfAny()
    let records = try await store.list()
    let entries = found?.lock.servers ?? [:]
    self.store = store.name
    canRead = store.canRead
    warnings = found?.warnings ?? []
    let names = Set(records.keys).union(entries.filter { $0.value.secretVersion != nil }.keys)
    servers = names.sorted().map { name in
      Server(
        name: name, versions: (records[name] ?? []).sorted(), used: entries[name]?.secretVersion,
        expiresAt: entries[name]?.secretExpiresAt, isLocked: entries[name] != nil)
    }
    var lines: [String: Orphan] = [:]
    for orphan in found?.lock.orphans ?? [] {
      guard let clientID = orphan.clientID else { continue }
      lines[store.orphanName(issuer: orphan.issuer, clientID: clientID)] = orphan
    }
    orphans = try await store.orphanNames().map { OrphanRecord(name: $0, orphan: lines[$0]) }
    let uses = context.inventory.storedUses
    stored = try await store.storedKeys().map { Stored(key: $0, uses: uses[$0] ?? []) }
  }
}
