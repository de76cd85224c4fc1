package import MCPAuthCore
import MCPAuthPlan
package import MCPAuthReconciler
import Synchronization

/// Secret records in a program that the inventory names: a docker credential helper (SecretStores#Helper), or a program for any other
/// store (SecretStores#Exec).
///
/// The path of a record names its lineage, so that any number of inventories share a program. The lineage is not known when the store is opened: it
/// is asked for when it is first needed, or taken from the first record that is put.
package struct ProgramSecretStore: StoredSecretStore {
  package let name: String
  package let sharesStored = true
  private let items: any ProgramItems
  private let lineage: Lineage
  /// The records that the lock file names.
  private let locked: @Sendable () async throws(Diagnostic) -> [(server: String, version: String)]

  private init(
    _ name: String, _ items: any ProgramItems, lineage: @escaping @Sendable () async throws(Diagnostic) -> String?,
    locked: @escaping @Sendable () async throws(Diagnostic) -> [(server: String, version: String)]
  ) {
    self.name = name
    self.items = items
    self.lineage = Lineage(lineage)
    self.locked = locked
  }

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
    let program = HelperProgram(
      helper: helper, environment: environment, timeout: timeout, programs: programs, location: location)
    self.init(
      "helper", HelperKeychain(program), lineage: lineage,
      locked: { () async throws(Diagnostic) -> [(server: String, version: String)] in [] })
  }

  /// - Parameters:
  ///   - command: as in the inventory: a program on the PATH of `environment`, and its arguments.
  ///   - programs: whether it may be run; asked each time.
  ///   - location: of the store in the inventory.
  ///   - lineage: as above.
  ///   - locked: the records that the lock file names. One of them that is not listed is asked for: the lists of some services do not have it in
  ///     the first minutes.
  ///   - timeout: for each run of the program.
  package init(
    command: [String], environment: [String: String], timeout: Duration = .seconds(30), programs: StorePrograms,
    location: SourceLocation? = nil,
    lineage: @escaping @Sendable () async throws(Diagnostic) -> String?,
    locked: @escaping @Sendable () async throws(Diagnostic) -> [(server: String, version: String)]
  ) {
    let program = ExecProgram(
      command: command, environment: environment, timeout: timeout, programs: programs, location: location)
    self.init("exec", program, lineage: lineage, locked: locked)
  }

  // MARK: SecretStore

  package func prove() async throws(Diagnostic) -> [Diagnostic] {
    let path = RecordPath.proof()
    // As long as a record: some helpers take only so much.
    let value = JSONWriter.canonical(["proof": .string(RandomName.hex(bytes: 1024))])
    try await items.store(path, clientID: nil, value, replaces: false)
    try await items.erase(path)
    guard try await items.get(path) == nil else {
      throw items.process.failed("it reported that it erased a value, but still has it")
    }
    _ = try await items.paths()
    return []
  }

  package func list() async throws(Diagnostic) -> [String: [String]] {
    // A plan must show that its apply would be refused, before anything is in the store too.
    try await items.process.permit()
    // Without a lineage, no record in the store is known to belong to this inventory.
    guard let lineage = try await lineage.value() else { return [:] }
    var found: [String: [String]] = [:]
    for path in Set(try await items.paths()) {
      if let (server, version) = RecordPath.parse(path, lineage: lineage) { found[server, default: []].append(version) }
    }
    for (server, version) in try await locked() where found[server]?.contains(version) != true {
      if try await exists(server, version, lineage) { found[server, default: []].append(version) }
    }
    return found
  }

  private func exists(_ server: String, _ version: String, _ lineage: String) async throws(Diagnostic) -> Bool {
    guard let path = RecordPath.record(lineage: lineage, server: server, version: version) else { return false }
    do throws(Diagnostic) {
      return try await items.get(path) != nil
    } catch {
      guard error.code == .secretUnreadable else { throw error }
      return true
    }
  }

  package func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
    guard RecordName.isServer(server), RecordName.isVersion(version) else {
      throw items.process.unreadable("'\(shown(server, version))' cannot be the name of a secret record")
    }
    guard let lineage = try await lineage.value() else { return nil }
    guard let path = RecordPath.record(lineage: lineage, server: server, version: version) else {
      throw badLineage(lineage)
    }
    guard let record = try await record(path) else { return nil }
    guard record.server == server, record.version == version, record.lineage == lineage else {
      throw items.process.mismatch(
        "the record of '\(shown(server, version))' belongs to another server, version or lineage")
    }
    return record
  }

  package func put(_ record: SecretRecord) async throws(Diagnostic) {
    guard RecordName.isServer(record.server), RecordName.isVersion(record.version) else {
      throw items.process.failed("'\(shown(record.server, record.version))' cannot be the name of a secret record")
    }
    guard let path = RecordPath.record(lineage: record.lineage, server: record.server, version: record.version) else {
      throw badLineage(record.lineage)
    }
    lineage.note(record.lineage)
    try await items.store(path, clientID: record.clientID, record.encoded(), replaces: false)
  }

  package func remove(_ server: String, version: String) async throws(Diagnostic) {
    guard let lineage = try await lineage.value(),
      let path = RecordPath.record(lineage: lineage, server: server, version: version)
    else { return }
    try await items.erase(path)
  }

  package func putOrphan(_ record: SecretRecord) async throws(Diagnostic) {
    guard
      let path = RecordPath.orphan(lineage: record.lineage, issuer: record.issuer, clientID: record.clientID)
    else { throw badLineage(record.lineage) }
    lineage.note(record.lineage)
    try await items.store(path, clientID: record.clientID, record.encoded(), replaces: true)
  }

  package func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? {
    try await getOrphan(named: orphanName(issuer: issuer, clientID: clientID))
  }

  package func orphanName(issuer: String, clientID: String) -> String {
    RecordName.hash(issuer: issuer, clientID: clientID)
  }

  package func orphanNames() async throws(Diagnostic) -> [String] {
    guard let lineage = try await lineage.value() else { return [] }
    return Set(try await items.paths()).compactMap { RecordPath.orphanName(of: $0, lineage: lineage) }.sorted()
  }

  package func getOrphan(named name: String) async throws(Diagnostic) -> SecretRecord? {
    guard let lineage = try await lineage.value(), let path = RecordPath.orphan(lineage: lineage, named: name),
      let record = try await record(path)
    else { return nil }
    guard record.lineage == lineage, orphanName(issuer: record.issuer, clientID: record.clientID) == name else {
      throw items.process.mismatch("the record of a client on the orphans' list belongs to another client")
    }
    return record
  }

  package func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
    if let path = try await orphanPath(issuer, clientID) { try await items.erase(path) }
  }

  // MARK: Stored values

  package func storedKeys() async throws(Diagnostic) -> [String] {
    Set(try await items.paths()).compactMap(RecordPath.storedKey).sorted()
  }

  package func getStored(_ key: String) async throws(Diagnostic) -> Secret? {
    guard let bytes = try await items.get(try storedPath(key)) else { return nil }
    do throws(StoredValue.Problem) {
      return try StoredValue.decode(bytes, key: key)
    } catch .otherKey {
      throw items.process.mismatch(
        "the stored value '\(key)' belongs to another key", again: "mcpauth secrets set \(key)")
    } catch {
      throw items.process.unreadable("the stored value '\(key)' is empty", again: "mcpauth secrets set \(key)")
    }
  }

  package func putStored(_ key: String, _ value: Secret) async throws(Diagnostic) {
    try await items.store(try storedPath(key), clientID: nil, StoredValue.encode(key, value), replaces: true)
  }

  package func removeStored(_ key: String) async throws(Diagnostic) {
    try await items.erase(try storedPath(key))
  }

  // MARK: Shared

  private func record(_ path: String) async throws(Diagnostic) -> SecretRecord? {
    guard let bytes = try await items.get(path) else { return nil }
    do throws(LockShapeError) {
      return try SecretRecord(decoding: bytes)
    } catch {
      throw items.process.unreadable("a record that it returned cannot be read: \(error.message)")
    }
  }

  private func orphanPath(_ issuer: String, _ clientID: String) async throws(Diagnostic) -> String? {
    guard let lineage = try await lineage.value() else { return nil }
    return RecordPath.orphan(lineage: lineage, issuer: issuer, clientID: clientID)
  }

  private func storedPath(_ key: String) throws(Diagnostic) -> String {
    guard let path = RecordPath.stored(key) else { throw StoredValue.badKey(key) }
    return path
  }

  private func badLineage(_ lineage: String) -> Diagnostic {
    items.process.failed("the lineage '\(ForeignText.printable(lineage, limit: 64))' cannot be part of a path")
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
