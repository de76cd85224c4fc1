#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An opened folder. Everything in it is opened relative to it and without following links, so that a link that somebody placed below the
/// inventory's folder cannot redirect reads or writes of mcpauth (SecretStores#Names-and-folders, Reliability#Bad-circumstances).
struct Folder: Sendable {
  let descriptor: Descriptor
  let disk: Disk
  /// The rule for the files in this folder. nil: the files belong to the user.
  var rule: FileGuard?
  var path: String { descriptor.path }

  /// Opens a folder by its path and follows links. It is used for the inventory's folder, because the user gave that path.
  static func following(_ path: String, disk: Disk) throws(FileProblem) -> Folder {
    let raw = retrying { openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard raw >= 0 else { throw .last(path) }
    return Folder(descriptor: Descriptor(raw, path: path), disk: disk)
  }

  /// - Returns: nil when nothing with that name exists.
  func folder(_ name: String) throws(FileProblem) -> Folder? {
    try ifPresent { () throws(FileProblem) in
      Folder(descriptor: try open(name, O_RDONLY | O_DIRECTORY, expecting: .folder), disk: disk, rule: rule)
    }
  }

  /// Opens a folder. When it does not exist, it is made with this mode, and its name is made durable.
  func makingFolder(_ name: String, mode: UInt32 = 0o700) throws(FileProblem) -> Folder {
    if let there = try folder(name) { return there }
    let made = retrying { mkdirat(descriptor.raw, name, 0o700) } == 0
    // Another run may have made it in the meantime.
    guard made || errno == EEXIST else { throw .last(shown(name)) }
    guard let there = try folder(name) else { throw FileProblem(shown(name), .errno(ENOENT)) }
    if made {
      try there.descriptor.setMode(mode)
      try sync()
    }
    return there
  }

  func status(_ name: String) throws(FileProblem) -> FileStatus? {
    var found = stat()
    guard retrying({ fstatat(descriptor.raw, name, &found, AT_SYMLINK_NOFOLLOW) }) == 0 else {
      if errno == ENOENT { return nil }
      throw .last(shown(name))
    }
    return FileStatus(found)
  }

  /// Opens a regular file. It never waits, as opening a named pipe would.
  func file(_ name: String, _ flags: Int32) throws(FileProblem) -> Descriptor {
    let opened = try open(name, flags | O_NONBLOCK, expecting: .file)
    switch try opened.status().kind {
    case .file: return opened
    case .folder: throw FileProblem(shown(name), .isFolder)
    case .link, .special: throw FileProblem(shown(name), .isSpecial)
    }
  }

  /// - Returns: nil when the file does not exist.
  func read(_ name: String, limit: Int) throws(FileProblem) -> [UInt8]? {
    try ifPresent { () throws(FileProblem) in try file(name, O_RDONLY).read(limit: limit) }
  }

  /// All names in the folder except `.` and `..`, in any order.
  func names() throws(FileProblem) -> [String] {
    // This needs its own file description: `fdopendir` takes ownership of the descriptor and moves its read position in the folder.
    let raw = retrying { openat(descriptor.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard raw >= 0 else { throw .last(path) }
    guard let stream = fdopendir(raw) else {
      let problem = FileProblem.last(path)
      close(raw)
      throw problem
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw .last(path) }
        return names
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
          String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
  }

  /// - Returns: whether the file existed. The removal is not durable before `sync`.
  @discardableResult
  func unlink(_ name: String) throws(FileProblem) -> Bool {
    if retrying({ unlinkat(descriptor.raw, name, 0) }) == 0 { return true }
    guard errno == ENOENT else { throw problem(name, errno, expecting: .file) }
    return false
  }

  /// Makes the names in the folder durable.
  func sync() throws(FileProblem) {
    do throws(FileProblem) {
      try descriptor.sync(disk)
    } catch {
      // Some network file systems do not support fsync of a folder. They write names through to the disk.
      guard error.reason == .errno(EINVAL) else { throw error }
    }
  }

  func shown(_ name: String) -> String { path == "." ? name : path.hasSuffix("/") ? path + name : path + "/" + name }

  func open(
    _ name: String, _ flags: Int32, mode: UInt32 = 0o600, expecting kind: FileStatus.Kind
  ) throws(FileProblem) -> Descriptor {
    precondition(!name.isEmpty && !name.utf8.contains(0) && !name.utf8.contains(UInt8(ascii: "/")), "not a single name")
    let raw = retrying { openat(descriptor.raw, name, flags | O_NOFOLLOW | O_CLOEXEC, mode_t(mode)) }
    guard raw >= 0 else { throw problem(name, errno, expecting: kind) }
    let opened = Descriptor(raw, path: shown(name))
    try rule?.check(name, in: self) { () throws(FileProblem) in try opened.status() }
    return opened
  }

  /// Checks the item against the rule of the folder, without opening it.
  func check(_ name: String) throws(FileProblem) {
    try rule?.check(name, in: self) { () throws(FileProblem) in try status(name) }
  }

  /// When the path holds a link, a file or a folder in the wrong place, the error code differs by system and flags. Therefore this looks at what is
  /// there.
  private func problem(_ name: String, _ code: Int32, expecting expected: FileStatus.Kind) -> FileProblem {
    let suspicious = [ELOOP, ENOTDIR, EISDIR, ENXIO, EMLINK, EPERM].contains(code)
    if suspicious, let found = try? status(name)?.kind, found != expected {
      return FileProblem(shown(name), found.unexpected)
    }
    return FileProblem(shown(name), .errno(code))
  }
}
