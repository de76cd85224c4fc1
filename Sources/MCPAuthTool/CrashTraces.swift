#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a crash leaves behind: nothing that holds a secret (ThreatModel#Crashes).
enum CrashTraces {
  /// No core file of this process and of the programs that it starts. No backtrace of Swift's runtime, which would print registers and
  /// memory: with `SWIFT_BACKTRACE` the runtime installs signal handlers before `main`. They are removed here.
  static func turnOff() {
    var nothing = rlimit(rlim_cur: 0, rlim_max: 0)
    #if canImport(Glibc)
      setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &nothing)
    #else
      setrlimit(RLIMIT_CORE, &nothing)
    #endif
    for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP] { signal(number, SIG_DFL) }
  }
}
