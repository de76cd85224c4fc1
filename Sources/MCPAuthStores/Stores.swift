package import MCPAuthCore
package import MCPAuthPlan
package import MCPAuthReconciler

/// Opens the stores that an inventory names (SecretStores#Durability-in-CI, Reliability#Many-runners). No file is made or written.
package enum Stores {
  /// - Parameters:
  ///   - inventoryPath: as the user gave it.
  ///   - environment: the variables that give the identity of a store.
  ///   - programs: which programs a store may run.
  ///   - connection: for a secret store on the network.
  ///   - stateConnection: for a state store on the network.
  /// - Throws: `invalid-value` for a path that cannot be the path of an inventory, or for a second inventory with the same stem;
  ///   `store-unsupported`; `store-failed`.
  package static func open(
    _ inventory: Inventory, inventoryPath: String, environment: [String: String], programs: StorePrograms,
    connection: StoreConnection, stateConnection: StoreConnection? = nil
  ) throws(Diagnostic) -> (state: any StateStore, secrets: any StoredSecretStore) {
    let state: any StateStore
    switch inventory.state.store {
    case .file: state = try FileStateStore(inventoryPath: inventoryPath)
    case .etcd:
      guard let etcd = inventory.state.etcd else {
        throw Diagnostic(
          .error, .missingKey, "'state' has store: etcd, and no endpoints", at: inventory.state.location,
          help: ["write endpoints: [https://etcd-1.example.com:2379]"])
      }
      let files = try FileStateStore(inventoryPath: inventoryPath)
      state = EtcdStateStore(
        EtcdSpace(EtcdClient(etcd, stateConnection ?? connection)), perIssuer: inventory.network.perIssuer,
        fileLock: { () async throws(Diagnostic) in
          try await files.readLock().map { (file: files.lockFile, bytes: $0) }
        })
    }
    let secrets = try openSecrets(
      inventory.secrets, inventoryPath: inventoryPath, environment: inventory.hidingSecrets(in: environment),
      programs: programs, connection: connection, state: state)
    return (state, secrets)
  }

  /// Resolved paths of secrets that no `{file}` reference may name: the records of a directory store, the age identity, and the key of a client
  /// certificate.
  package static func secretPlaces(
    _ inventory: Inventory, inventoryPath: String, environment: [String: String]
  ) throws(Diagnostic) -> [String] {
    var places: [String] = []
    if inventory.secrets.store == .directory {
      places.append(
        try DirectorySecretStore.folder(inventoryPath: inventoryPath, path: inventory.secrets.path).shown)
    }
    if let key = inventory.state.etcd?.clientKey?.path {
      places.append(key.hasPrefix("/") ? key : try InventoryPlace(inventoryPath).folder + "/" + key)
    }
    if let file = environment[AgeIdentitySource.file], !file.isEmpty { places.append(file) }
    return places.map(RealPath.of)
  }

  /// Opens a secret store that the user names on the command line. If it runs a program, it is allowed, because the user chose it, and so is the
  /// address of a kv2 store.
  ///
  /// - Parameter settings: an age store without recipients is opened only for reading, with the identities that are available.
  /// - Throws: the same errors as `open`.
  package static func openNamed(
    _ settings: SecretsSettings, inventoryPath: String, environment: [String: String], connection: StoreConnection,
    state: any StateStore
  ) throws(Diagnostic) -> any StoredSecretStore {
    let programs = StorePrograms(allowing: settings.command.first ?? HelperProgram.name(of: settings.helper ?? ""))
    var connection = connection
    if let address = settings.kv2?.address { connection.addresses = StoreAddresses(allowing: address) }
    return try openSecrets(
      settings, inventoryPath: inventoryPath, environment: environment, programs: programs, connection: connection,
      state: state)
  }

  private static func openSecrets(
    _ settings: SecretsSettings, inventoryPath: String, environment: [String: String], programs: StorePrograms,
    connection: StoreConnection, state: any StateStore
  ) throws(Diagnostic) -> any StoredSecretStore {
    switch settings.store {
    case .directory: return try DirectorySecretStore(inventoryPath: inventoryPath, path: settings.path)
    case .age where settings.recipients.isEmpty:
      return try AgeSecretStore(inventoryPath: inventoryPath, readingWith: environment)
    case .age:
      return try AgeSecretStore(
        inventoryPath: inventoryPath, recipients: settings.recipients, location: settings.location,
        environment: environment)
    case .helper:
      guard let helper = settings.helper else {
        throw Diagnostic(
          .error, .missingKey, "'secrets' has store: helper, and no helper", at: settings.location,
          help: ["write helper: pass to run docker-credential-pass"])
      }
      return ProgramSecretStore(
        helper: helper, environment: environment, programs: programs, location: settings.location,
        lineage: { () async throws(Diagnostic) -> String? in try await lineage(of: state) })
    case .exec:
      guard !settings.command.isEmpty else {
        throw Diagnostic(
          .error, .missingKey, "'secrets' has store: exec, and no command", at: settings.location,
          help: ["write command: [mcpauth-store-aws]"])
      }
      return ProgramSecretStore(
        command: settings.command, environment: environment, programs: programs, location: settings.location,
        lineage: { () async throws(Diagnostic) -> String? in try await lineage(of: state) },
        locked: { () async throws(Diagnostic) -> [(server: String, version: String)] in
          guard let lock = try await state.readLock() else { return [] }
          return try LockCodec.decode(lock, file: state.lockFile).servers.compactMap { server, entry in
            entry.secretVersion.map { (server: server, version: $0) }
          }
        })
    case .kv2:
      guard let kv2 = settings.kv2 else {
        throw Diagnostic(
          .error, .missingKey, "'secrets' has store: kv2, and no address", at: settings.location,
          help: ["write address: https://bao.example.com:8200"])
      }
      return KV2SecretStore(kv2, connection)
    case .etcd:
      guard let etcd = state as? EtcdStateStore else {
        throw Diagnostic(
          .error, .storeUnsupported, "the etcd store has its secrets beside the state, and the state is not in etcd",
          at: settings.location, help: ["write state: {store: etcd, endpoints: [URL], prefix: /mcpauth/prod}"])
      }
      let codec =
        settings.recipients.isEmpty
        ? try AgeCodec(readingWith: environment)
        : try AgeCodec(
          recipients: settings.recipients, location: settings.location, environment: environment)
      return EtcdSecretStore(etcd.space, codec)
    }
  }

  /// The journal contains the lineage before the first record is stored.
  private static func lineage(of state: any StateStore) async throws(Diagnostic) -> String? {
    guard let lock = try await state.readLock() else { return try await state.readJournal().lineage }
    return try LockCodec.decode(lock, file: state.lockFile).lineage
  }
}
