package import MCPAuthCore

extension Orphan {
  /// The list entry for the client of a lock entry that is no longer in use.
  ///
  /// - Returns: nil for an entry without a client that mcpauth registered, and where the client no longer exists.
  package init?(retiring entry: LockEntry, of server: String, reason: Reason, since: Timestamp) {
    guard entry.registration == .dcr, !entry.isLost, let clientID = entry.clientID, let issuer = entry.issuer else {
      return nil
    }
    self.init(
      server: server, issuer: issuer, clientID: clientID, reason: reason, since: since, managed: entry.isManaged)
  }

  /// Whether both list entries describe the same client. An orphan without a client ID is identified by its time.
  package func isAbout(sameAs other: Orphan) -> Bool {
    server == other.server && issuer == other.issuer && clientID == other.clientID
      && (clientID != nil || since == other.since)
  }

  /// Whether the lock entry uses this client. Then the client is no orphan, and is never deleted.
  package func isClient(of entry: LockEntry) -> Bool {
    clientID != nil && clientID == entry.clientID && (issuer == entry.issuer || entry.issuer == nil)
  }
}

extension [Orphan] {
  /// Adds an orphan, or replaces the list entry for the same client.
  package mutating func add(_ orphan: Orphan) {
    if let index = firstIndex(where: { $0.isAbout(sameAs: orphan) }) { self[index] = orphan } else { append(orphan) }
  }

  /// Lists the client of a lock entry that is no longer in use. Only clients that mcpauth registered are listed.
  package mutating func retire(_ entry: LockEntry, of server: String, reason: Orphan.Reason, since: Timestamp) {
    guard let orphan = Orphan(retiring: entry, of: server, reason: reason, since: since) else { return }
    // The existing list entry is kept, with the data from that time.
    if contains(where: { $0.isAbout(sameAs: orphan) }) { return }
    append(orphan)
  }
}

extension LockEntry {
  /// Whether it is the same client. This includes a client that the inventory has adopted without naming its issuer.
  package func hasClient(of other: LockEntry) -> Bool {
    clientID == other.clientID && (issuer == other.issuer || issuer == nil || other.issuer == nil)
  }
}
