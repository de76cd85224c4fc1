package import MCPAuthCore

/// Values for `{stored: KEY}` (InventoryReference#Secret-references), which the user sets with `mcpauth secrets set`. They are in a separate
/// folder, so that none is ever read as a server's record.
extension FileSecretStore {
  /// - Returns: the keys, sorted.
  package func storedKeys() async throws(Diagnostic) -> [String] {
    try await reading { [names] folder throws(FileProblem) in
      try (folder?.folder(SecretFolder.stored)?.names() ?? []).compactMap(names.storedKey).sorted()
    }
  }

  /// - Returns: nil when there is no value for that key.
  /// - Throws: `secret-unreadable`; `secret-mismatch` for a file that was copied to another key.
  package func getStored(_ key: String) async throws(Diagnostic) -> Secret? {
    let file = try storedFile(key)
    guard let bytes = try await bytes(of: file, in: SecretFolder.stored) else { return nil }
    do throws(StoredValue.Problem) {
      return try StoredValue.decode(bytes, key: key)
    } catch .otherKey {
      throw mismatch(file, in: SecretFolder.stored, "it belongs to another key")
    } catch {
      throw unreadable(file, in: SecretFolder.stored, "it has no value")
    }
  }

  /// Stores a value. It is durable when the call returns, and replaces an earlier value. The user who set the earlier value is responsible for it.
  package func putStored(_ key: String, _ value: Secret) async throws(Diagnostic) {
    let file = try storedFile(key)
    let bytes = try encode(StoredValue.encode(key, value))
    try await working { store, folder throws(FileProblem) in
      // This may be the first record: no run has to come before it.
      try store.noteFirst(in: folder)
      try store.making(SecretFolder.stored, in: folder).replace(
        file, with: bytes, mode: store.codec.fileMode, syncing: store.shared)
    }
  }

  /// Removes a value. It is no error when the value does not exist.
  package func removeStored(_ key: String) async throws(Diagnostic) {
    try await removing(try storedFile(key), in: SecretFolder.stored)
  }

  private func storedFile(_ key: String) throws(Diagnostic) -> String {
    guard let file = names.file(storedKey: key) else { throw StoredValue.badKey(key) }
    return file
  }
}
