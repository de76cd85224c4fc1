#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Standard input, output and error as they are.
enum StandardStreams {
  static func terminal(_ environment: [String: String]) -> Terminal {
    var terminal = Terminal(
      isInput: isatty(STDIN_FILENO) == 1, isOutput: isatty(STDOUT_FILENO) == 1, isError: isatty(STDERR_FILENO) == 1)
    var size = winsize()
    if let columns = environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 {
      terminal.width = min(columns, 10_000)
    } else if ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      terminal.width = Int(size.ws_col)
    }
    return terminal
  }

  @Sendable static func write(_ stream: Output.Stream, _ bytes: [UInt8]) throws(Output.Failure) {
    let descriptor = stream == .standard ? STDOUT_FILENO : STDERR_FILENO
    var failure: Output.Failure?
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty, failure == nil {
        let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest))
        if count >= 0 {
          rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
          // Somebody made it non-blocking: wait until there is room.
          var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&ready, 1, -1)
        } else if errno != EINTR {
          failure = errno == EPIPE ? .closed : .failed(SystemMessage.of(errno))
        }
      }
    }
    if let failure { throw failure }
  }

  /// A line from standard input; nil at its end, or when a signal comes meanwhile. At most 1,024 bytes of it.
  static func readAnswer() -> String? {
    var bytes: [UInt8] = []
    while bytes.count < 1024 {
      // A read cannot be ended by the flag, so nothing is read before something is there.
      var ready = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      let count = poll(&ready, 1, 100)
      if Interruption.hasCome { return nil }
      if count == 0 || (count < 0 && errno == EINTR) { continue }
      var byte: UInt8 = 0
      guard count > 0, systemRead(STDIN_FILENO, &byte, 1) == 1 else { break }
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      if byte != UInt8(ascii: "\r") { bytes.append(byte) }
    }
    return nil
  }
}

// The names are taken by methods here and elsewhere.

private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
  write(descriptor, buffer.baseAddress, buffer.count)
}

func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
