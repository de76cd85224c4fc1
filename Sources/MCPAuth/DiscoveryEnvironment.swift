internal import FoundationEssentials
public import MCPAuthCore

/// What discovery needs from the system, apart from a transport.
public struct DiscoveryEnvironment: Sendable {
  /// The wall clock. It is needed to read a `Retry-After` that is a date.
  public var now: @Sendable () -> Timestamp
  /// A clock in milliseconds that never goes back and can start at any value. It measures the time limit of a server.
  public var uptime: @Sendable () -> Int
  /// Returns after this number of milliseconds. Throws when the task is cancelled.
  public var pause: @Sendable (_ milliseconds: Int) async throws -> Void
  /// A new value from 0 up to 1 on each call, so that clients that were rejected at the same time do not all retry at the same time.
  public var jitter: @Sendable () -> Double
  /// Called before a wait that a server asked for, and before a wait that precedes a retry.
  public var willWait: @Sendable (_ milliseconds: Int) -> Void
  /// Called before a wait during which no work is done for this server. A caller that limits the number of concurrent servers can release the slot
  /// here. `didIdle` always follows, also when the task was cancelled. Both are called in the task that called `discover`.
  public var willIdle: @Sendable () async -> Void
  /// Called after such a wait: acquire a slot again. The time for this does not count against the server's time limit.
  public var didIdle: @Sendable () async -> Void
  /// Called before a request is sent, or two together. A caller that limits the requests that are under way can wait here. The time for this does not
  /// count against the server's time limit. `didSend` always follows.
  public var willSend: @Sendable () async -> Void
  /// Called after the answer, or the first one of two, before anything is done with it.
  public var didSend: @Sendable () async -> Void

  /// The system's clocks, sleep and randomness, with no limit on concurrent servers.
  public init(
    now: @escaping @Sendable () -> Timestamp = DiscoveryEnvironment.wallClock,
    uptime: @escaping @Sendable () -> Int = DiscoveryEnvironment.milliseconds,
    pause: @escaping @Sendable (_ milliseconds: Int) async throws -> Void = {
      try await Task.sleep(for: .milliseconds($0))
    },
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
    willWait: @escaping @Sendable (_ milliseconds: Int) -> Void = { _ in },
    willIdle: @escaping @Sendable () async -> Void = {}, didIdle: @escaping @Sendable () async -> Void = {},
    willSend: @escaping @Sendable () async -> Void = {}, didSend: @escaping @Sendable () async -> Void = {}
  ) {
    self.now = now
    self.uptime = uptime
    self.pause = pause
    self.jitter = jitter
    self.willWait = willWait
    self.willIdle = willIdle
    self.didIdle = didIdle
    self.willSend = willSend
    self.didSend = didSend
  }

  /// The system's clock.
  @Sendable public static func wallClock() -> Timestamp {
    Timestamp(seconds: Int64(Date().timeIntervalSince1970))
  }

  /// Milliseconds since the first call, by a clock that also runs while the machine sleeps.
  @Sendable public static func milliseconds() -> Int {
    let elapsed = start.duration(to: .now).components
    return Int(elapsed.seconds) * 1000 + Int(elapsed.attoseconds / 1_000_000_000_000_000)
  }

  private static let start = ContinuousClock.now
}
