#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Standard output and standard error of the process.
package enum StandardOutput {
  @Sendable package static func write(_ stream: Output.Stream, _ bytes: [UInt8]) throws(Output.Failure) {
    let descriptor = stream == .standard ? STDOUT_FILENO : STDERR_FILENO
    var failure: Output.Failure?
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty, failure == nil {
        let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest))
        if count >= 0 {
          rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
          // The descriptor is non-blocking: wait until it can be written.
          var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&ready, 1, -1)
        } else if errno != EINTR {
          failure = errno == EPIPE ? .closed : .failed(SystemMessage.of(errno))
        }
      }
    }
    if let failure { throw failure }
  }

  /// Whether the reader of the pipe has ended. Nothing is written to find this out.
  package static func isClosed() -> Bool {
    var state = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    return poll(&state, 1, 0) == 1 && Int32(state.revents) & (Int32(POLLERR) | Int32(POLLHUP)) != 0
  }
}

/// Calls `write` of the system: types here have a method of that name.
func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
  write(descriptor, buffer.baseAddress, buffer.count)
}
