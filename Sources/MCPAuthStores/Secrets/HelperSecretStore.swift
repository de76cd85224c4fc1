package import MCPAuthCore
import MCPAuthPlan
package import MCPAuthReconciler
import Synchronization

/// Secret records in a docker credential helper (SecretStores#Helper): a keychain, pass, whatever people have already.
///
/// The server URL of a record names its lineage, so that any number of inventories share a helper. The lineage is not known when the
/// store is opened: it is asked for when it is first needed, or taken from the first record that is put.
package struct HelperSecretStore: StoredSecretStore {
  package let name = "helper"
  package let sharesStored = true
  private let keychain: HelperKeychain
  private let lineage: Lineage

  /// - Parameters:
  ///   - helper: as in the inventory: `pass` runs `docker-credential-pass`, found on the PATH of `environment`.
  ///   - programs: whether it may be run; asked each time.
  ///   - location: of the store in the inventory.
  ///   - lineage: of lock file or journal; nil while nothing was ever applied. Asked again until there is one.
  ///   - timeout: for each run of the helper.
  package init(
    helper: String, environment: [String: String], timeout: Duration = .seconds(10), programs: StorePrograms,
    location: SourceLocation? = nil,
    lineage: @escaping @Sendable () async throws(Diagnostic) -> String?
  ) {
    keychain = HelperKeychain(
      program: HelperProgram(
        helper: helper, environment: environment, timeout: timeout, programs: programs, location: location))
    self.lineage = Lineage(lineage)
  }

  // MARK: SecretStore

  package func prove() async throws(Diagnostic) -> [Diagnostic] {
    let url = HelperURL.proof()
    // As long as a record: some helpers take only so much.
    let value = JSONWriter.canonical(["proof": .string(RandomName.hex(bytes: 1024))])
    try await keychain.store(url, username: HelperURL.nobody, value, replaces: false)
    try await keychain.erase(url)
    guard try await keychain.get(url) == nil else {
      throw keychain.program.failed("it reported that it erased a value, but still has it")
    }
    _ = try await keychain.urls()
    return []
  }

  package func list() async throws(Diagnostic) -> [String: [String]] {
    // A plan must show that its apply would be refused, before anything is in the helper too.
    try await keychain.program.permit()
    // Without a lineage, no record in the helper is known to belong to this inventory.
    guard let lineage = try await lineage.value() else { return [:] }
    var found: [String: [String]] = [:]
    for url in try await keychain.urls() {
      if let (server, version) = HelperURL.parse(url, lineage: lineage) { found[server, default: []].append(version) }
    }
    return found
  }

  package func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
    guard RecordName.isServer(server), RecordName.isVersion(version) else {
      throw keychain.unreadable("'\(shown(server, version))' cannot be the name of a secret record")
    }
    guard let lineage = try await lineage.value() else { return nil }
    guard let url = HelperURL.record(lineage: lineage, server: server, version: version) else {
      throw badLineage(lineage)
    }
    guard let record = try await record(url) else { return nil }
    guard record.server == server, record.version == version, record.lineage == lineage else {
      throw mismatch("the record of '\(shown(server, version))' belongs to another server, version or lineage")
    }
    return record
  }

  package func put(_ record: SecretRecord) async throws(Diagnostic) {
    guard RecordName.isServer(record.server), RecordName.isVersion(record.version) else {
      throw keychain.program.failed("'\(shown(record.server, record.version))' cannot be the name of a secret record")
    }
    guard let url = HelperURL.record(lineage: record.lineage, server: record.server, version: record.version) else {
      throw badLineage(record.lineage)
    }
    lineage.note(record.lineage)
    try await keychain.store(
      url, username: HelperURL.username(record.clientID), record.encoded(), replaces: false)
  }

  package func remove(_ server: String, version: String) async throws(Diagnostic) {
    guard let lineage = try await lineage.value(),
      let url = HelperURL.record(lineage: lineage, server: server, version: version)
    else { return }
    try await keychain.erase(url)
  }

  package func putOrphan(_ record: SecretRecord) async throws(Diagnostic) {
    guard
      let url = HelperURL.orphan(lineage: record.lineage, issuer: record.issuer, clientID: record.clientID)
    else { throw badLineage(record.lineage) }
    lineage.note(record.lineage)
    try await keychain.store(
      url, username: HelperURL.username(record.clientID), record.encoded(), replaces: true)
  }

  package func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? {
    try await getOrphan(named: orphanName(issuer: issuer, clientID: clientID))
  }

  package func orphanName(issuer: String, clientID: String) -> String {
    RecordName.hash(issuer: issuer, clientID: clientID)
  }

  package func orphanNames() async throws(Diagnostic) -> [String] {
    guard let lineage = try await lineage.value() else { return [] }
    return try await keychain.urls().compactMap { HelperURL.orphanName(of: $0, lineage: lineage) }.sorted()
  }

  package func getOrphan(named name: String) async throws(Diagnostic) -> SecretRecord? {
    guard let lineage = try await lineage.value(), let url = HelperURL.orphan(lineage: lineage, named: name),
      let record = try await record(url)
    else { return nil }
    guard record.lineage == lineage, orphanName(issuer: record.issuer, clientID: record.clientID) == name else {
      throw mismatch("the record of a client on the orphans' list belongs to another client")
    }
    return record
  }

  package func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
    if let url = try await orphanURL(issuer, clientID) { try await keychain.erase(url) }
  }

  // MARK: Stored values

  package func storedKeys() async throws(Diagnostic) -> [String] {
    try await keychain.urls().compactMap(HelperURL.storedKey).sorted()
  }

  package func getStored(_ key: String) async throws(Diagnostic) -> Secret? {
    guard let bytes = try await keychain.get(try storedURL(key)) else { return nil }
    do throws(StoredValue.Problem) {
      return try StoredValue.decode(bytes, key: key)
    } catch .otherKey {
      throw mismatch("the stored value '\(key)' belongs to another key", again: "mcpauth secrets set \(key)")
    } catch {
      throw keychain.unreadable("the stored value '\(key)' is empty", again: "mcpauth secrets set \(key)")
    }
  }

  package func putStored(_ key: String, _ value: Secret) async throws(Diagnostic) {
    try await keychain.store(
      try storedURL(key), username: HelperURL.nobody, StoredValue.encode(key, value), replaces: true)
  }

  package func removeStored(_ key: String) async throws(Diagnostic) {
    try await keychain.erase(try storedURL(key))
  }

  // MARK: Shared

  private func record(_ url: String) async throws(Diagnostic) -> SecretRecord? {
    guard let bytes = try await keychain.get(url) else { return nil }
    do throws(LockShapeError) {
      return try SecretRecord(decoding: bytes)
    } catch {
      throw keychain.unreadable("a record that it returned cannot be read: \(error.message)")
    }
  }

  private func orphanURL(_ issuer: String, _ clientID: String) async throws(Diagnostic) -> String? {
    guard let lineage = try await lineage.value() else { return nil }
    return HelperURL.orphan(lineage: lineage, issuer: issuer, clientID: clientID)
  }

  private func storedURL(_ key: String) throws(Diagnostic) -> String {
    guard let url = HelperURL.stored(key) else { throw StoredValue.badKey(key) }
    return url
  }

  private func mismatch(_ problem: String, again: String = "mcpauth rotate NAME") -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch, "the credential helper \(keychain.program.program): \(problem)",
      help: ["restore the right one from a backup", "or make a new one: \(again)"])
  }

  private func badLineage(_ lineage: String) -> Diagnostic {
    keychain.program.failed("the lineage '\(ForeignText.printable(lineage, limit: 64))' cannot be part of a server URL")
  }

  private func shown(_ server: String, _ version: String) -> String {
    ForeignText.printable("\(server).\(version)", limit: 160)
  }
}

/// The lineage of the inventory, once it is known: it never changes within a run.
private final class Lineage: Sendable {
  private let ask: @Sendable () async throws(Diagnostic) -> String?
  private let known = Mutex<String?>(nil)

  init(_ ask: @escaping @Sendable () async throws(Diagnostic) -> String?) {
    self.ask = ask
  }

  func value() async throws(Diagnostic) -> String? {
    if let known = known.withLock({ $0 }) { return known }
    guard let asked = try await ask() else { return nil }
    return note(asked)
  }

  @discardableResult
  func note(_ lineage: String) -> String {
    known.withLock { known in
      let first = known ?? lineage
      known = first
      return first
    }
  }
}
