import MCPAuth
import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The subfolders beside the servers' records.
enum SecretFolder {
  static let orphans = "orphans"
  static let stored = "stored"
  /// A record contains a lock entry and three values. 1 MiB is about a hundred times that size, also as armored ciphertext.
  static let limit = 1 << 20
}

/// The file operations that the calls of a file store share.
extension FileSecretStore {
  /// Runs work in the store's folder. The folder is made when it does not exist.
  func working<Value: Sendable>(
    _ work: @escaping @Sendable (Self, Folder) throws(FileProblem) -> Value
  ) async throws(Diagnostic) -> Value {
    try await pool.run { () throws(Diagnostic) in
      try storing { () throws(FileProblem) in
        let opened = try keptFolder.make(mode: codec.folderMode)
        // A path that the user chose is probably inside the work tree, and not in any ignore file.
        if codec.isPrivate, !folder.below.contains(InventoryPlace.stateFolder) { try opened.makeIgnored() }
        return try work(self, opened)
      }
    }
  }

  /// Runs work in the store's existing folder; nil when there is none.
  func reading<Value: Sendable>(
    _ work: @escaping @Sendable (Folder?) throws(FileProblem) -> Value
  ) async throws(Diagnostic) -> Value {
    try await pool.run { () throws(Diagnostic) in
      try storing { () throws(FileProblem) in try work(keptFolder.open()) }
    }
  }

  /// Opens or makes one of the store's subfolders.
  func making(_ name: String, in opened: Folder) throws(FileProblem) -> Folder {
    try opened.makingFolder(name, mode: codec.folderMode)
  }

  /// Encodes before anything is written to the disk.
  func encode(_ plain: [UInt8]) throws(Diagnostic) -> [UInt8] {
    do throws(CodecProblem) {
      return try codec.encode(plain)
    } catch {
      throw Diagnostic(
        .error, .storeFailed, "the \(name) store cannot encrypt a secret record: \(error.message)", help: error.help)
    }
  }

  func removing(_ file: String, in place: String?) async throws(Diagnostic) {
    try await reading { [shared] folder throws(FileProblem) in
      guard let folder, let place = try place.map(folder.folder) ?? folder, try place.status(file) != nil else {
        return
      }
      try shared.after(place) { () throws(FileProblem) in _ = try place.unlink(file) }
    }
  }

  /// - Throws: `secret-unreadable` when the record exists but cannot be read; `store-failed` when the folder itself cannot be read.
  func record(_ file: String, in place: String?) async throws(Diagnostic) -> SecretRecord? {
    try decoded(try await bytes(of: file, in: place), of: file, in: place)
  }

  /// The records of these files in the store's folder, read together: a change to another thread and back takes longer than the reading.
  /// - Parameter files: nil has no record.
  func records(_ files: [String?]) async -> [Result<SecretRecord?, Diagnostic>] {
    let read: [ReadFile]
    do throws(Diagnostic) {
      read = try await reading { folder throws(FileProblem) -> [ReadFile] in
        files.map { file in
          guard let folder, let file else { return nil }
          return Self.read(file, in: folder)
        }
      }
    } catch {
      return files.map { _ in .failure(error) }
    }
    return zip(files, read).map { file, read in
      Result<SecretRecord?, Diagnostic> { () throws(Diagnostic) -> SecretRecord? in
        guard let file else { return nil }
        return try decoded(try plain(try kept(read, of: file, in: nil), of: file, in: nil), of: file, in: nil)
      }
    }
  }

  private func decoded(_ bytes: [UInt8]?, of file: String, in place: String?) throws(Diagnostic) -> SecretRecord? {
    guard let bytes else { return nil }
    do throws(LockShapeError) {
      return try SecretRecord(decoding: bytes)
    } catch {
      throw unreadable(file, in: place, error.message)
    }
  }

  func bytes(of file: String, in place: String?) async throws(Diagnostic) -> [UInt8]? {
    try plain(try await kept(file, in: place), of: file, in: place)
  }

  /// The content of a file, decrypted if the store encrypts.
  private func plain(_ kept: [UInt8]?, of file: String, in place: String?) throws(Diagnostic) -> [UInt8]? {
    guard let kept else { return nil }
    do throws(CodecProblem) {
      return try codec.decode(kept)
    } catch {
      throw unreadable(file, in: place, error)
    }
  }

  /// The bytes of the file as stored on the disk.
  func kept(_ file: String, in place: String?) async throws(Diagnostic) -> [UInt8]? {
    let read = try await reading { folder throws(FileProblem) -> ReadFile in
      guard let folder, let place = try place.map(folder.folder) ?? folder else { return nil }
      return Self.read(file, in: place)
    }
    return try kept(read, of: file, in: place)
  }

