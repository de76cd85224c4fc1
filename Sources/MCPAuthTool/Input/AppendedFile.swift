#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file of a CI runner's that every step adds to: `GITHUB_OUTPUT`, `GITHUB_STEP_SUMMARY`.
enum AppendedFile {
  /// Made when it is not there.
  ///
  /// - Parameter limit: most bytes that the file may come to; nothing is written beyond them.
  static func append(_ bytes: [UInt8], to path: String, limit: Int) throws(BoundedFile.Problem) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .unreadable(SystemMessage.of(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(SystemMessage.of(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
    guard Int(status.st_size) + bytes.count <= limit else { throw .tooLarge(limit: limit) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { systemWrite(descriptor, $0) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        throw .unreadable(SystemMessage.of(errno))
      }
    }
  }
}
