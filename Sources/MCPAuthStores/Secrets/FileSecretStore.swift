import MCPAuth
package import MCPAuthCore
package import MCPAuthReconciler

/// Secret records as files in a folder (SecretStores#Records): `NAME.<version>` with the file name extension of the codec. The records of orphans
/// and the stored values have their own folders.
///
/// The holder of the run lock writes the records. Several records may be written at the same time.
package struct FileSecretStore<Codec: RecordCodec>: StoredSecretStore {
  let folder: FolderPath
  let codec: Codec
  /// The folder, for all calls.
  let keptFolder: KeptFolder
  let pool: BlockingPool
  /// Records that are stored at the same time share one fsync of their folder.
  let shared = SharedSync()
  let names: RecordName

  init(folder: FolderPath, codec: Codec, disk: Disk) {
    self.folder = folder
    self.codec = codec
    keptFolder = KeptFolder(folder, disk: disk)
    names = RecordName(ending: codec.ending)
    pool = BlockingPool("mcpauth.secrets")
  }

  package var name: String { codec.store }
  package var canRead: Bool { codec.canRead }
  package var sharesStored: Bool { false }

  // MARK: SecretStore

  package func prove() async throws(Diagnostic) -> [Diagnostic] {
    // This is as long as a record, so that a full disk is noticed before data could be lost.
    let proof = try encode([UInt8](repeating: 0x20, count: 16_384))
    return try await working { store, folder throws(FileProblem) in
      var warnings: [Diagnostic] = []
      for place in [
        folder, try store.making(SecretFolder.orphans, in: folder), try store.making(SecretFolder.stored, in: folder),
      ] {
        place.removeStaleFiles()
        try place.proveWritable(proof)
        if store.codec.isPrivate { warnings += try store.mend(place) }
      }
      try store.noteFirst(in: folder)
      return warnings
    }
  }

  /// Writes the note only while the store is empty: existing records may be encrypted to other recipients.
  func noteFirst(in folder: Folder) throws(FileProblem) {
    guard let note = codec.note, try folder.read(note.name, limit: 1 << 16) != note.bytes else { return }
    guard try !folder.names().contains(where: { names.parse($0) != nil }) else { return }
    for name in [SecretFolder.orphans, SecretFolder.stored] {
      guard try folder.folder(name)?.names().isEmpty ?? true else { return }
    }
    try folder.replace(note.name, with: note.bytes, mode: codec.fileMode, syncing: shared)
  }

  package func list() async throws(Diagnostic) -> [String: [String]] {
    try await reading { [names] folder throws(FileProblem) in
      var found: [String: [String]] = [:]
      guard let folder else { return found }
      for file in try folder.names() {
        try folder.check(file)
        if let (server, version) = names.parse(file) { found[server, default: []].append(version) }
      }
      for name in [SecretFolder.orphans, SecretFolder.stored] {
        guard let inner = try folder.folder(name) else { continue }
        for file in try inner.names() { try inner.check(file) }
      }
      return found
    }
  }

  package func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
    let file = try recordFile(server, version)
    return try checked(try await record(file, in: nil), file, server, version)
  }

  package func get(_ wanted: [(server: String, version: String)]) async -> [Result<SecretRecord?, Diagnostic>] {
    let parts = stride(from: 0, to: wanted.count, by: Self.readTogether).map { start in
      Array(wanted[start..<min(start + Self.readTogether, wanted.count)])
    }
    return await parts.mapConcurrently(limit: Self.readers) { part in await together(part) }.flatMap { $0 }
  }

  /// How many records are read in one change to a thread that may block, and how many such threads there are.
  private static var readTogether: Int { 64 }
  private static var readers: Int { 8 }

  private func together(
    _ wanted: [(server: String, version: String)]
  ) async -> [Result<SecretRecord?, Diagnostic>] {
    let files = wanted.map { name in
      Result<String, Diagnostic> { () throws(Diagnostic) -> String in try recordFile(name.server, name.version) }
    }
    let read = await records(files.map { try? $0.get() })
    return wanted.indices.map { index in
      Result<SecretRecord?, Diagnostic> { () throws(Diagnostic) -> SecretRecord? in
        let file = try files[index].get()
        return try checked(try read[index].get(), file, wanted[index].server, wanted[index].version)
      }
    }
  }

  private func recordFile(_ server: String, _ version: String) throws(Diagnostic) -> String {
    guard let file = names.file(server: server, version: version) else {
      throw unreadable(shown(server, version), "its name or version cannot be a record's")
    }
    return file
  }

  /// The record of a file, after the check that it is the one that the file is named after.
  private func checked(
    _ record: SecretRecord?, _ file: String, _ server: String, _ version: String
  ) throws(Diagnostic) -> SecretRecord? {
    guard let record else { return nil }
    guard record.server == server, record.version == version else {
      throw mismatch(file, "it is the record '\(shown(record.server, record.version))'")
    }
    return record
  }

  package func put(_ record: SecretRecord) async throws(Diagnostic) {
    guard let file = names.file(server: record.server, version: record.version) else {
      throw Diagnostic(
        .error, .storeFailed, "'\(shown(record.server, record.version))' cannot be the name of a secret record")
    }
    let bytes = try encode(record.encoded())
    try await working { store, folder throws(FileProblem) in
      try folder.create(file, with: bytes, mode: store.codec.fileMode, syncing: store.shared)
    }
  }

  package func remove(_ server: String, version: String) async throws(Diagnostic) {
    guard let file = names.file(server: server, version: version) else { return }
    try await removing(file, in: nil)
  }

  /// A later record of the same client replaces an earlier one, because its token is newer (RFC 7592 section 3).
  package func putOrphan(_ record: SecretRecord) async throws(Diagnostic) {
    let file = names.file(orphanOf: record.issuer, clientID: record.clientID)
    let bytes = try encode(record.encoded())
    try await working { store, folder throws(FileProblem) in
      try store.making(SecretFolder.orphans, in: folder).replace(
        file, with: bytes, mode: store.codec.fileMode, syncing: store.shared)
    }
  }

  package func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? {
    try await getOrphan(named: orphanName(issuer: issuer, clientID: clientID))
  }

  package func orphanName(issuer: String, clientID: String) -> String {
    RecordName.hash(issuer: issuer, clientID: clientID)
  }

  package func orphanNames() async throws(Diagnostic) -> [String] {
    try await reading { [names] folder throws(FileProblem) in
      try (folder?.folder(SecretFolder.orphans)?.names() ?? []).compactMap(names.orphanName).sorted()
    }
  }

  package func getOrphan(named name: String) async throws(Diagnostic) -> SecretRecord? {
    guard RecordName.isHash(name) else { return nil }
    let file = name + names.ending
    guard let record = try await record(file, in: SecretFolder.orphans) else { return nil }
    guard orphanName(issuer: record.issuer, clientID: record.clientID) == name else {
      throw mismatch(file, in: SecretFolder.orphans, "it belongs to another client")
    }
    return record
  }

  package func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) {
    try await removing(names.file(orphanOf: issuer, clientID: clientID), in: SecretFolder.orphans)
  }
}
