package import MCPAuthCore
package import MCPAuthPlan
package import MCPAuthReconciler

/// Opens the stores that an inventory names (product 4, reliability 5). Nothing is made, and nothing written.
package enum Stores {
  /// - Parameters:
  ///   - inventoryPath: as the user gave it.
  ///   - environment: where a store's identity comes from.
  /// - Throws: `invalid-value` for a path that cannot be an inventory's, or a second inventory of its stem; `store-unsupported`; `store-failed`.
  package static func open(
    _ inventory: Inventory, inventoryPath: String, environment: [String: String]
  ) throws(Diagnostic) -> (state: any StateStore, secrets: any StoredSecretStore) {
    let state: any StateStore
    switch inventory.state.store {
    case .file: state = try FileStateStore(inventoryPath: inventoryPath)
    case .etcd: throw unsupported("state", "etcd", at: inventory.state.location, instead: "file")
    }
    let secrets: any StoredSecretStore
    switch inventory.secrets.store {
    case .directory: secrets = try DirectorySecretStore(inventoryPath: inventoryPath, path: inventory.secrets.path)
    case .age:
      secrets = try AgeSecretStore(
        inventoryPath: inventoryPath, recipients: inventory.secrets.recipients, location: inventory.secrets.location,
        environment: environment)
    case .helper:
      guard let helper = inventory.secrets.helper else {
        throw Diagnostic(
          .error, .missingKey, "'secrets' has store: helper, and no helper", at: inventory.secrets.location,
          help: ["write helper: pass to run docker-credential-pass"])
      }
      secrets = HelperSecretStore(
        helper: helper, environment: environment,
        lineage: { () async throws(Diagnostic) -> String? in
          // The journal names it before the first record is put.
          guard let lock = try await state.readLock() else { return try await state.readJournal().lineage }
          return try LockCodec.decode(lock, file: state.lockFile).lineage
        })
    case .etcd:
      throw unsupported(
        "secrets", inventory.secrets.store.rawValue, at: inventory.secrets.location, instead: "directory")
    }
    return (state, secrets)
  }

  private static func unsupported(
    _ what: String, _ store: String, at location: SourceLocation?, instead other: String
  ) -> Diagnostic {
    Diagnostic(
      .error, .storeUnsupported, "this mcpauth cannot keep \(what) in the store '\(store)'", at: location,
      help: ["use \(what): {store: \(other)}"])
  }
}
