#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What tests must be able to observe and change of a disk. All durable writes use it.
struct Disk: Sendable {
  /// Flushes to the disk what was written through a descriptor. Returns 0 or an errno.
  var sync: @Sendable (Int32) -> Int32
  /// Whether to try to make files without a name (`Folder.create`). Not every file system can.
  var hasUnnamedFiles = true

  static let real = Disk { descriptor in
    #if canImport(Darwin)
      // On macOS, fsync leaves the data in the cache of the drive.
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
