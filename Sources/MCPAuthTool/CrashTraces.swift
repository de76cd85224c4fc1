#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Prevents files and output with secrets after a crash (ThreatModel#Crashes).
enum CrashTraces {
  /// Turns off core files for this process and the programs that it starts. Turns off backtraces of Swift's runtime, because they print registers and
  /// memory: with `SWIFT_BACKTRACE` the runtime installs signal handlers before `main`. They are removed here.
  static func turnOff() {
    var nothing = rlimit(rlim_cur: 0, rlim_max: 0)
    #if canImport(Glibc)
      setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &nothing)
    #else
      setrlimit(RLIMIT_CORE, &nothing)
    #endif
    for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP] {
      // A signal that the parent ignores stays ignored. Functions cannot be compared; the address 1 is SIG_IGN.
      let previous = signal(number, SIG_DFL)
      if unsafeBitCast(previous, to: Int.self) == 1 { signal(number, SIG_IGN) }
    }
  }
}
