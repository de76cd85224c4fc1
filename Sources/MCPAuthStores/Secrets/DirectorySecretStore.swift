package import MCPAuthCore
package import MCPAuthReconciler

/// Secret records as files that only their owner can read (product 4): `NAME.<version>.json`, with orphans' records and stored values
/// in folders of their own.
///
/// Records are written by the holder of the run lock. Several may be written at a time.
package struct DirectorySecretStore: SecretStore {
  package let name = "directory"
  let folder: FolderPath
  let disk: Disk
  let pool = BlockingPool("mcpauth.secrets")

  static let orphans = "orphans"
  static let stored = "stored"
  /// A record holds a lock entry and three values; 1 MiB is a hundred of them.
  static let limit = 1 << 20

  /// - Parameters:
  ///   - inventoryPath: as the user gave it.
  ///   - path: `secrets.path` of the inventory, relative to its folder; nil: `.mcpauth/<stem>/secrets`.
  /// - Throws: `invalid-value` for a path that cannot be an inventory's. Nothing is looked at on the disk.
  package init(inventoryPath: String, path: String?) throws(Diagnostic) {
    self.init(folder: try Self.folder(inventoryPath: inventoryPath, path: path), disk: .real)
  }

  init(folder: FolderPath, disk: Disk) {
    self.folder = folder
    self.disk = disk
  }

  private static func folder(inventoryPath: String, path: String?) throws(Diagnostic) -> FolderPath {
    let place = try InventoryPlace(inventoryPath)
    guard var path else { return place.state.appending("secrets") }
    // An absolute path that leads below the inventory's folder is one below it all the same: links are not followed.
    let inside = place.folder.hasSuffix("/") ? place.folder : place.folder + "/"
    if path.hasPrefix(inside) { path.removeFirst(inside.count) }
    let components = path.split(separator: "/").map(String.init).filter { $0 != "." }
    guard !components.isEmpty, components.last != "..", !path.utf8.contains(0) else {
      throw Diagnostic(
        .error, .invalidValue, "'\(ForeignText.printable(path))' cannot be the secrets' folder",
        help: ["name a folder of its own: secrets: {path: secrets}"])
    }
    // Elsewhere the way there is the user's own, links and all; the last component is ours.
    guard path.hasPrefix("/") else { return FolderPath(base: place.folder, below: components) }
    return FolderPath(base: "/" + components.dropLast().joined(separator: "/"), below: components.suffix(1))
  }

  // MARK: SecretStore

  package func prove() async throws(Diagnostic) -> [Diagnostic] {
    try await working { store, folder throws(FileProblem) in
      var warnings: [Diagnostic] = []
      for place in [folder, try folder.makingFolder(Self.orphans), try folder.makingFolder(Self.stored)] {
        place.removeStaleFiles()
        try place.proveWritable()
        warnings += try store.mend(place)
      }
      return warnings
    }
  }

  package func list() async throws(Diagnostic) -> [String: [String]] {
    try await reading { folder throws(FileProblem) in
      var found: [String: [String]] = [:]
      for name in try folder?.names() ?? [] {
        if let (server, version) = RecordName.parse(name) { found[server, default: []].append(version) }
      }
      return found
    }
  }

  package func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
    guard let file = RecordName.file(server: server, version: version) else {
      throw unreadable(shown(server, version), "its name or version cannot be a record's")
    }
    guard let record = try await record(file, in: nil) else { return nil }
    guard record.server == server, record.version == version else {
      throw mismatch(file, "it is the record '\(shown(record.server, record.version))'")
    }
    return record
  }

  package func put(_ record: SecretRecord) async throws(Diagnostic) {
    guard let file = RecordName.file(server: record.server, version: record.version) else {
      throw Diagnostic(
        .error, .storeFailed, "'\(shown(record.server, record.version))' cannot be the name of a secret record")
    }
    let bytes = record.encoded()
    try await working { _, folder throws(FileProblem) in try folder.create(file, with: bytes, mode: 0o600) }
  }

  package func remove(_ server: String, version: String) async throws(Diagnostic) {
    guard let file = RecordName.file(server: server, version: version) else { return }
    try await removing(file, in: nil)
  }

  /// A later record of the same client takes the place of an earlier one: its token is the newer (RFC 7592 section 3).
  package func putOrphan(_ record: SecretRecord) async throws(Diagnostic) {
    let file = RecordName.file(orphanOf: record.issuer, clientID: record.clientID)
    let bytes = record.encoded()
    try await working { _, folder throws(FileProblem) in
      try folder.makingFolder(Self.orphans).replace(file, with: bytes, mode: 0o600)
    }
  }

  package func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? {
    let file = RecordName.file(orphanOf: issuer, clientID: clientID)
    guard let record = try await record(file, in: Self.orphans) else { return nil }
    guard record.issuer == issuer, record.clientID == clientID else {
      throw mismatch(file, "it is of another client")
    }
    return record
  }

  package func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
    try await removing(RecordName.file(orphanOf: issuer, clientID: clientID), in: Self.orphans)
  }
}
