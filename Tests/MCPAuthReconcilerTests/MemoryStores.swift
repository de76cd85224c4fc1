import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Synchronization

/// What exists after a run: lock, journal, secret records.
final class Folder: Sendable {
  struct Contents: Sendable, Equatable {
    var lock: [UInt8]?
    var journal = Journal()
    var notedLineage: String?
    var records: [String: [String: SecretRecord]] = [:]
    var orphans: [String: SecretRecord] = [:]
    var stored: [String: Secret] = [:]
    /// Lock files of other branches, by ref.
    var branches: [String: [UInt8]] = [:]
  }

  let fate: Fate
  private let contents = Mutex(Contents())

  init(fate: Fate) {
    self.fate = fate
  }

  var now: Contents {
    get { contents.withLock { $0 } }
    set { contents.withLock { $0 = newValue } }
  }

  func change<Value: Sendable>(_ body: (inout Contents) -> Value) -> Value { contents.withLock { body(&$0) } }

  /// The lock file, decoded.
  var lock: Lock? {
    now.lock.flatMap { try? LockCodec.decode($0, file: "servers.lock.json") }
  }
}

struct MemoryStateStore: StateStore {
  let folder: Folder

  var lockFile: String { "servers.lock.json" }

  func readLock() async throws(Diagnostic) -> [UInt8]? { folder.now.lock }
  func readJournal() async throws(Diagnostic) -> Journal { folder.now.journal }
  func notedLineage() async throws(Diagnostic) -> String? { folder.now.notedLineage }
  func isHeld() async throws(Diagnostic) -> Bool { false }
  func otherLocks() async throws(Diagnostic) -> [OtherLock] {
    folder.now.branches.sorted { $0.key < $1.key }.map { OtherLock(place: $0.key, bytes: $0.value) }
  }
  func acquire(_ holder: RunHolder, timeout: Int) async throws(Diagnostic) {}
  func release() async {}
  func prove() async throws(Diagnostic) {}

  /// Line by line: a group of lines may be torn anywhere.
  func append(_ events: [JournalEvent], lineage: String) async throws(Diagnostic) {
    for event in events {
      let name = event.json["event"]?.string ?? ""
      try folder.fate.store("append \(name)", kind: "append")
      folder.change {
        if $0.journal.lineage == nil { $0.journal.lineage = lineage }
        $0.journal.events.append(event)
      }
    }
  }

  func writeLock(_ bytes: [UInt8], lineage: String) async throws(Diagnostic) {
    try folder.fate.store("writeLock", kind: "writeLock")
    folder.change {
      $0.lock = bytes
      $0.notedLineage = lineage
    }
  }

  func emptyJournal(keeping events: [JournalEvent], lineage: String) async throws(Diagnostic) {
    try folder.fate.store("emptyJournal", kind: "emptyJournal")
    folder.change { $0.journal = events.isEmpty ? Journal() : Journal(lineage: lineage, events: events) }
  }
}

struct MemorySecretStore: SecretStore {
  let folder: Folder

  var name: String { "memory" }

  func prove() async throws(Diagnostic) -> [Diagnostic] { [] }
  func list() async throws(Diagnostic) -> [String: [String]] { folder.now.records.mapValues { $0.keys.sorted() } }

  func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
    folder.now.records[server]?[version]
  }

  func put(_ record: SecretRecord) async throws(Diagnostic) {
    if folder.now.records[record.server]?[record.version] != nil {
      throw Diagnostic(.error, .storeFailed, "a record was to be overwritten")
    }
    try folder.fate.store("put \(record.server)", kind: "put")
    folder.change { $0.records[record.server, default: [:]][record.version] = record }
  }

  func remove(_ server: String, version: String) async throws(Diagnostic) {
    guard folder.now.records[server]?[version] != nil else { return }
    try folder.fate.store("remove \(server)", kind: "remove")
    folder.change {
      $0.records[server]?[version] = nil
      if $0.records[server]?.isEmpty == true { $0.records[server] = nil }
    }
  }

  private func key(_ issuer: String, _ clientID: String) -> String { issuer + " " + clientID }

  func putOrphan(_ record: SecretRecord) async throws(Diagnostic) {
    try folder.fate.store("putOrphan \(record.server)", kind: "putOrphan")
    folder.change { $0.orphans[key(record.issuer, record.clientID)] = record }
  }

  func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? {
    folder.now.orphans[key(issuer, clientID)]
  }

  func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
    guard folder.now.orphans[key(issuer, clientID)] != nil else { return }
    try folder.fate.store("removeOrphan", kind: "removeOrphan")
    folder.change { $0.orphans[key(issuer, clientID)] = nil }
  }
}
