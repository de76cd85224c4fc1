package import MCPAuthCore
package import MCPAuthPlan

/// A store that also keeps values for `{stored: KEY}` (InventoryReference#Secret-references), which a person puts there with `mcpauth secrets set`, never taken for a
/// server's record; and that can tell all it holds, for `mcpauth secrets`.
package protocol StoredSecretStore: SecretStore {
  /// Whether the values of `{stored: KEY}` are those of all inventories that use this store, as in a credential helper. Records never are.
  var sharesStored: Bool { get }

  /// - Returns: the keys, sorted.
  func storedKeys() async throws(Diagnostic) -> [String]

  /// - Returns: nil when there is none of that key.
  /// - Throws: `secret-unreadable`; `secret-mismatch` for a value that was copied to another key; `invalid-value` for what cannot be a key.
  func getStored(_ key: String) async throws(Diagnostic) -> Secret?

  /// Durable on return. Takes the place of an earlier value: that one is the person's, who has it.
  func putStored(_ key: String, _ value: Secret) async throws(Diagnostic)

  /// Removes a value; one that is not there is no error.
  func removeStored(_ key: String) async throws(Diagnostic)

  /// The orphans' records, each by a name that says nothing by itself. Sorted.
  func orphanNames() async throws(Diagnostic) -> [String]

  /// The name that the record of this client has, so that whoever knows the client finds its record without reading any.
  func orphanName(issuer: String, clientID: String) -> String

  /// - Returns: nil when there is none of that name.
  /// - Throws: as `getOrphan`; `secret-mismatch` for a record that was copied to another name.
  func getOrphan(named name: String) async throws(Diagnostic) -> SecretRecord?
}

/// One thing that a store holds.
package enum SecretItem: Sendable, Hashable {
  case record(server: String, version: String)
  /// By the name that the store gave it.
  case orphan(String)
  case stored(String)
}

extension StoredSecretStore {
  /// All that it holds, unread: servers' records by name and version, orphans' records, stored values.
  package func items() async throws(Diagnostic) -> [SecretItem] {
    var items: [SecretItem] = []
    for (server, versions) in try await list().sorted(by: { $0.key < $1.key }) {
      items += versions.sorted().map { .record(server: server, version: $0) }
    }
    items += try await orphanNames().map(SecretItem.orphan)
    return items + (try await storedKeys().map(SecretItem.stored))
  }
}

/// A store that encrypts to a list of recipients, which can change.
package protocol RecipientSecretStore: StoredSecretStore {
  /// How many there are now.
  var recipientCount: Int { get }

  /// Whether what is encrypted to them now can be read here again.
  var canReadOwn: Bool { get }

  /// Encrypts to the present recipients what is there, whoever it was encrypted to: durable on return, and the old file is there until then.
  ///
  /// - Parameter writing: otherwise nothing is written.
  /// - Throws: `secret-unreadable`, for what no identity here opens; `store-failed`.
  func rekey(_ item: SecretItem, writing: Bool) async throws(Diagnostic) -> RekeyedItem

  /// For whom everything that is there was encrypted, as far as that was noted, and for whom new records are: nil where both are the same, or
  /// nothing is there. The old value is nil where there are records and no note. Needs no identity.
  func recipientChange() async -> FieldChange?

  /// Notes the present recipients: everything that is there is encrypted to them now.
  /// - Throws: `store-failed`.
  func noteRecipients() async throws(Diagnostic)
}

/// What was found of a file's recipients. Who they are an age file does not tell: only how many there are, and whether one's own identities are
/// among them.
package enum RekeyedItem: Sendable, Equatable {
  /// There is no such thing any more.
  case gone
  /// It was surely encrypted to others than the present recipients.
  case differed
  /// Nothing shows that it was.
  case alike
}
