import AgeFormat
package import MCPAuthCore
package import MCPAuthPlan
package import MCPAuthReconciler

/// Secret records beside the state in etcd (SecretStores#Etcd). Only age ciphertext is written: values are readable in etcd's files, and old
/// revisions stay until they are compacted.
package struct EtcdSecretStore: RecipientSecretStore {
  package let name = "etcd"
  package let sharesStored = false
  package let readsOnlyNeeded = true
  let space: EtcdSpace
  let codec: AgeCodec

  init(_ space: EtcdSpace, _ codec: AgeCodec) {
    self.space = space
    self.codec = codec
  }

  package var canRead: Bool { codec.canRead }
  private var keys: EtcdKeys { space.keys }

  // MARK: SecretStore

  package func prove() async throws(Diagnostic) -> [Diagnostic] {
    // As long as a record, because a cluster can limit the size of requests.
    let key = keys.folder(.proofs) + RandomName.hex(bytes: 16)
    let proof = try encode([UInt8](repeating: 0x20, count: 16_384))
    try await space.loadOnce()
    _ = try await space.change([.put(key, proof)])
    _ = try await space.change([.delete(key)])
    try await noteFirst()
    return []
  }

  package func list() async throws(Diagnostic) -> [String: [String]] {
    try await space.loadOnce()
    var found: [String: [String]] = [:]
    for (name, _) in space.all(in: .secrets) {
      let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, RecordName.isServer(parts[0]), RecordName.isVersion(parts[1]) else { continue }
      found[parts[0], default: []].append(parts[1])
    }
    return found
  }

  package func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
    let key = try recordKey(server, version, .secretUnreadable)
    return try checked(try await value(key), key, server, version)
  }

  package func get(_ wanted: [(server: String, version: String)]) async -> [Result<SecretRecord?, Diagnostic>] {
    let keys = wanted.map { name -> Result<String, Diagnostic> in
      Result { () throws(Diagnostic) in try recordKey(name.server, name.version, .secretUnreadable) }
    }
    let values: [String: EtcdPair]
    do throws(Diagnostic) {
      values = try await space.values(of: keys.compactMap { try? $0.get() })
    } catch {
      return wanted.map { _ in .failure(error) }
    }
    return zip(wanted, keys).map { name, key -> Result<SecretRecord?, Diagnostic> in
      Result { () throws(Diagnostic) in
        let key = try key.get()
        return try checked(values[key]?.value, key, name.server, name.version)
      }
    }
  }

  private func checked(
    _ stored: [UInt8]?, _ key: String, _ server: String, _ version: String
  ) throws(Diagnostic) -> SecretRecord? {
    guard let record = try record(stored, key) else { return nil }
    guard record.server == server, record.version == version else {
      throw mismatch(key, "it is the record '\(shown(record.server, record.version))'")
    }
    return record
  }

  /// The record of a registration is written only while its intent is there: nobody else has registered meanwhile. The answer to a read or an update
  /// is always kept, because it may have the only valid credentials of the client.
  package func put(_ record: SecretRecord) async throws(Diagnostic) {
    let key = try recordKey(record.server, record.version, .storeFailed)
    var compares: [EtcdCompare] = [.absent(key)]
    let open = space.open(record.version)
    if let open, open.intent.call == .register {
      compares.append(.modified(keys.intent(open.intent.server), open.fence))
    }
    try await noteFirst()
    let transaction = EtcdTransaction(compares: compares, operations: [.put(key, try encode(record.encoded()))])
    let result: (revision: Int64?, present: [String: EtcdPair])
    do throws(EtcdClient.Failure) {
      result = try await space.commit(transaction, patience: EtcdClient.patienceForResults)
    } catch .unanswered(let problem) {
      throw Diagnostic(
        .error, .storeOutcomeUnknown,
        "etcd at \(space.client.shownAddress) gave no answer, and may have stored '\(shown(record.server, record.version))': \(problem)"
      )
    } catch {
      throw space.client.diagnostic(error)
    }
    guard result.revision == nil else { return }
    if let open, result.present[keys.intent(open.intent.server)]?.modified != open.fence {
      throw .intentSettled(open.intent)
    }
    throw space.client.failed("'\(shown(record.server, record.version))' exists already")
  }

  package func remove(_ server: String, version: String) async throws(Diagnostic) {
    guard RecordName.isServer(server), RecordName.isVersion(version) else { return }
    _ = try await space.change([.delete(keys.record(server, version))])
  }

  /// A later record of the same client replaces an earlier one, because its token is newer (RFC 7592 section 3).
  package func putOrphan(_ record: SecretRecord) async throws(Diagnostic) {
    let name = orphanName(issuer: record.issuer, clientID: record.clientID)
    try await noteFirst()
    _ = try await space.change([.put(keys.orphanRecord(name), try encode(record.encoded()))])
  }

  package func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? {
    try await getOrphan(named: orphanName(issuer: issuer, clientID: clientID))
  }

  package func orphanName(issuer: String, clientID: String) -> String {
    RecordName.hash(issuer: issuer, clientID: clientID)
  }

  package func orphanNames() async throws(Diagnostic) -> [String] {
    try await space.loadOnce()
    return space.all(in: .orphanSecrets).map(\.name).filter(RecordName.isHash)
  }

  package func getOrphan(named name: String) async throws(Diagnostic) -> SecretRecord? {
    guard RecordName.isHash(name) else { return nil }
    let key = keys.orphanRecord(name)
    guard let record = try record(try await value(key), key) else { return nil }
    guard orphanName(issuer: record.issuer, clientID: record.clientID) == name else {
      throw mismatch(keys.orphanRecord(name), "it belongs to another client")
    }
    return record
  }

  package func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
    _ = try await space.change([.delete(keys.orphanRecord(orphanName(issuer: issuer, clientID: clientID)))])
  }

  // MARK: Stored values

  package func storedKeys() async throws(Diagnostic) -> [String] {
    try await space.loadOnce()
    return space.all(in: .stored).map(\.name).filter(RecordName.isServer)
  }

  package func getStored(_ key: String) async throws(Diagnostic) -> Secret? {
    let place = try storedPlace(key)
    guard let bytes = try plain(try await value(place), place) else { return nil }
    do throws(StoredValue.Problem) {
      return try StoredValue.decode(bytes, key: key)
    } catch .otherKey {
      throw mismatch(place, "it belongs to another key", again: "mcpauth secrets set \(key)")
    } catch {
      throw unreadable(place, "it has no value")
    }
  }

  package func putStored(_ key: String, _ value: Secret) async throws(Diagnostic) {
    let place = try storedPlace(key)
    try await noteFirst()
    _ = try await space.change([.put(place, try encode(StoredValue.encode(key, value)))])
  }

  package func removeStored(_ key: String) async throws(Diagnostic) {
    _ = try await space.change([.delete(try storedPlace(key))])
  }

  // MARK: Recipients

  package var recipientCount: Int { codec.recipients.count }
  package var canReadOwn: Bool { codec.identities.contains { codec.recipients.contains($0.recipient) } }

  package func recipientChange() async -> FieldChange? {
    guard (try? await space.loadOnce()) != nil else { return nil }
    let present = codec.recipients.map(\.description).sorted()
    let noted = space.pair(keys.recipients).flatMap { AgeCodec.recipients(noted: $0.value) }
    if noted == present || (noted == nil && isEmpty) { return nil }
    return FieldChange("secrets.recipients", from: noted.map(FieldChange.Value.list), to: .list(present))
  }

  package func noteRecipients() async throws(Diagnostic) {
    guard let note = codec.note else { return }
    _ = try await space.change([.put(keys.recipients, note.bytes)])
  }

  /// Writes the note only while the store is empty: existing records may be encrypted to other recipients.
  private func noteFirst() async throws(Diagnostic) {
    try await space.loadOnce()
    guard let note = codec.note, space.pair(keys.recipients)?.value != note.bytes, isEmpty else { return }
    let seen = space.pair(keys.recipients)?.modified ?? 0
    // If another run wrote it meanwhile, the next plan compares it.
    _ = try await space.change([.put(keys.recipients, note.bytes)], if: [.modified(keys.recipients, seen)])
  }

  private var isEmpty: Bool {
    [EtcdKeys.Folder.secrets, .orphanSecrets, .stored].allSatisfy { space.isEmpty($0) }
  }

  package func rekey(_ item: SecretItem, writing: Bool) async throws(Diagnostic) -> RekeyedItem {
    guard let key = place(of: item) else { return .gone }
    guard let pair = try await space.values(of: [key])[key] else { return .gone }
    let plain: [UInt8]
    do throws(CodecProblem) { plain = try codec.decode(pair.value) } catch { throw unreadable(key, error) }
    if writing {
      let bytes = try encode(plain)
      // A wrongly encrypted value must not replace a correctly encrypted one.
      if canReadOwn, (try? codec.decode(bytes)) != plain {
        throw space.client.failed("'\(relative(key))' cannot be encrypted: reading it back gave another value")
      }
      // A record that was removed meanwhile stays removed.
      let isDone = try await space.change([.put(key, bytes)], if: [.modified(key, pair.modified)])
      guard isDone else { throw space.client.failed("another run has changed '\(relative(key))': run it again") }
    }
    return codec.isSurelyForOthers(pair.value) ? .differed : .alike
  }

  private func place(of item: SecretItem) -> String? {
    switch item {
    case .record(let server, let version):
      RecordName.isServer(server) && RecordName.isVersion(version) ? keys.record(server, version) : nil
    case .orphan(let name): RecordName.isHash(name) ? keys.orphanRecord(name) : nil
    case .stored(let key): RecordName.isServer(key) ? keys.stored(key) : nil
    }
  }

  // MARK: Shared

  private func recordKey(_ server: String, _ version: String, _ code: DiagnosticCode) throws(Diagnostic) -> String {
    guard RecordName.isServer(server), RecordName.isVersion(version) else {
      throw Diagnostic(.error, code, "'\(shown(server, version))' cannot be the name of a secret record")
    }
    return keys.record(server, version)
  }

  private func storedPlace(_ key: String) throws(Diagnostic) -> String {
    guard RecordName.isServer(key) else { throw StoredValue.badKey(key) }
    return keys.stored(key)
  }

  private func encode(_ plain: [UInt8]) throws(Diagnostic) -> [UInt8] {
    do throws(CodecProblem) { return try codec.encode(plain) } catch { throw space.client.failed(error.message) }
  }

  private func value(_ key: String) async throws(Diagnostic) -> [UInt8]? {
    try await space.values(of: [key])[key]?.value
  }

  private func plain(_ stored: [UInt8]?, _ key: String) throws(Diagnostic) -> [UInt8]? {
    guard let stored else { return nil }
    do throws(CodecProblem) { return try codec.decode(stored) } catch { throw unreadable(key, error) }
  }

  private func record(_ stored: [UInt8]?, _ key: String) throws(Diagnostic) -> SecretRecord? {
    guard let bytes = try plain(stored, key) else { return nil }
    do throws(LockShapeError) {
      return try SecretRecord(decoding: bytes)
    } catch {
      throw unreadable(key, error.message)
    }
  }

  private func relative(_ key: String) -> String {
    ForeignText.printable(String(key.dropFirst(keys.everything.count)), limit: 160)
  }

  private func unreadable(_ key: String, _ problem: CodecProblem) -> Diagnostic {
    unreadable(key, problem.message, help: problem.help)
  }

  private func unreadable(_ key: String, _ problem: String, help: [String] = []) -> Diagnostic {
    Diagnostic(
      .error, .secretUnreadable, "\(relative(key)) in etcd at \(space.client.shownAddress) cannot be read: \(problem)",
      help: help.isEmpty ? ["restore it from a snapshot of etcd"] : help)
  }

  private func mismatch(_ key: String, _ problem: String, again: String = "mcpauth rotate NAME") -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch, "\(relative(key)) in etcd at \(space.client.shownAddress): \(problem)",
      help: ["restore the right one from a snapshot", "or make a new one: \(again)"])
  }

  private func shown(_ server: String, _ version: String) -> String {
    ForeignText.printable("\(server).\(version)", limit: 160)
  }
}
