package import MCPAuthCore
package import MCPAuthPlan

/// A secret store that registers each secret for redaction, when it is read and when it is written (SecretStores#Redaction).
///
/// Every store that a run uses is wrapped in it, so callers do not have to register secrets after a read.
package struct RedactingSecretStore<Base: SecretStore>: SecretStore {
  fileprivate let base: Base
  fileprivate let register: @Sendable (Secret) -> Void

  fileprivate init(_ base: Base, _ register: @escaping @Sendable (Secret) -> Void) {
    self.base = base
    self.register = register
  }

  fileprivate func registering(_ record: SecretRecord?) -> SecretRecord? {
    for secret in [record?.clientSecret, record?.registrationAccessToken] {
      if let secret { register(secret) }
    }
    return record
  }

  package var name: String { base.name }
  package var canRead: Bool { base.canRead }
  package var readsOnlyNeeded: Bool { base.readsOnlyNeeded }

  package func prove() async throws(Diagnostic) -> [Diagnostic] { try await base.prove() }

  package func list() async throws(Diagnostic) -> [String: [String]] { try await base.list() }

  package func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
    registering(try await base.get(server, version: version))
  }

  package func get(_ wanted: [(server: String, version: String)]) async -> [Result<SecretRecord?, Diagnostic>] {
    await base.get(wanted).map { $0.map(registering) }
  }

  package func put(_ record: SecretRecord) async throws(Diagnostic) {
    _ = registering(record)
    try await base.put(record)
  }

  package func remove(_ server: String, version: String) async throws(Diagnostic) {
    try await base.remove(server, version: version)
  }

  package func putOrphan(_ record: SecretRecord) async throws(Diagnostic) {
    _ = registering(record)
    try await base.putOrphan(record)
  }

  package func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? {
    registering(try await base.getOrphan(issuer: issuer, clientID: clientID))
  }

  package func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
    try await base.removeOrphan(issuer: issuer, clientID: clientID)
  }
}

extension RedactingSecretStore: StoredSecretStore where Base: StoredSecretStore {
  package var sharesStored: Bool { base.sharesStored }

  package func storedKeys() async throws(Diagnostic) -> [String] { try await base.storedKeys() }

  package func getStored(_ key: String) async throws(Diagnostic) -> Secret? {
    let secret = try await base.getStored(key)
    if let secret { register(secret) }
    return secret
  }

  package func putStored(_ key: String, _ value: Secret) async throws(Diagnostic) {
    register(value)
    try await base.putStored(key, value)
  }

  package func removeStored(_ key: String) async throws(Diagnostic) { try await base.removeStored(key) }

  package func orphanNames() async throws(Diagnostic) -> [String] { try await base.orphanNames() }

  package func orphanName(issuer: String, clientID: String) -> String {
    base.orphanName(issuer: issuer, clientID: clientID)
  }

  package func getOrphan(named name: String) async throws(Diagnostic) -> SecretRecord? {
    registering(try await base.getOrphan(named: name))
  }
}

extension RedactingSecretStore: RecipientSecretStore where Base: RecipientSecretStore {
  package var recipientCount: Int { base.recipientCount }
  package var canReadOwn: Bool { base.canReadOwn }

  package func rekey(_ item: SecretItem, writing: Bool) async throws(Diagnostic) -> RekeyedItem {
    try await base.rekey(item, writing: writing)
  }

  package func recipientChange() async -> FieldChange? { await base.recipientChange() }

  package func noteRecipients() async throws(Diagnostic) { try await base.noteRecipients() }
}

extension SecretStore {
  /// The store. It registers each secret that is read or written.
  package func redacting(_ register: @escaping @Sendable (Secret) -> Void) -> any SecretStore {
    RedactingSecretStore(self, register)
  }
}

extension StoredSecretStore {
  /// The store. It registers each secret that is read or written.
  package func redacting(_ register: @escaping @Sendable (Secret) -> Void) -> any StoredSecretStore {
    RedactingSecretStore(self, register)
  }
}
