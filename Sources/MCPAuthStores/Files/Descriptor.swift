#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open file or folder. It is closed when the last reference to it ends. All descriptors of mcpauth are close-on-exec: a credential helper that
/// mcpauth starts must not keep the run lock.
final class Descriptor: Sendable {
  let raw: Int32
  /// The path as messages show it.
  let path: String

  init(_ raw: Int32, path: String) {
    self.raw = raw
    self.path = path
  }

  deinit {
    close(raw)
  }

  func status() throws(FileProblem) -> FileStatus {
    var found = stat()
    guard retrying({ fstat(raw, &found) }) == 0 else { throw .last(path) }
    return FileStatus(found)
  }

  /// Sets exactly these permission bits, independent of the umask.
  func setMode(_ mode: UInt32) throws(FileProblem) {
    guard retrying({ fchmod(raw, mode_t(mode)) }) == 0 else { throw .last(path) }
  }

  /// Writes all bytes, also when the kernel accepts only a part of them per call.
  func write(_ bytes: [UInt8], at offset: Int) throws(FileProblem) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(raw, $0.baseAddress.map { $0 + done }, $0.count - done, off_t(offset + done))
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .last(path)
      }
      // For a regular file, a write of 0 bytes without an error does not happen.
      if count == 0 { throw FileProblem(path, .errno(EIO)) }
      done += count
    }
  }

  func read(limit: Int) throws(FileProblem) -> [UInt8] {
    let size = try status().size
    guard size <= limit else { throw FileProblem(path, .tooLarge(limit: limit)) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    var chunk = [UInt8](repeating: 0, count: min(max(size + 1, 512), 1 << 20))
    while true {
      let offset = off_t(bytes.count)
      let count = chunk.withUnsafeMutableBytes { pread(raw, $0.baseAddress, $0.count, offset) }
      if count < 0 {
        if errno == EINTR { continue }
        throw .last(path)
      }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      // The file may grow while it is read.
      guard bytes.count <= limit else { throw FileProblem(path, .tooLarge(limit: limit)) }
    }
  }

  func truncate(to size: Int) throws(FileProblem) {
    guard retrying({ ftruncate(raw, off_t(size)) }) == 0 else { throw .last(path) }
  }

  func sync(_ disk: Disk) throws(FileProblem) {
    let code = disk.sync(raw)
    guard code == 0 else { throw FileProblem(path, .errno(code)) }
  }

  /// Takes the `flock` without waiting. The lock belongs to the open file description: another description in the same process conflicts too.
  /// - Returns: whether the lock was taken.
  func lock(exclusive: Bool) throws(FileProblem) -> Bool {
    if retrying({ flock(raw, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) }) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw .last(path) }
    return false
  }

  func unlock() {
    _ = retrying { flock(raw, LOCK_UN) }
  }
}

/// What exists at a path.
struct FileStatus: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case file, folder, link, special

    /// The problem where another kind is expected.
    var unexpected: FileProblem.Reason {
      switch self {
      case .file: .isFile
      case .folder: .isFolder
      case .link: .isLink
      case .special: .isSpecial
      }
    }
  }

  /// Identifies a file: two opened files with equal identities are the same file.
  struct Identity: Sendable, Equatable {
    var device: UInt64
    var inode: UInt64
  }

  var kind: Kind
  /// Only the permission bits.
  var mode: UInt32
  var owner: UInt32
  /// The number of hard links.
  var links: Int
  var size: Int
  var identity: Identity

  /// Whether a user other than the owner may read, write or enter it.
  var isExposed: Bool { mode & 0o077 != 0 }

  init(_ found: stat) {
    kind =
      switch found.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFLNK: .link
      default: .special
      }
    mode = UInt32(found.st_mode & 0o7777)
    owner = found.st_uid
    links = Int(found.st_nlink)
    size = Int(found.st_size)
    identity = Identity(device: UInt64(truncatingIfNeeded: found.st_dev), inode: UInt64(found.st_ino))
  }
}
