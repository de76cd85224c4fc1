import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whether SIGINT, SIGTERM or SIGHUP came (Reliability#Signals). Then no new request is begun. A second signal ends the process at once. The journal
/// contains what the next run needs to continue.
package enum Interruption {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]

  package static var hasCome: Bool { flag.load(ordering: .relaxed) }

  /// Call once, before any work.
  package static func install() {
    // Creates the flag now: a signal handler must not do it.
    _ = flag.load(ordering: .relaxed)
    for number in signals {
      // A signal that the parent ignores stays ignored (`nohup`). Functions cannot be compared; the address 1 is SIG_IGN.
      let previous = signal(number, SIG_IGN)
      if unsafeBitCast(previous, to: Int.self) != 1 { signal(number, handler) }
    }
    // A closed pipe is an error of the write. It must not end the process in the middle of an apply.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Until `letGo`, no signal ends the process, because something must be restored first.
  static func hold() { set(patientHandler) }

  /// From now on a second signal ends the process again.
  static func letGo() {
    if hasCome { for number in signals { signal(number, SIG_DFL) } } else { set(handler) }
  }

  private static func set(_ action: @escaping @convention(c) (Int32) -> Void) {
    for number in signals {
      let previous = signal(number, action)
      if unsafeBitCast(previous, to: Int.self) == 1 { signal(number, SIG_IGN) }
    }
  }
}

private let flag = Atomic<Bool>(false)

private let patientHandler: @convention(c) (Int32) -> Void = { _ in flag.store(true, ordering: .relaxed) }

private let handler: @convention(c) (Int32) -> Void = { _ in
  flag.store(true, ordering: .relaxed)
  signal(SIGINT, SIG_DFL)
  signal(SIGTERM, SIG_DFL)
  signal(SIGHUP, SIG_DFL)
}
