#if canImport(Glibc)
  import Glibc
#endif

/// Where memory comes from.
enum Heap {
  /// Lets all threads share two heaps. It has to be called before there are other threads.
  ///
  /// By default, glibc gives each thread a heap of its own, which grows by single pages and is not used by other threads. A plan of 10,000 servers
  /// then makes 8,000 calls of `mprotect`, and takes a quarter more memory. With one heap the threads wait for each other, and it takes a fifth longer.
  static func share() {
    #if canImport(Glibc)
      // Swift's module of glibc has neither `mallopt` nor its parameter M_ARENA_MAX, which is -8.
      typealias SetOption = @convention(c) (_ parameter: Int32, _ value: Int32) -> Int32
      guard let symbol = dlsym(nil, "mallopt") else { return }
      _ = unsafeBitCast(symbol, to: SetOption.self)(-8, 2)
    #endif
  }
}
