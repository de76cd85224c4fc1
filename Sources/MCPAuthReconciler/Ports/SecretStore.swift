package import MCPAuthCore

/// A store for the generated secrets (SecretStores#Records). One contract suite is run against every implementation.
///
/// Contract: when `put` returns, the record is durable (fsync of file and folder, or the guarantee of the service). `put` never replaces an existing
/// record: to put the same version twice is an error. No value ever appears in a diagnostic.
package protocol SecretStore: Sendable {
  /// `directory`, `age`, `helper`, `exec`: for messages.
  var name: String { get }

  /// Whether records can be read at all: an age store needs no identity to write. If they cannot be read, an operation that needs the content of a
  /// record fails with `secret-unreadable`, for its server only.
  var canRead: Bool { get }

  /// Checks that records can be written, before the first registration (Reliability#Bad-circumstances). Creates the folders that are needed.
  /// - Returns: warnings (`secret-store-exposed`, after its permissions were corrected).
  /// - Throws: `store-failed`, with the path.
  func prove() async throws(Diagnostic) -> [Diagnostic]

  /// Lists the records without reading them: server names to versions, in any order. A store that does not exist has no records.
  func list() async throws(Diagnostic) -> [String: [String]]

  /// - Returns: nil when there is no such record.
  /// - Throws: `secret-unreadable` if the record exists and cannot be read, decrypted or parsed.
  func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord?

  /// - Throws: `store-failed`; `store-outcome-unknown` if the record may be in the store all the same.
  func put(_ record: SecretRecord) async throws(Diagnostic)

  /// Removes a record. It is no error if the record does not exist.
  func remove(_ server: String, version: String) async throws(Diagnostic)

  /// Records of clients on the orphans' list that may still be deleted with their management token. They are separate from the records of servers.
  /// The key is the issuer and the client id. These are texts from outside and are never used as a path without encoding.
  func putOrphan(_ record: SecretRecord) async throws(Diagnostic)
  func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord?
  func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic)
}

extension SecretStore {
  package var canRead: Bool { true }
}
