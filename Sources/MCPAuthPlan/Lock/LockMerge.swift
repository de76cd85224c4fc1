package import MCPAuthCore

/// Merges three states of one lock file, by entry and by orphan (PlanAndApply#Lock-file). The git merge driver uses it.
///
/// An entry that only one side changed is taken from that side. If both sides changed an entry in different ways, this is a conflict. The result
/// then contains the complete entry of one side (never a mixture, because the server knows only one or the other). The client of the other side is
/// added to the list of orphans, so that no client is lost, and the next apply deletes it where that is possible. A person must still confirm the
/// result.
package struct LockMerge: Sendable, Equatable {
  package enum Side: String, Sendable, CaseIterable {
    case ours, theirs

    var other: Side { self == .ours ? .theirs : .ours }
  }

  /// A server whose entry both sides changed in different ways.
  package struct Conflict: Sendable, Equatable {
    package var server: String
    /// nil: there was no entry, or it was removed.
    package var base: LockEntry?
    package var ours: LockEntry?
    package var theirs: LockEntry?
    /// The side whose entry the result contains.
    package var kept: Side
    /// The client that becomes an orphan by the merge; nil where there is none.
    package var orphan: Orphan?
  }

  /// A client that the sides moved to different names. The result contains it under both names.
  package struct DuplicateClient: Sendable, Equatable {
    package var clientID: String
    package var issuer: String
    /// Sorted.
    package var servers: [String]
  }

  /// The merged lock file. It is complete and valid, also where there are conflicts.
  package private(set) var lock: Lock
  /// By name.
  package private(set) var conflicts: [Conflict] = []
  package private(set) var duplicates: [DuplicateClient] = []

  package var isClean: Bool { conflicts.isEmpty && duplicates.isEmpty }

  private let base: Lock
  private let ours: Lock
  private let theirs: Lock
  private let preferred: Side
  private let now: Timestamp

  /// - Parameters:
  ///   - base: nil when the sides have no common ancestor.
  ///   - preferred: the side whose entry is kept where no other rule decides.
  ///   - now: the time since when a client is an orphan, for a client whose registration time is unknown.
  /// - Throws: `merge-refused` for lock files of different lineages.
  package init(base: Lock?, ours: Lock, theirs: Lock, preferred: Side = .ours, now: Timestamp) throws(Diagnostic) {
    let base = base ?? Lock(lineage: ours.lineage)
    guard ours.lineage == theirs.lineage, base.lineage == ours.lineage else {
      throw Self.foreign(base, ours, theirs)
    }
    (self.base, self.ours, self.theirs) = (base, ours, theirs)
    (self.preferred, self.now) = (preferred, now)
    lock = Lock(lineage: ours.lineage)
    lock.orphans = OrphanMerge(base: base.orphans, ours: ours.orphans, theirs: theirs.orphans).result
    lock.secretsCommand = Self.secretsCommand(base, ours, theirs)
    lock.moves = max(ours.moves, theirs.moves)
    let names = Set(base.servers.keys).union(ours.servers.keys).union(theirs.servers.keys)
    for name in names.sorted() { merge(name) }
    dropOrphansInUse()
    findDuplicates()
  }

  /// Where both sides changed it, the result has none: the next apply writes it, and no plan runs a program before.
  private static func secretsCommand(_ base: Lock, _ ours: Lock, _ theirs: Lock) -> [String]? {
    let (old, our, their) = (base.secretsCommand, ours.secretsCommand, theirs.secretsCommand)
    if our == their || their == old { return our }
    return our == old ? their : nil
  }

  private mutating func merge(_ name: String) {
    let (old, our, their) = (base.servers[name], ours.servers[name], theirs.servers[name])
    if our == their || their == old {
      lock.servers[name] = our
    } else if our == old {
      lock.servers[name] = their
    } else {
      let kept = choice(old, our, their)
      let (entry, other) = kept == .ours ? (our, their) : (their, our)
      lock.servers[name] = entry
      let orphan = orphan(of: name, losing: other, to: entry, old)
      if let orphan, !lock.orphans.contains(where: { $0.isAbout(sameAs: orphan) }) { lock.orphans.append(orphan) }
      conflicts.append(Conflict(server: name, base: old, ours: our, theirs: their, kept: kept, orphan: orphan))
    }
  }

  /// The side whose entry is kept. An entry that is known to be deleted or outdated is never kept.
  private func choice(_ old: LockEntry?, _ our: LockEntry?, _ their: LockEntry?) -> Side {
    guard let old, old.clientID != nil else { return preferred }
    // The side that has another client, or none, has deleted the old client, or will delete it soon.
    let keepsOld = (our?.hasClient(of: old) ?? false, their?.hasClient(of: old) ?? false)
    switch keepsOld {
    case (true, false): return .theirs
    case (false, true): return .ours
    case (false, false): return preferred
    case (true, true): break
    }
    // Both sides have the same client. The side that had an answer from its server has the token and the secret that are valid now.
    switch (our?.secretVersion != old.secretVersion, their?.secretVersion != old.secretVersion) {
    case (true, false): return .ours
    case (false, true): return .theirs
    default: break
    }
    // The lifetime of a renewed secret is counted from its renewal.
    let (mine, yours) = (our?.registeredAt ?? now, their?.registeredAt ?? now)
    return mine == yours ? preferred : mine > yours ? .ours : .theirs
  }

  /// The list entry for the client that no server in the result uses any more.
  ///
  /// The client of the common ancestor needs no entry: the side that replaced it has already listed or deleted it.
  private func orphan(of server: String, losing other: LockEntry?, to entry: LockEntry?, _ old: LockEntry?) -> Orphan? {
    guard let other, !(entry?.hasClient(of: other) ?? false), !(old?.hasClient(of: other) ?? false) else { return nil }
    return Orphan(
      retiring: other, of: server, reason: entry == nil ? .removed : .replaced,
      since: other.registeredAt ?? entry?.registeredAt ?? now)
  }

  /// Removes orphans that are in use: one side listed a client as an orphan, but the result keeps that client for the server.
  private mutating func dropOrphansInUse() {
    for name in conflicts.map(\.server) {
      guard let entry = lock.servers[name], !entry.isLost else { continue }
      lock.orphans.removeAll { $0.server == name && $0.isClient(of: entry) }
    }
  }

  /// Finds clients whose server both sides moved, to different names. A client is identified by its record, or by its registration time.
  private mutating func findDuplicates() {
    struct Key: Hashable {
      var issuer: String
      var clientID: String
      var secretVersion: String?
      var registeredAt: Timestamp
    }
    func names(_ lock: Lock) -> [Key: [String]] {
      var names: [Key: [String]] = [:]
      for (name, entry) in lock.servers where entry.registration == .dcr {
        guard let issuer = entry.issuer, let clientID = entry.clientID, let since = entry.registeredAt else { continue }
        let key = Key(issuer: issuer, clientID: clientID, secretVersion: entry.secretVersion, registeredAt: since)
        names[key, default: []].append(name)
      }
      return names
    }
    let (before, after) = ((names(ours), names(theirs)), names(lock))
    for (key, servers) in after where servers.count > 1 {
      guard before.0[key]?.count == 1, before.1[key]?.count == 1 else { continue }
      duplicates.append(DuplicateClient(clientID: key.clientID, issuer: key.issuer, servers: servers.sorted()))
    }
    duplicates.sort { $0.servers.lexicographicallyPrecedes($1.servers) }
  }

  private static func foreign(_ base: Lock, _ ours: Lock, _ theirs: Lock) -> Diagnostic {
    func shown(_ lineage: String) -> String { ForeignText.printable(lineage, limit: 64) }
    let whose =
      ours.lineage == theirs.lineage
      ? "both sides have the lineage \(shown(ours.lineage)), their common ancestor has \(shown(base.lineage))"
      : "ours has the lineage \(shown(ours.lineage)), theirs has \(shown(theirs.lineage))"
    let clients = theirs.servers.values.count { $0.registration == .dcr }
    return Diagnostic(
      .error, .mergeRefused, "these lock files do not belong to the same inventory: \(whose)",
      notes: [
        "theirs has \(clients) registered client\(clients == 1 ? "" : "s"), ours \(ours.servers.values.count { $0.registration == .dcr })"
      ],
      help: [
        "keep one of them whole: git checkout --ours, or --theirs",
        "the clients of the other are still at their servers: delete them there, or adopt them with mcpauth import",
      ])
  }
}
