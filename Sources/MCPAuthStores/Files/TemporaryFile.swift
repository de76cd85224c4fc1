#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file with an unpredictable name. It is created exclusively, in the folder of the file that it will replace.
///
/// The process that makes it keeps a `flock` on it, so that a cleanup can distinguish the files of a killed run from those of a running one.
struct TemporaryFile: Sendable {
  let name: String
  let descriptor: Descriptor

  private static let ending = ".mcpauth-tmp"

  init(for target: String, in folder: Folder) throws(FileProblem) {
    name = ".\(target).\(RandomName.hex(bytes: 8))\(Self.ending)"
    descriptor = try folder.open(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600, expecting: .file)
    // Where locks do not work at all, no file is ever treated as stale.
    _ = try? descriptor.lock(exclusive: true)
  }

  /// The name of the file that a temporary file was made for; nil for a name that is not in this form.
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
    var text: [UInt8] = []
    text.reserveCapacity(count * 2 + 14)
    // Each number is one system call, and has 16 digits.
    while text.count < count * 2 {
      let number: UInt64 = generator.next()
      for shift in stride(from: 60, through: 0, by: -4) { text.append(digits[Int(number >> UInt64(shift) & 15)]) }
    }
    return String(decoding: text.prefix(count * 2), as: UTF8.self)
  }
}

extension Folder {
  /// Replaces the file with this name, if there is one, completely or not at all, and durably: temporary file, fsync, rename, fsync of the folder.
  /// A link or a folder with this name is refused.
  /// - Parameter shared: runs the fsync of the folder, together with other callers that make files in it at the same time.
  func replace(
    _ name: String, with bytes: [UInt8], mode: UInt32, syncing shared: SharedSync = SharedSync()
  ) throws(FileProblem) {
    switch try status(name)?.kind {
    case nil, .file: try check(name)
    case let kind?: throw FileProblem(shown(name), kind.unexpected)
    }
    try shared.after(self) { () throws(FileProblem) in
      try place(bytes, mode: mode, as: name) { temporary throws(FileProblem) in
        guard retrying({ renameat(descriptor.raw, temporary, descriptor.raw, name) }) == 0 else {
          throw .last(shown(name))
        }
      }
    }
  }

  /// Makes a new file, completely or not at all, and durably. An existing file is never changed: the error is `EEXIST`.
  /// - Parameter shared: runs the fsync of the folder, together with other callers that make files in it at the same time.
  func create(
    _ name: String, with bytes: [UInt8], mode: UInt32, syncing shared: SharedSync = SharedSync()
  ) throws(FileProblem) {
    try shared.after(self) { () throws(FileProblem) in
      if disk.hasUnnamedFiles, try createUnnamed(name, with: bytes, mode: mode) { return }
      try place(bytes, mode: mode, as: name) { temporary throws(FileProblem) in try link(temporary, as: name) }
    }
  }

  /// Makes the file without a name, and gives it its name when it is complete. It changes the folder once, where a temporary file changes it three
  /// times, and a killed run leaves nothing.
  /// - Returns: false where the system or the file system cannot do this. Then nothing was made.
  private func createUnnamed(_ name: String, with bytes: [UInt8], mode: UInt32) throws(FileProblem) -> Bool {
    #if canImport(Glibc) || canImport(Musl)
      // Swift's modules do not have O_TMPFILE.
      let raw = retrying { openat(descriptor.raw, ".", 0o20000000 | O_DIRECTORY | O_RDWR | O_CLOEXEC, 0o600) }
      guard raw >= 0 else {
        // Older kernels open the folder instead, and say that it is one.
        if [EOPNOTSUPP, EISDIR, EINVAL, ENOENT].contains(errno) { return false }
        throw .last(shown(name))
      }
      let file = Descriptor(raw, path: shown(name))
      try file.write(bytes, at: 0)
      try file.setMode(mode)
      try file.sync(disk)
      let own = "/proc/self/fd/\(raw)"
      if retrying({ linkat(AT_FDCWD, own, descriptor.raw, name, AT_SYMLINK_FOLLOW) }) == 0 { return true }
      guard errno != EEXIST else { throw .last(shown(name)) }
      return false
    #else
      return false
    #endif
  }

  private func link(_ temporary: String, as name: String) throws(FileProblem) {
    // Unlike a rename, a hard link does not replace an existing file.
    if retrying({ linkat(descriptor.raw, temporary, descriptor.raw, name, 0) }) == 0 {
      try unlink(temporary)
      return
    }
    // For file systems without hard links. Only the holder of the run lock writes, so nothing can change between the check and the rename.
    guard [EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK].contains(errno) else { throw .last(shown(name)) }
    guard try status(name) == nil else { throw FileProblem(shown(name), .errno(EEXIST)) }
    guard retrying({ renameat(descriptor.raw, temporary, descriptor.raw, name) }) == 0 else {
      throw .last(shown(name))
    }
  }

  /// The name is not durable before the fsync of the folder.
  private func place(
    _ bytes: [UInt8], mode: UInt32, as name: String, put: (_ temporary: String) throws(FileProblem) -> Void
  ) throws(FileProblem) {
    // A cleanup may treat the file as stale in the short time before it is locked. Then try again.
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

  /// Proves that files can be made here by making one. The file is removed again.
  ///
  /// - Parameter bytes: the content. It has the size of what will be written, so that a full disk is noticed before data could be lost.
  func proveWritable(_ bytes: [UInt8] = [UInt8](repeating: 0x20, count: 16_384)) throws(FileProblem) {
    let temporary = try TemporaryFile(for: "proof", in: self)
    defer { _ = try? unlink(temporary.name) }
    try temporary.descriptor.write(bytes, at: 0)
    try temporary.descriptor.sync(disk)
  }

  /// Removes temporary files that killed runs left. Only the holder of the run lock may call it.
  /// - Parameter target: removes only temporary files for this file; nil: for any file.
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
