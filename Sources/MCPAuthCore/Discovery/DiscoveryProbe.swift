/// The probe: requests to the server's URL without credentials, until an answer requires authorization (Discovery#Probe).
package struct DiscoveryProbe: DiscoveryExchange, Equatable {
  package enum Outcome: Sendable, Equatable {
    case answered(Findings)
    /// No request of the probe was answered, or the server refused further requests. `retryAfter` is in seconds, if the server says so.
    case failed(Diagnostic, retryAfter: Int?)
  }

  package struct Findings: Sendable, Equatable {
    /// 401, or 403 with a challenge.
    package var asksForAuthorization: Bool
    /// The challenges of that answer.
    package var challenges: ChallengeFindings
    /// Whether an answer had a status 2xx. If not, the URL may not be an MCP server.
    package var hasSuccess: Bool
  }

  package private(set) var records: [RequestRecord] = []
  private let server: CheckedURL
  private var rung = Rung.serverDiscover
  private var schedule = RetrySchedule()
  private var wasAnswered = false
  private var hasSuccess = false
  private var haveAllTimedOut = true
  private var action: DiscoveryAction<Outcome>

  package init(_ server: CheckedURL) {
    self.server = server
    action = .send(Rung.serverDiscover.request(to: server))
  }

  package func next() -> DiscoveryAction<Outcome> { action }

  package mutating func waited() {
    guard case .wait = action else { return }
    action = .send(rung.request(to: server))
  }

  package mutating func receive(_ received: Result<HTTPResponse, HTTPFailure>, now: Timestamp, jitter: Double) {
    guard case .send = action else { return }
    switch received {
    case .success(let response): receive(response, now: now, jitter: jitter)
    case .failure(.addressBlocked(let reason)):
      let words = HTTPFailure.addressBlocked(reason: reason).message
      record(nil, "address blocked: \(words)")
      action = .finished(
        .failed(
          Diagnostic(
            .error, .addressBlocked, "no request is sent to \(server.redacted): \(words)",
            help: ["list the address or host in allow_private if it is meant to be reached"]), retryAfter: nil))
    case .failure(let failure):
      if case .timeout = failure {} else { haveAllTimedOut = false }
      record(nil, "failed: \(failure.message)")
      climb()
    }
  }

  private mutating func receive(_ response: HTTPResponse, now: Timestamp, jitter: Double) {
    let challenges = ChallengeFindings(AuthenticationChallenge.parse(response.values(of: "WWW-Authenticate")))
    switch response.status {
    case 401:
      record(response, challenges.isEmpty ? "asks for authorization, without a challenge" : "asks for authorization")
      finish(asks: true, challenges)
    case 403 where !challenges.isEmpty:
      record(response, "asks for authorization")
      finish(asks: true, challenges)
    case 429:
      switch schedule.decide(response, now: now, jitter: jitter) {
      case .wait(let milliseconds, let isCounted):
        record(response, "rate limited")
        action = .wait(milliseconds: milliseconds, isCounted: isCounted)
      case .giveUp(let seconds):
        record(response, "rate limited")
        action = .finished(
          .failed(
            .transient(.rateLimited, asking: server, "it answers 429", comeBackIn: seconds, now: now),
            retryAfter: seconds))
      }
    case 408, 425, 500...:
      haveAllTimedOut = false
      record(response, "failed")
      climb()
    case 300...399:
      wasAnswered = true
      record(response, "a redirect, which is not followed")
      climb()
    default:
      wasAnswered = true
      if (200...299).contains(response.status) { hasSuccess = true }
      record(response, "no challenge")
      climb()
    }
  }

  private mutating func climb() {
    schedule = RetrySchedule()
    if let next = rung.next {
      rung = next
      action = .send(next.request(to: server))
    } else if wasAnswered {
      finish(asks: false, ChallengeFindings())
    } else {
      action = .finished(
        .failed(
          Diagnostic(
            .error, .unreachable,
            haveAllTimedOut
              ? "\(server.redacted) answered none of \(records.count) requests in time"
              : "\(server.redacted) cannot be reached: none of \(records.count) requests was answered",
            help: ["check the server's url, and run it again when the server answers: the lock file stays as it is"]),
          retryAfter: nil))
    }
  }

  private mutating func finish(asks: Bool, _ challenges: ChallengeFindings) {
    action = .finished(
      .answered(Findings(asksForAuthorization: asks, challenges: challenges, hasSuccess: hasSuccess)))
  }

  private mutating func record(_ response: HTTPResponse?, _ note: String) {
    records.append(
      RequestRecord(
        method: rung.method.rawValue, url: server.redacted, status: response?.status,
        contentType: response?.contentType, note: "\(rung.name): \(note)"))
  }
}
