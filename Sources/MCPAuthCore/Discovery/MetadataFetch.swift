/// A GET of a metadata document, with redirects under their rules, and with retries after temporary failures (Discovery#Redirects).
package struct MetadataFetch: DiscoveryExchange, Equatable {
  /// The most redirects that are followed.
  static let redirectLimit = 5

  /// The address of the document.
  package let url: CheckedURL
  package let provenance: HTTPRequest.Provenance
  private let trust: ServerTrust
  package private(set) var records: [RequestRecord] = []

  private var hop: CheckedURL
  private var redirects = 0
  private var schedule = RetrySchedule()
  private var action: DiscoveryAction<MetadataAnswer>

  /// - Parameters:
  ///   - provenance: who chose the URL.
  ///   - trust: the trust of the server that the document is read for. It says which http URLs a redirect may lead to.
  package init(_ url: CheckedURL, provenance: HTTPRequest.Provenance, trust: ServerTrust) {
    self.url = url
    self.provenance = provenance
    self.trust = trust
    hop = url
    action = .send(Self.request(url, provenance))
  }

  package func next() -> DiscoveryAction<MetadataAnswer> { action }

  package mutating func waited() {
    guard case .wait = action else { return }
    send()
  }

  package mutating func receive(_ received: Result<HTTPResponse, HTTPFailure>, now: Timestamp, jitter: Double) {
    guard case .send = action else { return }
    switch received {
    case .success(let response): receive(response, now: now, jitter: jitter)
    case .failure(.tooLarge(let limit)):
      invalid(
        .responseTooLarge, "\(hop.redacted) sends more than \(limit) bytes",
        help: ["a metadata document is a few kilobytes: look at what the server publishes there"], response: nil,
        note: HTTPFailure.tooLarge(limit: limit).message)
    case .failure(.addressBlocked(let reason)):
      let words = HTTPFailure.addressBlocked(reason: reason).message
      invalid(
        .addressBlocked, "no request is sent to \(hop.redacted): \(words)",
        help: ["list the address or host in allow_private if it is meant to be reached"], response: nil,
        note: "address blocked: \(words)")
    case .failure(let failure):
      let isTimeout = if case .timeout = failure { true } else { false }
      tryAgain(isTimeout ? .timeout : .unreachable, failure.message, response: nil, now: now, jitter: jitter)
    }
  }

  private mutating func receive(_ response: HTTPResponse, now: Timestamp, jitter: Double) {
    let status = response.status
    switch status {
    case 200: read(response)
    case 401, 403: finish(.denied(status: status), "denied", response)
    case 301, 302, 303, 307, 308: redirect(response)
    case 408: tryAgain(.timeout, "it answers 408", response: response, now: now, jitter: jitter)
    case 429: tryAgain(.rateLimited, "it answers 429", response: response, now: now, jitter: jitter)
    case 503 where response.value(of: "Retry-After") != nil:
      tryAgain(.rateLimited, "it answers 503", response: response, now: now, jitter: jitter)
    case 501: finish(.absent("it answers 501", isRedirect: false), "absent", response)
    case 425, 500...: tryAgain(.unreachable, "it answers \(status)", response: response, now: now, jitter: jitter)
    default: finish(.absent("it answers \(status)", isRedirect: false), "absent", response)
    }
  }

  private mutating func read(_ response: HTTPResponse) {
    do throws(JSONParser.Problem) {
      guard let object = try JSONParser.parse(response.body).object else {
        finish(.absent("it answers 200 with no JSON object", isRedirect: false), "absent: not a JSON object", response)
        return
      }
      finish(.object(object), "a JSON object", response)
    } catch {
      guard case .tooDeep(let limit) = error else {
        finish(.absent("it answers 200 with no JSON object", isRedirect: false), "absent: not JSON", response)
        return
      }
      invalid(
        .metadataInvalid, "\(hop.redacted) is nested over \(limit) levels deep",
        help: ["a metadata document is nearly flat: look at what the server publishes there"], response: response,
        note: "nested over \(limit) levels")
    }
  }

  /// Follows at most 5 redirects, to the same host only, never from https to http. Each target must satisfy all rules. Every other redirect
  /// is `redirect-refused`.
  private mutating func redirect(_ response: HTTPResponse) {
    do throws(RedirectRefusal) {
      let target = try hop.redirected(to: response.value(of: "Location"), plaintext: trust.plaintext)
      guard redirects < Self.redirectLimit else { throw RedirectRefusal("it comes after \(redirects) other redirects") }
      record(response, "redirects to \(target.redacted)")
      redirects += 1
      hop = target
      send()
    } catch {
      let words = "its redirect (\(response.status)) is not followed: \(error.reason)"
      finish(.absent(words, isRedirect: true), "absent: redirect refused, \(error.reason)", response)
    }
  }

  private mutating func tryAgain(
    _ code: DiagnosticCode, _ words: String, response: HTTPResponse?, now: Timestamp, jitter: Double
  ) {
    switch schedule.decide(response, now: now, jitter: jitter) {
    case .wait(let milliseconds, let isCounted):
      record(response, "transient: \(words)")
      action = .wait(milliseconds: milliseconds, isCounted: isCounted)
    case .giveUp(let seconds):
      let isLong = (seconds ?? 0) > RetrySchedule.longestRetryAfter
      finish(
        .transient(
          .transient(isLong ? .rateLimited : code, asking: hop, words, comeBackIn: seconds, now: now),
          retryAfter: seconds),
        "transient: \(words)", response)
    }
  }

  private mutating func invalid(
    _ code: DiagnosticCode, _ message: String, help: [String], response: HTTPResponse?, note: String
  ) {
    finish(.invalid(Diagnostic(.error, code, message, help: help)), "invalid: \(note)", response)
  }

  private mutating func finish(_ outcome: MetadataAnswer.Outcome, _ note: String, _ response: HTTPResponse?) {
    record(response, note)
    action = .finished(MetadataAnswer(outcome, records: records))
  }

  private mutating func record(_ response: HTTPResponse?, _ note: String) {
    records.append(
      RequestRecord(
        method: "GET", url: hop.redacted, status: response?.status, contentType: response?.contentType, note: note))
  }

  /// If a redirect leads to another origin than the URL's, a server chose that address, even if the inventory contains the URL.
  private mutating func send() {
    action = .send(Self.request(hop, hop.origin == url.origin ? provenance : .discovered))
  }

  private static func request(_ url: CheckedURL, _ provenance: HTTPRequest.Provenance) -> HTTPRequest {
    HTTPRequest(.get, url, fields: [HTTPField("Accept", "application/json")], provenance: provenance)
  }
}

extension Diagnostic {
  /// `timeout`, `rate-limited` or `unreachable`: nothing is known of the server, except that it must be tried again later.
  static func transient(
    _ code: DiagnosticCode, asking url: CheckedURL, _ words: String, comeBackIn seconds: Int?, now: Timestamp
  ) -> Diagnostic {
    let when = seconds.map { "try again in \($0) s, at \(Timestamp(seconds: now.seconds + Int64($0)).rfc3339)" }
    let message =
      switch code {
      case .rateLimited: "\(url.redacted) accepts no more requests for now: \(words)"
      case .timeout: "\(url.redacted) does not answer in time: \(words)"
      default: "\(url.redacted) cannot be read: \(words)"
      }
    let help =
      switch code {
      case .rateLimited: when ?? "try again later: the server does not say when"
      default: when ?? "run it again when the server answers: the lock file stays as it is"
      }
    return Diagnostic(.error, code, message, help: [help])
  }
}