  /// What a file contains, or why it cannot be read; nil if there is no such file.
  private typealias ReadFile = Result<[UInt8], FileProblem>?

  private static func read(_ file: String, in place: Folder) -> ReadFile {
    do throws(FileProblem) {
      let descriptor = try place.file(file, O_RDONLY)
      if place.rule == nil { try checkOwner(of: descriptor, in: place) }
      return .success(try descriptor.read(limit: SecretFolder.limit))
    } catch {
      return error.isAbsence ? nil : .failure(error)
    }
  }

  private func kept(_ read: ReadFile, of file: String, in place: String?) throws(Diagnostic) -> [UInt8]? {
    switch read {
    case nil: return nil
    case .success(let bytes): return bytes
    case .failure(let problem) where problem.isUnsafe: throw problem.diagnostic
    case .failure(let problem): throw unreadable(file, in: place, problem.explanation)
    }
  }

  /// A record that another user owns was placed there by that user, unless the whole store belongs to that user, or to root.
  private static func checkOwner(of descriptor: Descriptor, in place: Folder) throws(FileProblem) {
    let owner = try descriptor.status().owner
    let keeper = try place.descriptor.status().owner
    guard owner == geteuid() || owner == 0 || owner == keeper else {
      throw FileProblem(descriptor.path, .foreignOwner(isFolder: false))
    }
  }

  // MARK: Permissions

  /// Removes the permissions of other users on a folder of the store, and on its files.
  /// - Returns: one `secret-store-exposed` for the folder, and one for all its files together.
  func mend(_ place: Folder) throws(FileProblem) -> [Diagnostic] {
    var warnings: [Diagnostic] = []
    let mode = try place.descriptor.status().mode
    if mode & 0o077 != 0 {
      let mended = (try? place.descriptor.setMode(0o700)) != nil
      warnings.append(exposed("'\(place.path)' could be entered by others (mode \(String(mode, radix: 8)))", mended))
    }
    var open = 0
    var mended = true
    for name in try place.names() where name.hasSuffix(codec.ending) {
      guard let status = try place.status(name), status.kind == .file, status.isExposed else { continue }
      try place.check(name)
      open += 1
      if (try? place.file(name, O_RDONLY).setMode(0o600)) == nil { mended = false }
    }
    if open > 0 {
      warnings.append(exposed("\(open) secret records in '\(place.path)' could be read by others", mended))
    }
    return warnings
  }

  private func exposed(_ what: String, _ mended: Bool) -> Diagnostic {
    .warning(
      .secretStoreExposed, what + (mended ? "; this was corrected" : ", and that could not be changed"),
      help: ["rotate these secrets if others use this machine: mcpauth rotate NAME"])
  }

  // MARK: Messages

  func shown(_ server: String, _ version: String) -> String {
    ForeignText.printable("\(server).\(version)", limit: 160)
  }

  func unreadable(_ file: String, in place: String? = nil, _ problem: String, help: [String] = []) -> Diagnostic {
    Diagnostic(
      .error, .secretUnreadable, "\(named(file, in: place)) cannot be read: \(problem)",
      help: (help.isEmpty ? codec.help : help) + [anew(file, in: place)])
  }

  /// A wrong identity is one problem of all records, so the message has the same words for each. A note names the record.
  func unreadable(_ file: String, in place: String?, _ problem: CodecProblem) -> Diagnostic {
    var diagnostic = unreadable(file, in: place, problem.message, help: problem.help)
    guard problem.isOfIdentity else { return diagnostic }
    diagnostic.message = "the secret records cannot be read: \(problem.message)"
    diagnostic.notes.append("one of them is \(named(file, in: place))")
    return diagnostic
  }

  func mismatch(_ file: String, in place: String? = nil, _ problem: String) -> Diagnostic {
    Diagnostic(
      .error, .secretMismatch, "\(named(file, in: place)) does not match its name: \(problem)",
      help: ["restore the right one from a backup", anew(file, in: place)])
  }

  private func named(_ file: String, in place: String?) -> String {
    let what = place == SecretFolder.stored ? "the stored secret" : "the secret record"
    return "\(what) '\(file)' in '\((place.map { folder.appending($0) } ?? folder).shown)'"
  }

  /// The help for a record that cannot be restored.
  private func anew(_ file: String, in place: String?) -> String {
    switch place {
    case SecretFolder.stored: "or set it again: mcpauth secrets set \(names.storedKey(of: file) ?? "KEY")"
    case SecretFolder.orphans: "or delete the client at its server by hand, and remove its line: mcpauth orphans forget"
    default: "or make a new one: mcpauth rotate NAME"
    }
  }
}
