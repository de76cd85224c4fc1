import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// A store in memory that lists everything it contains, and that can be made unreadable.
struct MemoryVault: StoredSecretStore {
  let inner: MemorySecretStore
  var name = "memory"
  var canRead = true
  var sharesStored = false

  init(_ folder: Folder, name: String = "memory", canRead: Bool = true) {
    inner = MemorySecretStore(folder: folder)
    self.name = name
    self.canRead = canRead
  }

  var folder: Folder { inner.folder }

  private func refuse(_ what: Any?) throws(Diagnostic) {
    guard what == nil || canRead else { throw Diagnostic(.error, .secretUnreadable, "no identity") }
  }

  func prove() async throws(Diagnostic) -> [Diagnostic] { [] }
  func list() async throws(Diagnostic) -> [String: [String]] { try await inner.list() }
  func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
    let found = try await inner.get(server, version: version)
    try refuse(found)
    return found
  }
  func put(_ record: SecretRecord) async throws(Diagnostic) { try await inner.put(record) }
  func remove(_ server: String, version: String) async throws(Diagnostic) {
    try await inner.remove(server, version: version)
  }
  func putOrphan(_ record: SecretRecord) async throws(Diagnostic) { try await inner.putOrphan(record) }
  func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? {
    let found = try await inner.getOrphan(issuer: issuer, clientID: clientID)
    try refuse(found)
    return found
  }
  func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
    try await inner.removeOrphan(issuer: issuer, clientID: clientID)
  }

  func orphanName(issuer: String, clientID: String) -> String { issuer + " " + clientID }
  func orphanNames() async throws(Diagnostic) -> [String] { folder.now.orphans.keys.sorted() }
  func getOrphan(named name: String) async throws(Diagnostic) -> SecretRecord? {
    let found = folder.now.orphans[name]
    try refuse(found)
    return found
  }

  func storedKeys() async throws(Diagnostic) -> [String] { folder.now.stored.keys.sorted() }
  func getStored(_ key: String) async throws(Diagnostic) -> Secret? {
    let found = folder.now.stored[key]
    try refuse(found)
    return found
  }
  func putStored(_ key: String, _ value: Secret) async throws(Diagnostic) {
    try folder.fate.store("putStored \(key)", kind: "putStored")
    folder.change { $0.stored[key] = value }
  }
  func removeStored(_ key: String) async throws(Diagnostic) {
    guard folder.now.stored[key] != nil else { return }
    try folder.fate.store("removeStored \(key)", kind: "removeStored")
    folder.change { $0.stored[key] = nil }
  }
}

extension World {
  /// The store of the world's folder.
  var vault: MemoryVault { MemoryVault(folder) }

  /// - Parameters:
  ///   - named: the store that the inventory names; nil: the store of the world.
  ///   - other: the other store when secrets are moved.
  func secretCustodian(_ named: MemoryVault? = nil, other: MemoryVault? = nil) -> SecretOperations {
    var context = context
    let store = named ?? vault
    context.secrets = store.redacting(context.learn)
    return SecretOperations(context, store: store) { _ throws(Diagnostic) in
      guard let other else { throw Diagnostic(.error, .storeFailed, "no other store was to be opened") }
      return other
    }
  }
}
