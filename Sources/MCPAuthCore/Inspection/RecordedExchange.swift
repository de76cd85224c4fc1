/// A request that was sent, and what came of it: what an inspection looks at.
package struct RecordedExchange: Sendable, Equatable {
  package var request: HTTPRequest
  package var received: Result<HTTPResponse, HTTPFailure>
  /// When it was over: the dates of a `Retry-After` are read by it.
  package var at: Timestamp
  /// From the first byte sent to the last one wanted.
  package var milliseconds: Int

  package init(
    request: HTTPRequest, received: Result<HTTPResponse, HTTPFailure>, at: Timestamp, milliseconds: Int
  ) {
    self.request = request
    self.received = received
    self.at = at
    self.milliseconds = milliseconds
  }

  /// nil when no answer came.
  package var response: HTTPResponse? {
    if case .success(let response) = received { response } else { nil }
  }

  /// As for `DiscoveryProbe`: 401, or 403 with a challenge.
  var asksForAuthorization: Bool {
    guard let response else { return false }
    return response.status == 401 || response.status == 403 && !challenges.isEmpty
  }

  var challenges: [AuthenticationChallenge] {
    AuthenticationChallenge.parse(response?.values(of: "WWW-Authenticate") ?? [])
  }
}
