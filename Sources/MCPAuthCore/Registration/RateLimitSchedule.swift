/// How long mcpauth waits before it repeats a registration that was refused with 429 (Registration#Refusals).
package struct RateLimitSchedule: Sendable {
  /// The most seconds of all waits together.
  private static let patience = 60

  private var pauses = [1, 2, 4, 8, 15, 30][...]
  private var waited = 0

  package init() {}

  /// Never shorter than the pauses, so that it ends for a server that always says 0 seconds.
  ///
  /// - Parameter retryAfter: seconds, if the server says so.
  /// - Returns: the seconds to wait. nil if there must be no further attempt.
  package mutating func next(retryAfter: Int?) -> Int? {
    let seconds = max(retryAfter ?? 0, pauses.popFirst() ?? Self.patience)
    guard waited + seconds <= Self.patience else { return nil }
    waited += seconds
    return seconds
  }
}
