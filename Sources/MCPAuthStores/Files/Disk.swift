#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The one system call whose number and failure tests must be able to see: everything durable goes through it.
struct Disk: Sendable {
  /// Forces what was written through a descriptor onto the disk. Returns 0 or an errno.
  var sync: @Sendable (Int32) -> Int32

  static let real = Disk { descriptor in
    #if canImport(Darwin)
      // fsync of macOS leaves the data in the drive's cache.
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return 0 }
    #endif
    return retrying { fsync(descriptor) } == 0 ? 0 : errno
  }
}

/// Repeats a system call that a signal interrupted.
func retrying(_ call: () -> Int32) -> Int32 {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
