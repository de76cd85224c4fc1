import MCPAuthCore
import MCPAuthPlan

/// The secret records of one client: copies, older and newer versions, and records under other names of its server.
///
/// The lock entry names one record. Another branch may have changed the client since, so the store may have a newer record with the credentials that
/// are valid now. A record is removed only when its client is known to be deleted at its server, when the token endpoint refused its own secret, or
/// when a user asks for it (SecretStores#When-a-record-is-removed): the lock file of another branch may name the record.
struct ClientRecords: Sendable {
  let context: ReconcilerContext
  let lineage: String

  /// A record, and where it is in the store.
  struct Stored: Sendable, Equatable {
    enum Place: Sendable, Equatable {
      case server(String, version: String)
      /// Among the orphans' records.
      case orphans
    }

    var place: Place
    var record: SecretRecord
  }

  /// The records of one client.
  struct Found: Sendable {
    /// A record that leads to the name of another one comes before it.
    var stored: [Stored] = []
    /// Why a record could not be read. It may be of this client, so the other records alone do not tell that the client is gone.
    var problem: Diagnostic?

    /// Of records with the same time, the orphan's record comes first: it was copied last.
    var newestFirst: [Stored] {
      stored.enumerated().sorted { one, other in
        let (first, second) = (one.element, other.element)
        if first.record.sortTime != second.record.sortTime { return first.record.sortTime > second.record.sortTime }
        if (first.place == .orphans) != (second.place == .orphans) { return first.place == .orphans }
        return one.offset < other.offset
      }.map(\.element)
    }
  }

  /// The versions in the store, by the name of their server, and the names, by version.
  struct Listing: Sendable {
    fileprivate var versions: [String: [String]]
    fileprivate var names: [String: [String]] = [:]

    fileprivate init(_ versions: [String: [String]]) {
      self.versions = versions
      for (name, all) in versions { for version in all { names[version, default: []].append(name) } }
    }
  }

  /// The records of the store, without reading them.
  func listing() async throws(Diagnostic) -> Listing { Listing(try await context.secrets.list()) }

  /// All records of the client, under every name and in every version, and its record among the orphans' records.
  ///
  /// - Parameter listing: the records of the store, if they were listed already.
  /// - Throws: `secret-unreadable` if the store cannot be read here, or if the orphan's record cannot be read; `store-failed`.
  func all(of client: Orphan, in listing: Listing? = nil) async throws(Diagnostic) -> Found {
    guard context.secrets.canRead else {
      throw .storeUnreadable(context.secrets.name, why: "only the content of a record says which client it belongs to")
    }
    guard let clientID = client.clientID else { return Found() }
    let records: Listing
    if let listing { records = listing } else { records = try await self.listing() }
    var found = await servers(of: client, records)
    if let record = try await context.secrets.getOrphan(issuer: client.issuer, clientID: clientID),
      record.isOf(client, lineage: lineage)
    {
      found.stored.append(Stored(place: .orphans, record: record))
    }
    return found
  }

  /// Removes all records of these clients.
  ///
  /// - Parameter lock: a client that is in one of its entries or on its orphans' list keeps its records.
  func remove(_ clients: [Orphan], unlessIn lock: Lock) async throws(Diagnostic) {
    let gone = clients.filter { $0.clientID != nil && !$0.isKnown(in: lock) }
    guard !gone.isEmpty else { return }
    let listing = try await listing()
    for client in gone {
      let found = context.secrets.canRead ? await servers(of: client, listing) : Found()
      try await remove(found.stored)
      try await context.secrets.removeOrphan(issuer: client.issuer, clientID: client.clientID ?? "")
    }
  }

  /// Removes these records. The record that leads to the others is removed last: a run after a killed one finds what is left.
  func remove(_ stored: [Stored]) async throws(Diagnostic) {
    for item in stored.reversed() {
      switch item.place {
      case .server(let name, let version): try await context.secrets.remove(name, version: version)
      case .orphans:
        try await context.secrets.removeOrphan(issuer: item.record.issuer, clientID: item.record.clientID)
      }
    }
  }

  /// The client's records among those of servers. A server that was renamed has copies of the same version under its other names.
  private func servers(of client: Orphan, _ listing: Listing) async -> Found {
    var found = Found()
    var names = [client.server]
    var next = 0
    while next < names.count {
      let name = names[next]
      var versions: Set<String> = []
      for version in listing.versions[name] ?? [] {
        do throws(Diagnostic) {
          guard let record = try await context.secrets.get(name, version: version),
            record.isOf(client, lineage: lineage)
          else { continue }
          found.stored.append(Stored(place: .server(name, version: version), record: record))
          versions.insert(version)
        } catch {
          found.problem = found.problem ?? error
        }
      }
      names += Set(versions.flatMap { listing.names[$0] ?? [] }).subtracting(names).sorted()
      next += 1
    }
    return found
  }
}

extension Orphan {
  /// Whether an entry of the lock has this client. Then the client is never deleted.
  func isInUse(in lock: Lock) -> Bool { lock.servers.values.contains(where: isClient) }

  /// Whether one of these entries has this client (`LockWriter.usedEntries`).
  func isInUse(in entries: [(server: String, entry: LockEntry)]) -> Bool { entries.contains { isClient(of: $0.entry) } }

  /// Whether an entry of the lock has this client, or a line of its orphans' list. Then its records stay.
  func isKnown(in lock: Lock) -> Bool {
    isInUse(in: lock) || lock.orphans.contains { $0.clientID == clientID && $0.issuer == issuer }
  }

  /// The client of a lock entry, whatever became of it; nil if the entry has no client with an issuer.
  init?(clientOf entry: LockEntry, server: String) {
    guard let issuer = entry.issuer, let clientID = entry.clientID else { return nil }
    self.init(
      server: server, issuer: issuer, clientID: clientID, reason: .removed,
      since: entry.registeredAt ?? Timestamp(seconds: 0), managed: false)
  }
}
