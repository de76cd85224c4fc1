import MCPAuthCore
import MCPAuthPlan

extension SecretStore {
  /// Reads the record that a lock entry names, and checks that it belongs to the entry (SecretStores#Records).
  ///
  /// - Throws: `secret-missing`, `secret-unreadable`, `secret-mismatch`.
  func record(
    of entry: LockEntry, named server: String, lineage: String?
  ) async throws(Diagnostic) -> SecretRecord {
    guard let version = entry.secretVersion else { throw .secretMissing(server, version: "none", store: name) }
    guard canRead else { throw .secretUnreadable(server, version: version, store: name) }
    return try bound(try await get(server, version: version), to: entry, version, named: server, lineage: lineage)
  }

  /// The record that was read for an entry, after the check that it belongs to the entry.
  private func bound(
    _ record: SecretRecord?, to entry: LockEntry, _ version: String, named server: String, lineage: String?
  ) throws(Diagnostic) -> SecretRecord {
    guard let record else { throw .secretMissing(server, version: version, store: name) }
    guard record.isBound(to: entry, named: server, lineage: lineage) else {
      throw .secretMismatch(server, version: version)
    }
    return record
  }

  /// How many records are in memory at the same time when all are checked.
  private static var checkedAtOnce: Int { 512 }

  /// Reads the record of each of these entries, and checks that it belongs to the entry (SecretStores#Records).
  ///
  /// - Returns: what is wrong, by server: `secret-missing`, `secret-unreadable`, `secret-mismatch`, `store-failed`.
  func problems(
    of entries: [(server: String, version: String, entry: LockEntry)], lineage: String
  ) async -> [String: Diagnostic] {
    var found: [String: Diagnostic] = [:]
    for start in stride(from: 0, to: entries.count, by: Self.checkedAtOnce) {
      let some = entries[start..<min(start + Self.checkedAtOnce, entries.count)]
      let read = await get(some.map { (server: $0.server, version: $0.version) })
      for (item, result) in zip(some, read) {
        do throws(Diagnostic) {
          _ = try bound(try result.get(), to: item.entry, item.version, named: item.server, lineage: lineage)
        } catch {
          found[item.server] = error
        }
      }
    }
    return found
  }
}

extension SecretRecord {
  /// Whether the record belongs to the entry. A record that was copied to another name, or whose endpoints differ from the lock, is not used: its
  /// secrets would be sent to an address that another user chose.
  func isBound(to entry: LockEntry, named server: String, lineage: String?) -> Bool {
    self.lineage == lineage && self.server == server && version == entry.secretVersion && issuer == entry.issuer
      && clientID == entry.clientID && self.entry.hasEndpoints(of: entry)
  }

  /// Whether the record is of this client, in any version.
  func isOf(_ orphan: Orphan, lineage: String) -> Bool {
    self.lineage == lineage && issuer == orphan.issuer && clientID == orphan.clientID
  }

  /// The time by which records of one client are compared; nil if the record has none.
  private var time: Timestamp? { storedAt ?? entry.registeredAt }

  /// Whether the record is certainly older than the other one of the same client.
  func isOlder(than other: SecretRecord) -> Bool {
    guard let time, let otherTime = other.time else { return false }
    return time < otherTime
  }

  /// For sorting: records without a time come before all others.
  var sortTime: Int64 { time?.seconds ?? Int64.min }
}

extension Diagnostic {
  static func secretMissing(_ server: String, version: String, store: String) -> Diagnostic {
    Diagnostic(
      .error, .secretMissing,
      "the secret record of '\(server)' (version \(version)) is not in the \(store) store",
      help: [
        "restore it from where the last apply ran, or from a backup",
        "if it is in the store that the inventory named before: mcpauth secrets move --from STORE",
        "replace the client with mcpauth rotate \(server), or by raising generation; users must then reconnect",
      ])
  }

  static func secretMismatch(_ server: String, version: String) -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch,
      "the secret record of '\(server)' (version \(version)) does not belong to its entry in the lock file: server, lineage, issuer, client id or endpoints differ",
      help: [
        "restore the record and the lock file as the last apply left them: one of them was changed since",
        "replace the client with mcpauth rotate \(server), or by raising generation; users must then reconnect",
      ])
  }

  static func secretUnreadable(_ server: String, version: String, store: String) -> Diagnostic {
    Diagnostic(
      .error, .secretUnreadable,
      "the secret record of '\(server)' (version \(version)) is needed, and the \(store) store cannot be read here",
      help: [readableElsewhere(store)])
  }

  /// Where a store can be read that cannot be read here.
  static func readableElsewhere(_ store: String) -> String {
    switch store {
    // Both keep records that are encrypted with age.
    case "age", "etcd": "run where the identity is: set MCPAUTH_AGE_KEY or MCPAUTH_AGE_KEY_FILE"
    case "exec": "apply runs the program of the store, where MCPAUTH_STORE_PROGRAMS names it"
    default: "run where the store can be read"
    }
  }
}
