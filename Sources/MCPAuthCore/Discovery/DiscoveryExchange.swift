/// A part of discovery that sends requests: events in, actions out, no I/O, no clock, no randomness.
///
/// Do what `next()` says, report it back (`receive`, `waited`), repeat until `finished`.
package protocol DiscoveryExchange: Sendable {
  associatedtype Outcome: Sendable

  /// Every request that was answered, or failed, so far, oldest first.
  var records: [RequestRecord] { get }
  func next() -> DiscoveryAction<Outcome>
  /// - Parameters:
  ///   - now: to read the date of a `Retry-After` by.
  ///   - jitter: from 0 up to 1, a new one each time.
  mutating func receive(_ received: Result<HTTPResponse, HTTPFailure>, now: Timestamp, jitter: Double)
  mutating func waited()
}

package enum DiscoveryAction<Outcome: Sendable>: Sendable {
  case send(HTTPRequest)
  /// Do nothing for so long. A wait that the server asked for does not count against its time.
  case wait(milliseconds: Int, isCounted: Bool)
  case finished(Outcome)
}

extension DiscoveryAction: Equatable where Outcome: Equatable {}
