package import MCPAuthCore
package import MCPAuthPlan

/// A secret store that also stores values for `{stored: KEY}` (InventoryReference#Secret-references). A user sets them with `mcpauth secrets set`,
/// and they are never used as the record of a server. It can also list its whole content, for `mcpauth secrets`.
package protocol StoredSecretStore: SecretStore {
  /// Whether all inventories that use this store share the values of `{stored: KEY}`, as in a credential helper. Records are never shared.
  var sharesStored: Bool { get }

  /// - Returns: the keys, sorted.
  func storedKeys() async throws(Diagnostic) -> [String]

  /// - Returns: nil when there is no value for that key.
  /// - Throws: `secret-unreadable`; `secret-mismatch` for a value that was copied to another key; `invalid-value` for a text that cannot be a key.
  func getStored(_ key: String) async throws(Diagnostic) -> Secret?

  /// Stores a value, durable on return. It replaces an earlier value: the user who set that one still has it.
  func putStored(_ key: String, _ value: Secret) async throws(Diagnostic)

  /// Removes a value. It is no error if the value does not exist.
  func removeStored(_ key: String) async throws(Diagnostic)

  /// The names of the orphans' records, sorted. A name does not tell which client the record is of.
  func orphanNames() async throws(Diagnostic) -> [String]

  /// The name of the record of this client: a caller that knows the client finds its record without reading others.
  func orphanName(issuer: String, clientID: String) -> String

  /// - Returns: nil when there is no record of that name.
  /// - Throws: as `getOrphan`; `secret-mismatch` for a record that was copied to another name.
  func getOrphan(named name: String) async throws(Diagnostic) -> SecretRecord?
}

/// One item in a store.
package enum SecretItem: Sendable, Hashable {
  case record(server: String, version: String)
  /// An orphan's record, by the name in the store.
  case orphan(String)
  case stored(String)
}

extension StoredSecretStore {
  /// All items, without reading them: servers' records by name and version, orphans' records, stored values.
  package func items() async throws(Diagnostic) -> [SecretItem] {
    var items: [SecretItem] = []
    for (server, versions) in try await list().sorted(by: { $0.key < $1.key }) {
      items += versions.sorted().map { .record(server: server, version: $0) }
    }
    items += try await orphanNames().map(SecretItem.orphan)
    return items + (try await storedKeys().map(SecretItem.stored))
  }
}

/// A store that encrypts to a list of recipients. The list can change.
package protocol RecipientSecretStore: StoredSecretStore {
  /// The number of present recipients.
  var recipientCount: Int { get }

  /// Whether this machine can decrypt what is now encrypted to the present recipients.
  var canReadOwn: Bool { get }

  /// Encrypts an item again to the present recipients, whoever its recipients were. The new file is durable on return. The old file stays until then.
  ///
  /// - Parameter writing: false: nothing is written.
  /// - Throws: `secret-unreadable` if no identity here can decrypt the item; `store-failed`.
  func rekey(_ item: SecretItem, writing: Bool) async throws(Diagnostic) -> RekeyedItem

  /// The recipients to which the items were encrypted, as far as the note tells, and those of new records; nil if both are the same, or if the store
  /// is empty. The old value is nil if there are records and no note. Needs no identity.
  func recipientChange() async -> FieldChange?

  /// Writes the note: all items are encrypted to the present recipients now.
  /// - Throws: `store-failed`.
  func noteRecipients() async throws(Diagnostic)
}

/// What is known of the recipients of a file. An age file does not name its recipients: it only tells their number, and whether an identity of this
/// machine is among them.
package enum RekeyedItem: Sendable, Equatable {
  /// The item does not exist any more.
  case gone
  /// It was certainly encrypted to other recipients than the present ones.
  case differed
  /// There is no sign that its recipients were others.
  case alike
}
