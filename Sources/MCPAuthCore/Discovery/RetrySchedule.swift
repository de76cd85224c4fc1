/// How often, and after which wait, a GET is repeated after a temporary failure (Discovery#Classes-of-answer).
package struct RetrySchedule: Sendable, Equatable {
  enum Decision: Equatable {
    case wait(milliseconds: Int, isCounted: Bool)
    /// No further attempt. `comeBackIn`: seconds, if the server says so.
    case giveUp(comeBackIn: Int?)
  }

  /// The number of all attempts. The same limit applies to the requests of a verification.
  package static let attempts = 3
  /// In seconds. A longer `Retry-After` is not waited for, because the whole run would wait for one server.
  package static let longestRetryAfter = 30

  private var attempt = 1

  /// - Parameter response: nil if no answer arrived.
  mutating func decide(_ response: HTTPResponse?, now: Timestamp, jitter: Double) -> Decision {
    let retryAfter = response.flatMap { RetryAfter.seconds($0, now: now) }
    // This is also reported after the last attempt, because the user needs the time for the next run.
    if let retryAfter, retryAfter > Self.longestRetryAfter || attempt >= Self.attempts {
      return .giveUp(comeBackIn: retryAfter)
    }
    guard attempt < Self.attempts else { return .giveUp(comeBackIn: nil) }
    let share = min(max(jitter, 0), 1)
    // 250 to 500 ms, then 500 to 1000.
    let backoff = Int(Double(500 << (attempt - 1)) * (0.5 + share / 2))
    attempt += 1
    guard let retryAfter, retryAfter > 0 else { return .wait(milliseconds: backoff, isCounted: true) }
    // The wait is a little longer than requested, so that several clients do not all return at the same moment.
    return .wait(milliseconds: retryAfter * 1000 + Int(500 * share), isCounted: false)
  }
}
