package import MCPAuthCore
package import MCPAuthPlan
package import MCPAuthReconciler

/// Secret records in a KV version 2 engine of OpenBao or Vault (SecretStores#KV2). The path belongs to one inventory: `records/NAME.<version>`,
/// `orphans/<hash>` and `stored/KEY` are below it.
package struct KV2SecretStore: StoredSecretStore {
  package let name = "kv2"
  package let sharesStored = false
  private let values: KV2Values
  private let names = RecordName(ending: "")

  package init(_ settings: KV2Settings, _ connection: StoreConnection) {
    values = KV2Values(KV2Link(settings: settings, connection: connection))
  }

  private static let records = "records"

  // MARK: SecretStore

  package func prove() async throws(Diagnostic) -> [Diagnostic] {
    // It begins with a dot, as the name of no server does. It is as long as a record, because some servers limit the size.
    let key = Self.records + "/.proof-" + RandomName.hex(bytes: 8)
    let text = RandomName.hex(bytes: 1024)
    try await values.create(key, text)
    let problem: Diagnostic?
    do throws(Diagnostic) {
      problem = try await values.text(key) == text ? nil : values.link.failed("it does not return what was stored")
    } catch {
      problem = error
    }
    // Also after a problem, so that the proof does not stay.
    try await values.remove(key)
    if var problem {
      problem.code = .storeFailed
      throw problem
    }
    _ = try await values.names(in: Self.records)
    return []
  }

  package func list() async throws(Diagnostic) -> [String: [String]] {
    var found: [String: [String]] = [:]
    for name in try await values.names(in: Self.records) {
      if let (server, version) = names.parse(name) { found[server, default: []].append(version) }
    }
    return found
  }

  package func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
    guard let file = names.file(server: server, version: version) else {
      throw Diagnostic(
        .error, .secretUnreadable, "'\(shown(server, version))' cannot be the name of a secret record")
    }
    let key = Self.records + "/" + file
    guard let record = try await record(key) else { return nil }
    guard record.server == server, record.version == version else {
      throw mismatch(key, "it is the record '\(shown(record.server, record.version))'")
    }
    return record
  }

  package func put(_ record: SecretRecord) async throws(Diagnostic) {
    guard let file = names.file(server: record.server, version: record.version) else {
      throw Diagnostic(
        .error, .storeFailed, "'\(shown(record.server, record.version))' cannot be the name of a secret record")
    }
    try await values.create(Self.records + "/" + file, text(record))
  }

  package func remove(_ server: String, version: String) async throws(Diagnostic) {
    guard let file = names.file(server: server, version: version) else { return }
    try await values.remove(Self.records + "/" + file)
  }

  /// A later record of the same client replaces an earlier one, because its token is newer (RFC 7592 section 3).
  package func putOrphan(_ record: SecretRecord) async throws(Diagnostic) {
    try await values.replace(
      Self.orphan(orphanName(issuer: record.issuer, clientID: record.clientID)), text(record))
  }

  package func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? {
    try await getOrphan(named: orphanName(issuer: issuer, clientID: clientID))
  }

  package func orphanName(issuer: String, clientID: String) -> String {
    RecordName.hash(issuer: issuer, clientID: clientID)
  }

  package func orphanNames() async throws(Diagnostic) -> [String] {
    try await values.names(in: SecretFolder.orphans).filter(RecordName.isHash).sorted()
  }

  package func getOrphan(named name: String) async throws(Diagnostic) -> SecretRecord? {
    guard RecordName.isHash(name), let record = try await record(Self.orphan(name)) else { return nil }
    guard orphanName(issuer: record.issuer, clientID: record.clientID) == name else {
      throw mismatch(Self.orphan(name), "it belongs to another client")
    }
    return record
  }

  package func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
    try await values.remove(Self.orphan(orphanName(issuer: issuer, clientID: clientID)))
  }

  // MARK: Stored values

  package func storedKeys() async throws(Diagnostic) -> [String] {
    try await values.names(in: SecretFolder.stored).compactMap(names.storedKey).sorted()
  }

  package func getStored(_ key: String) async throws(Diagnostic) -> Secret? {
    let place = try storedPlace(key)
    guard let text = try await values.text(place) else { return nil }
    do throws(StoredValue.Problem) {
      return try StoredValue.decode(Array(text.utf8), key: key)
    } catch .otherKey {
      throw mismatch(place, "it belongs to another key", again: "mcpauth secrets set \(key)")
    } catch {
      throw values.unreadable(place, "it has no value", help: ["set it again: mcpauth secrets set \(key)"])
    }
  }

  package func putStored(_ key: String, _ value: Secret) async throws(Diagnostic) {
    let bytes = StoredValue.encode(key, value)
    try await values.replace(try storedPlace(key), String(decoding: bytes, as: UTF8.self))
  }

  package func removeStored(_ key: String) async throws(Diagnostic) {
    try await values.remove(try storedPlace(key))
  }

  // MARK: Shared

  private static func orphan(_ name: String) -> String { SecretFolder.orphans + "/" + name }

  private func storedPlace(_ key: String) throws(Diagnostic) -> String {
    guard let file = names.file(storedKey: key) else { throw StoredValue.badKey(key) }
    return SecretFolder.stored + "/" + file
  }

  private func text(_ record: SecretRecord) -> String { String(decoding: record.encoded(), as: UTF8.self) }

  private func record(_ key: String) async throws(Diagnostic) -> SecretRecord? {
    guard let text = try await values.text(key) else { return nil }
    do throws(LockShapeError) {
      return try SecretRecord(decoding: Array(text.utf8))
    } catch {
      throw values.unreadable(key, error.message)
    }
  }

  private func mismatch(_ key: String, _ problem: String, again: String = "mcpauth rotate NAME") -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch, "the kv2 store at \(values.link.shownAddress): \(values.full(key)): \(problem)",
      help: ["restore the right one from a backup", "or make a new one: \(again)"])
  }

  private func shown(_ server: String, _ version: String) -> String {
    ForeignText.printable("\(server).\(version)", limit: 160)
  }
}
