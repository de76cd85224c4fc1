#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file of a CI runner to which each step appends: `GITHUB_OUTPUT`, `GITHUB_STEP_SUMMARY`.
package enum AppendedFile {
  package enum Problem: Error, Sendable, Equatable {
    case tooLarge(limit: Int)
    /// A folder, a pipe, a device.
    case notAFile
    /// `Permission denied`.
    case failed(String)

    /// What is wrong, to be written after the file's name.
    package var reason: String {
      switch self {
      case .tooLarge(let limit): "it would be over \(limit) bytes"
      case .notAFile: "it is not a file"
      case .failed(let reason): reason
      }
    }
  }

  package typealias Append = @Sendable (_ path: String, _ bytes: [UInt8], _ limit: Int) throws(Problem) -> Void

  /// Creates the file when it does not exist.
  ///
  /// - Parameter limit: the greatest size of the file; a write that would exceed it is refused.
  package static func append(_ bytes: [UInt8], to path: String, limit: Int) throws(Problem) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .failed(SystemMessage.of(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .failed(SystemMessage.of(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
    guard Int(status.st_size) + bytes.count <= limit else { throw .tooLarge(limit: limit) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { systemWrite(descriptor, $0) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        throw .failed(SystemMessage.of(errno))
      }
    }
  }
}
