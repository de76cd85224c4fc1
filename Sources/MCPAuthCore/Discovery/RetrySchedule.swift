/// How often, and after which wait, a GET that failed for the moment is tried again (Discovery#Classes-of-answer).
package struct RetrySchedule: Sendable, Equatable {
  enum Decision: Equatable {
    case wait(milliseconds: Int, isCounted: Bool)
    /// Enough. `comeBackIn`: seconds, when the server says so.
    case giveUp(comeBackIn: Int?)
  }

  /// In all. The same holds for the questions of a verification.
  package static let attempts = 3
  /// Seconds: a longer `Retry-After` is not waited for, because the run would hang on one server.
  package static let longestRetryAfter = 30

  private var attempt = 1

  /// - Parameter response: nil when no answer came.
  mutating func decide(_ response: HTTPResponse?, now: Timestamp, jitter: Double) -> Decision {
    let retryAfter = response.flatMap { RetryAfter.seconds($0, now: now) }
    // Also after the last attempt: when to come back is worth saying.
    if let retryAfter, retryAfter > Self.longestRetryAfter || attempt >= Self.attempts {
      return .giveUp(comeBackIn: retryAfter)
    }
    guard attempt < Self.attempts else { return .giveUp(comeBackIn: nil) }
    let share = min(max(jitter, 0), 1)
    // 250 to 500 ms, then 500 to 1000.
    let backoff = Int(Double(500 << (attempt - 1)) * (0.5 + share / 2))
    attempt += 1
    guard let retryAfter, retryAfter > 0 else { return .wait(milliseconds: backoff, isCounted: true) }
    // A little more than asked for, so that those who were sent away together do not come back together.
    return .wait(milliseconds: retryAfter * 1000 + Int(500 * share), isCounted: false)
  }
}

/// How long a registration that was refused for its rate (429) waits before it is sent again (Registration#Refusals).
package struct RateLimitSchedule: Sendable {
  /// Seconds, in all.
  private static let patience = 60

  private var pauses = [1, 2, 4, 8, 15, 30][...]
  private var waited = 0

  package init() {}

  /// - Parameter retryAfter: seconds, where the server says so.
  /// - Returns: seconds; nil: it has waited long enough.
  package mutating func next(retryAfter: Int?) -> Int? {
    let seconds = retryAfter ?? pauses.popFirst() ?? Self.patience
    guard waited + seconds <= Self.patience else { return nil }
    waited += seconds
    return seconds
  }
}
