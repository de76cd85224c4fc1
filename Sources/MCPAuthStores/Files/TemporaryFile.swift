#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file under a name nobody can guess, made exclusively beside the one it is to become.
///
/// Its maker holds a `flock` on it, so that whoever cleans up can tell the leavings of a killed run from the work of one that lives.
struct TemporaryFile: Sendable {
  let name: String
  let descriptor: Descriptor

  private static let ending = ".mcpauth-tmp"

  init(for target: String, in folder: Folder) throws(FileProblem) {
    name = ".\(target).\(RandomName.hex(bytes: 8))\(Self.ending)"
    descriptor = try folder.open(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600, expecting: .file)
    // Where locks do not work at all, nothing is ever taken for stale.
    _ = try? descriptor.lock(exclusive: true)
  }

  /// The file that a name in this form was made for; nil for any other name.
  static func target(of name: String) -> String? {
    guard name.hasPrefix("."), name.hasSuffix(ending) else { return nil }
    let middle = name.dropFirst().dropLast(ending.count)
    guard let dot = middle.lastIndex(of: ".") else { return nil }
    let random = middle[middle.index(after: dot)...]
    guard random.utf8.count == 16, random.utf8.allSatisfy(RandomName.digits.contains) else { return nil }
    return String(middle[..<dot])
  }
}

/// Random text in lowercase hexadecimal.
enum RandomName {
  static let digits = Array("0123456789abcdef".utf8)

  static func hex(bytes count: Int) -> String {
    var generator = SystemRandomNumberGenerator()
    let text = (0..<count * 2).map { _ in digits[Int(generator.next(upperBound: 16 as UInt8))] }
    return String(decoding: text, as: UTF8.self)
  }
}

extension Folder {
  /// Puts a file in place of whatever file is there, whole or not at all, and durably: temporary file, fsync, rename, fsync of the
  /// folder. A link or a folder of that name is refused.
  /// - Parameter shared: syncs the folder, together with all who make files in it at the same time.
  func replace(
    _ name: String, with bytes: [UInt8], mode: UInt32, syncing shared: SharedSync = SharedSync()
  ) throws(FileProblem) {
    switch try status(name)?.kind {
    case nil, .file: try check(name)
    case .link: throw FileProblem(shown(name), .isLink)
    case .folder: throw FileProblem(shown(name), .isFolder)
    case .special: throw FileProblem(shown(name), .isSpecial)
    }
    try shared.after(self) { () throws(FileProblem) in
      try place(bytes, mode: mode, as: name) { temporary throws(FileProblem) in
        guard retrying({ renameat(descriptor.raw, temporary, descriptor.raw, name) }) == 0 else {
          throw .last(shown(name))
        }
      }
    }
  }

  /// Makes a new file, whole or not at all, and durably. One that is there already is never touched: `EEXIST`.
  /// - Parameter shared: syncs the folder, together with all who make files in it at the same time.
  func create(
    _ name: String, with bytes: [UInt8], mode: UInt32, syncing shared: SharedSync = SharedSync()
  ) throws(FileProblem) {
    let put = { (temporary: String) throws(FileProblem) in
      // A link, unlike a rename, does not replace.
      if retrying({ linkat(descriptor.raw, temporary, descriptor.raw, name, 0) }) == 0 {
        try unlink(temporary)
        return
      }
      // File systems without hard links. Only the run lock's holder writes, so that nothing comes between the look and the rename.
      guard [EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK].contains(errno) else { throw .last(shown(name)) }
      guard try status(name) == nil else { throw FileProblem(shown(name), .errno(EEXIST)) }
      guard retrying({ renameat(descriptor.raw, temporary, descriptor.raw, name) }) == 0 else {
        throw .last(shown(name))
      }
    }
    try shared.after(self) { () throws(FileProblem) in try place(bytes, mode: mode, as: name, put: put) }
  }

  /// Not durable before the folder's sync.
  private func place(
    _ bytes: [UInt8], mode: UInt32, as name: String, put: (_ temporary: String) throws(FileProblem) -> Void
  ) throws(FileProblem) {
    // Somebody who cleans up may take the file for stale in the instant before it is locked: then once more.
    for attempt in 1...3 {
      let temporary = try TemporaryFile(for: name, in: self)
      do throws(FileProblem) {
        try temporary.descriptor.write(bytes, at: 0)
        try temporary.descriptor.setMode(mode)
        try temporary.descriptor.sync(disk)
        try put(temporary.name)
        break
      } catch {
        _ = try? unlink(temporary.name)
        guard error.isAbsence, attempt < 3 else { throw error }
      }
    }
  }

  /// Proves that files can be made here, by making one: nothing stays.
  ///
  /// - Parameter bytes: as much as will be written, so that a full disk is noticed before there is something to lose.
  func proveWritable(_ bytes: [UInt8] = [UInt8](repeating: 0x20, count: 16_384)) throws(FileProblem) {
    let temporary = try TemporaryFile(for: "proof", in: self)
    defer { _ = try? unlink(temporary.name) }
    try temporary.descriptor.write(bytes, at: 0)
    try temporary.descriptor.sync(disk)
  }

  /// Removes what killed runs left of writing: for the holder of the run lock.
  /// - Parameter target: only what was to become this file; nil for any.
  func removeStaleFiles(for target: String? = nil) {
    guard let names = try? names() else { return }
    for name in names {
      guard let meant = TemporaryFile.target(of: name), target == nil || meant == target || meant == "proof" else {
        continue
      }
      guard let left = try? file(name, O_RDWR), (try? left.lock(exclusive: true)) == true else { continue }
      _ = try? unlink(name)
    }
  }
}
