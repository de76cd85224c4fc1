/// A request that was sent and its result. An inspection examines these.
package struct RecordedExchange: Sendable, Equatable {
  package var request: HTTPRequest
  package var received: Result<HTTPResponse, HTTPFailure>
  /// The end of the exchange. The dates of a `Retry-After` are relative to it.
  package var at: Timestamp
  /// The time from the first byte sent to the last byte needed.
  package var milliseconds: Int

  package init(
    request: HTTPRequest, received: Result<HTTPResponse, HTTPFailure>, at: Timestamp, milliseconds: Int
  ) {
    self.request = request
    self.received = received
    self.at = at
    self.milliseconds = milliseconds
  }

  /// nil if no answer arrived.
  package var response: HTTPResponse? {
    if case .success(let response) = received { response } else { nil }
  }

  /// The same rule as in `DiscoveryProbe`: 401, or 403 with a challenge.
  var asksForAuthorization: Bool {
    guard let response else { return false }
    return response.status == 401 || response.status == 403 && !challenges.isEmpty
  }

  var challenges: [AuthenticationChallenge] {
    AuthenticationChallenge.parse(response?.values(of: "WWW-Authenticate") ?? [])
  }
}
