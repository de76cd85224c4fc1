import MCPAuthToolOutput

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Standard input of the process.
package enum StandardInput {
  /// A line from standard input, of at most 1,024 bytes; nil at the end of the input, or when a signal came.
  package static func readAnswer() -> String? {
    var bytes: [UInt8] = []
    while bytes.count < 1024 {
      guard waitForInput() else { return nil }
      var byte: UInt8 = 0
      guard systemRead(STDIN_FILENO, &byte, 1) == 1 else { break }
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      if byte != UInt8(ascii: "\r") { bytes.append(byte) }
    }
    return nil
  }

  /// All of standard input.
  ///
  /// - Parameter limit: the greatest number of bytes.
  /// - Returns: nil when a signal came.
  @Sendable package static func readAll(_ limit: Int) throws(BoundedFile.Problem) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while waitForInput() {
      let count = chunk.withUnsafeMutableBytes { systemRead(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count >= 0 else { throw .unreadable(SystemMessage.of(errno)) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
    }
    return nil
  }

  /// Waits until there is something to read, or the input has ended. A signal cannot end a read that has begun, so each read waits here first.
  ///
  /// - Returns: false when a signal came, or the descriptor has an error.
  static func waitForInput() -> Bool {
    while true {
      var ready = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      let count = poll(&ready, 1, 100)
      if Interruption.hasCome { return false }
      if count == 0 || (count < 0 && errno == EINTR) { continue }
      return count > 0
    }
  }
}

/// Calls `read` of the system: types here have a method of that name.
func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
