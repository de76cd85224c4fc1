package import MCPAuthCore

extension Orphan {
  /// The line for the client of an entry that is no longer anybody's.
  ///
  /// - Returns: nil for entries without a client of ours, and where it is not there any more.
  package init?(retiring entry: LockEntry, of server: String, reason: Reason, since: Timestamp) {
    guard entry.registration == .dcr, !entry.isLost, let clientID = entry.clientID, let issuer = entry.issuer else {
      return nil
    }
    self.init(
      server: server, issuer: issuer, clientID: clientID, reason: reason, since: since, managed: entry.isManaged)
  }

  /// Whether both lines are about the same client. One without an id is known by its time.
  package func isAbout(sameAs other: Orphan) -> Bool {
    server == other.server && issuer == other.issuer && clientID == other.clientID
      && (clientID != nil || since == other.since)
  }

  /// Whether the entry is the client's: then it is nobody's orphan, and is never deleted.
  package func isClient(of entry: LockEntry) -> Bool {
    clientID != nil && clientID == entry.clientID && (issuer == entry.issuer || entry.issuer == nil)
  }
}

extension [Orphan] {
  /// Adds a line, or puts it in place of the one about the same client.
  package mutating func add(_ orphan: Orphan) {
    if let index = firstIndex(where: { $0.isAbout(sameAs: orphan) }) { self[index] = orphan } else { append(orphan) }
  }

  /// Lists the client of an entry that is no longer anybody's; only clients that were registered here.
  package mutating func retire(_ entry: LockEntry, of server: String, reason: Orphan.Reason, since: Timestamp) {
    guard let orphan = Orphan(retiring: entry, of: server, reason: reason, since: since) else { return }
    // What was noted of it at the time stands.
    if contains(where: { $0.isAbout(sameAs: orphan) }) { return }
    append(orphan)
  }
}

extension LockEntry {
  /// Whether it is the same client: also where the inventory has taken it for its own, and does not name its issuer.
  package func hasClient(of other: LockEntry) -> Bool {
    clientID == other.clientID && (issuer == other.issuer || issuer == nil || other.issuer == nil)
  }
}
