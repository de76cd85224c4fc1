import MCPAuthToolOutput

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads a whole file up to a limit. It never waits for a pipe.
package enum BoundedFile {
  package enum Problem: Error, Sendable, Equatable {
    case missing
    case isFolder
    /// A pipe, a socket, a device.
    case notAFile
    case tooLarge(limit: Int)
    /// `Permission denied`.
    case unreadable(String)

    /// What is wrong, to be written after the file's name.
    package var reason: String {
      switch self {
      case .missing: "there is no such file"
      case .isFolder: "it is a folder"
      case .notAFile: "it is a pipe or a device, not a file"
      case .tooLarge(let limit): "it is over \(limit) bytes"
      case .unreadable(let reason): reason
      }
    }
  }

  /// - Parameters:
  ///   - limit: the greatest number of bytes.
  ///   - followsLink: false: a path whose last component is a link is not read.
  package static func read(_ path: String, limit: Int, followsLink: Bool = true) throws(Problem) -> [UInt8] {
    // O_NONBLOCK: to open a pipe that has no writer would never end.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW))
    guard descriptor >= 0 else {
      switch errno {
      case ENOENT, ENOTDIR: throw .missing
      case ENXIO: throw .notAFile
      default: throw .unreadable(message(errno))
      }
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(message(errno)) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw .isFolder
    default: throw .notAFile
    }
    return try readAll(descriptor, limit: limit, hint: Int(status.st_size))
  }

  private static func readAll(_ descriptor: Int32, limit: Int, hint: Int) throws(Problem) -> [UInt8] {
    guard hint <= limit else { throw .tooLarge(limit: limit) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(hint)
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes { buffer in
        systemRead(descriptor, buffer.baseAddress, buffer.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(message(errno)) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
      // The file may have grown since `fstat`.
      guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
    }
  }

  private static func message(_ number: Int32) -> String { SystemMessage.of(number) }
}
