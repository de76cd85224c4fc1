/// A part of discovery that sends requests. It gets events, returns actions, and uses no I/O, no clock and no random numbers.
///
/// Call `next()`, do what it says, and report the result (`receive`, `waited`). Repeat until `finished`.
package protocol DiscoveryExchange: Sendable {
  associatedtype Outcome: Sendable

  /// All requests so far that were answered or failed, the oldest first.
  var records: [RequestRecord] { get }
  func next() -> DiscoveryAction<Outcome>
  /// - Parameters:
  ///   - now: the current time, to read the date of a `Retry-After`.
  ///   - jitter: a number from 0 to 1, new for each call.
  mutating func receive(_ received: Result<HTTPResponse, HTTPFailure>, now: Timestamp, jitter: Double)
  mutating func waited()
}

package enum DiscoveryAction<Outcome: Sendable>: Sendable {
  case send(HTTPRequest)
  /// Wait for this time. A wait that the server requested does not count against the server's time limit.
  case wait(milliseconds: Int, isCounted: Bool)
  case finished(Outcome)
}

extension DiscoveryAction: Equatable where Outcome: Equatable {}
