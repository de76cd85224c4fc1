package import MCPAuthCore
import MCPAuthToolOutput

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file with an exclusive `flock`, so that no other mcpauth replaces it between a comparison and a rename (Reliability#One-run-at-a-time).
package struct HeldFile: Sendable {
  private let descriptor: Int32

  private init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Waits for other processes that hold the file. They do so only for the time of one write.
  ///
  /// - Throws: `output-failed` when the file cannot be opened; `locked` when another process holds it for too long; `interrupted` after a signal.
  package static func take(_ path: String, waiting: Duration = .seconds(5)) async throws(Diagnostic) -> HeldFile {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: waiting)
    while true {
      let file = HeldFile(try opened(path))
      if flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 {
        // Another process may have replaced the file before its lock was taken here.
        if file.isAt(path) { return file }
      } else if errno != EWOULDBLOCK, errno != EINTR {
        // A file system without locks.
        return file
      }
      file.release()
      if Interruption.hasCome {
        throw Diagnostic(.error, .interrupted, "interrupted: '\(Printable.line(path))' was not written")
      }
      guard clock.now < deadline else {
        throw Diagnostic(
          .error, .locked, "another process is writing '\(Printable.line(path))'",
          help: ["run it again when it is done"])
      }
      try? await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Call it once.
  package func release() {
    close(descriptor)
  }

  private static func opened(_ path: String) throws(Diagnostic) -> Int32 {
    let flags = O_NONBLOCK | O_CLOEXEC
    // NFS needs a descriptor that can write.
    var descriptor = open(path, O_RDWR | flags)
    if descriptor < 0 { descriptor = open(path, O_RDONLY | flags) }
    guard descriptor >= 0 else {
      throw Diagnostic(
        .error, .outputFailed, "'\(Printable.line(path))' cannot be opened: \(SystemMessage.of(errno))")
    }
    return descriptor
  }

  private func isAt(_ path: String) -> Bool {
    var held = stat()
    var there = stat()
    guard fstat(descriptor, &held) == 0, stat(path, &there) == 0 else { return false }
    return held.st_dev == there.st_dev && held.st_ino == there.st_ino
  }
}
