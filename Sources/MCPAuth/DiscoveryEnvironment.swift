internal import FoundationEssentials
public import MCPAuthCore

/// What discovery needs of the world besides a transport.
public struct DiscoveryEnvironment: Sendable {
  /// The wall clock, to read a `Retry-After` by that is a date.
  public var now: @Sendable () -> Timestamp
  /// Milliseconds that never go back, from any start, to hold a server to its time by.
  public var uptime: @Sendable () -> Int
  /// Returns after so many milliseconds, or throws when the task is cancelled.
  public var pause: @Sendable (_ milliseconds: Int) async throws -> Void
  /// From 0 up to 1, another one each time, so that those who were turned away together do not come back together.
  public var jitter: @Sendable () -> Double
  /// Told before a wait that a server asked for, or that goes before asking again.
  public var willWait: @Sendable (_ milliseconds: Int) -> Void
  /// Called before a wait during which nothing is done for this server: where the number of servers under way is limited, give the place
  /// away. `didIdle` follows always, also when the task was cancelled. Both are called in the task that called `discover`.
  public var willIdle: @Sendable () async -> Void
  /// Called after such a wait: take a place again. What it takes is not counted against the server's time.
  public var didIdle: @Sendable () async -> Void

  /// The system's clocks, sleep and randomness; no limit on the servers under way.
  public init(
    now: @escaping @Sendable () -> Timestamp = DiscoveryEnvironment.wallClock,
    uptime: @escaping @Sendable () -> Int = DiscoveryEnvironment.milliseconds,
    pause: @escaping @Sendable (_ milliseconds: Int) async throws -> Void = {
      try await Task.sleep(for: .milliseconds($0))
    },
    jitter: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
    willWait: @escaping @Sendable (_ milliseconds: Int) -> Void = { _ in },
    willIdle: @escaping @Sendable () async -> Void = {}, didIdle: @escaping @Sendable () async -> Void = {}
  ) {
    self.now = now
    self.uptime = uptime
    self.pause = pause
    self.jitter = jitter
    self.willWait = willWait
    self.willIdle = willIdle
    self.didIdle = didIdle
  }

  /// The system's clock.
  @Sendable public static func wallClock() -> Timestamp {
    Timestamp(seconds: Int64(Date().timeIntervalSince1970))
  }

  /// Since the first call, by a clock that runs while the machine sleeps.
  @Sendable public static func milliseconds() -> Int {
    let elapsed = start.duration(to: .now).components
    return Int(elapsed.seconds) * 1000 + Int(elapsed.attoseconds / 1_000_000_000_000_000)
  }

  private static let start = ContinuousClock.now
}
