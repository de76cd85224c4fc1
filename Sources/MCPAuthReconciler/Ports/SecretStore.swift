package import MCPAuthCore

/// Where the generated secrets are kept (SecretStores#Records). One contract suite is run against every implementation.
///
/// Contract: a `put` that returned is durable (fsync of file and folder, or the service's own promise), and never replaces an
/// existing record: the same version twice is an error. No value ever appears in a diagnostic.
package protocol SecretStore: Sendable {
  /// `directory`, `age`, `helper`: for messages.
  var name: String { get }

  /// Whether records can be read at all: an age store needs no identity to write. Where they cannot, whatever needs a record's content is
  /// `secret-unreadable`, for its server only.
  var canRead: Bool { get }

  /// Proves that records can be written, before the first registration (Reliability#Bad-circumstances); makes the folders that are needed.
  /// - Returns: warnings (`secret-store-exposed`, mended).
  /// - Throws: `store-failed`, with the path.
  func prove() async throws(Diagnostic) -> [Diagnostic]

  /// Which records there are, without reading them: server names to versions, any order. An absent store has none.
  func list() async throws(Diagnostic) -> [String: [String]]

  /// - Returns: nil when there is no such record.
  /// - Throws: `secret-unreadable` when there is one that cannot be read, decrypted or understood.
  func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord?

  /// - Throws: `store-failed`.
  func put(_ record: SecretRecord) async throws(Diagnostic)

  /// Removes a record; one that is not there is no error.
  func remove(_ server: String, version: String) async throws(Diagnostic)

  /// Records of clients on the orphans' list that may still be deleted with their management token, apart from the servers'.
  /// The key is the issuer and the client id; foreign text, never a path as it is.
  func putOrphan(_ record: SecretRecord) async throws(Diagnostic)
  func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord?
  func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic)
}

extension SecretStore {
  package var canRead: Bool { true }
}
