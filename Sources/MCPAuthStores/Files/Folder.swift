#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An opened folder. Everything in it is opened relative to it and without following links, so that nothing planted below the
/// inventory's folder can lead our reading or writing elsewhere (SecretStores#Names-and-folders, Reliability#Bad-circumstances).
struct Folder: Sendable {
  let descriptor: Descriptor
  let disk: Disk
  /// The rule that what is in it is held to; nil: what is in it is the user's own.
  var rule: FileGuard?
  var path: String { descriptor.path }

  /// Opens a folder by its path, following links: for the inventory's folder, which is the user's word.
  static func following(_ path: String, disk: Disk) throws(FileProblem) -> Folder {
    let raw = retrying { openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard raw >= 0 else { throw .last(path) }
    return Folder(descriptor: Descriptor(raw, path: path), disk: disk)
  }

  /// - Returns: nil when there is nothing of that name.
  func folder(_ name: String) throws(FileProblem) -> Folder? {
    do throws(FileProblem) {
      let opened = try open(name, O_RDONLY | O_DIRECTORY, expecting: .folder)
      return Folder(descriptor: opened, disk: disk, rule: rule)
    } catch {
      if error.isAbsence { return nil }
      throw error
    }
  }

  /// Opens a folder, made with this mode when there is none; then it is durable.
  func makingFolder(_ name: String, mode: UInt32 = 0o700) throws(FileProblem) -> Folder {
    if let there = try folder(name) { return there }
    let made = retrying { mkdirat(descriptor.raw, name, 0o700) } == 0
    // Another run may have made it meanwhile.
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

  /// Opens a regular file. Never waits, as opening a planted pipe would.
  func file(_ name: String, _ flags: Int32) throws(FileProblem) -> Descriptor {
    let opened = try open(name, flags | O_NONBLOCK, expecting: .file)
    switch try opened.status().kind {
    case .file: return opened
    case .folder: throw FileProblem(shown(name), .isFolder)
    case .link, .special: throw FileProblem(shown(name), .isSpecial)
    }
  }

  /// - Returns: nil when there is no such file.
  func read(_ name: String, limit: Int) throws(FileProblem) -> [UInt8]? {
    do throws(FileProblem) {
      return try file(name, O_RDONLY).read(limit: limit)
    } catch {
      if error.isAbsence { return nil }
      throw error
    }
  }

  /// All names in it but `.` and `..`, in any order.
  func names() throws(FileProblem) -> [String] {
    // A description of its own: `fdopendir` takes the descriptor and moves its place in the folder.
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

  /// - Returns: whether there was such a file. Not durable before `sync`.
  @discardableResult
  func unlink(_ name: String) throws(FileProblem) -> Bool {
    if retrying({ unlinkat(descriptor.raw, name, 0) }) == 0 { return true }
    guard errno == ENOENT else { throw problem(name, errno, expecting: .file) }
    return false
  }

  /// Makes the names in it durable.
  func sync() throws(FileProblem) {
    do throws(FileProblem) {
      try descriptor.sync(disk)
    } catch {
      // Some network file systems know no fsync of a folder; they write names through.
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

  /// Holds what is there, without opening it, to the rule of the folder.
  func check(_ name: String) throws(FileProblem) {
    try rule?.check(name, in: self) { () throws(FileProblem) in try status(name) }
  }

  /// The kernel's answer to a link, a file or a folder in the wrong place differs by system and flags: look what is there.
  private func problem(_ name: String, _ code: Int32, expecting expected: FileStatus.Kind) -> FileProblem {
    let suspicious = [ELOOP, ENOTDIR, EISDIR, ENXIO, EMLINK, EPERM].contains(code)
    if suspicious, let found = try? status(name)?.kind, found != expected {
      switch found {
      case .link: return FileProblem(shown(name), .isLink)
      case .file: return FileProblem(shown(name), .isFile)
      case .folder: return FileProblem(shown(name), .isFolder)
      case .special: return FileProblem(shown(name), .isSpecial)
      }
    }
    return FileProblem(shown(name), .errno(code))
  }
}
