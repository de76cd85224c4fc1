import MCPAuth
import MCPAuthCore
import Synchronization

/// Sends the requests of one server's verification: within its time limit, respecting `Retry-After`, and not to endpoints that refused before.
struct RetryingTransport: Transport {
  let base: any Transport
  let context: ReconcilerContext
  let policy: RetryPolicy
  let log: ExchangeLog
  /// The time limit in seconds, without the waits.
  let timeout: Int
  /// Milliseconds of a monotonic clock.
  let uptime: @Sendable () -> Int

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let record = RequestRecord(method: request.method.rawValue, url: request.url.redacted)
    switch await policy.refusal(of: request.url) {
    case nil: break
    case .retryAfter(let seconds):
      log.note(record, .rateLimited)
      throw .notSent(reason: Self.message(seconds) + " in an earlier answer; no further request was sent")
    case .noAnswer:
      log.note(record, .unreachable)
      throw .notSent(reason: "it did not answer earlier requests of this run; no further request was sent")
    }
    var count = 0
    while true {
      let response = try await answer(request)
      count += 1
      await policy.recordAnswer(from: request.url)
      guard let wait = wait(response) else {
        log.note(RequestRecord(request, .success(response)), Self.code(of: response))
        return response
      }
      guard count < RetrySchedule.attempts, wait.seconds <= RetrySchedule.longestRetryAfter else {
        await policy.refuse(request.url, seconds: wait.isSaid ? wait.seconds : nil)
        log.note(RequestRecord(request, .success(response)), .rateLimited)
        throw .notSent(reason: "it answers \(response.status), and " + Self.message(wait.isSaid ? wait.seconds : nil))
      }
      log.addWait(wait.seconds * 1000)
      context.report(.waiting(server: RunScope.server, milliseconds: wait.seconds * 1000))
      do throws(CancellationError) {
        try await context.rest(.seconds(wait.seconds))
      } catch {
        throw .notSent(reason: "a signal ended the run")
      }
    }
  }

  private func answer(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    var request = request
    let remaining = timeout * 1000 - (uptime() - log.start - log.waited)
    do throws(HTTPFailure) {
      guard remaining > 0 else { throw .timeout(seconds: timeout, sent: false) }
      request.timeout = min(request.timeout, (remaining + 999) / 1000)
      return try await base.send(request)
    } catch {
      log.note(RequestRecord(request, .failure(error)), error.code)
      if error.isNoAnswer { await policy.recordNoAnswer(from: request.url) }
      throw error
    }
  }

  /// How long to wait before the next try; nil: no further try is needed.
  private func wait(_ response: HTTPResponse) -> (seconds: Int, isSaid: Bool)? {
    let said = RetryAfter.seconds(response, now: context.now())
    switch response.status {
    // Wait at least a second: otherwise three requests would be sent at once.
    case 429: return (max(1, said ?? 1), said != nil)
    case 503: return said.map { (max(1, $0), true) }
    default: return nil
    }
  }

  private static func message(_ seconds: Int?) -> String {
    seconds.map { "it asked to wait \($0) s" } ?? "it asked to wait"
  }

  private static func code(of response: HTTPResponse) -> DiagnosticCode {
    switch response.status {
    case 300...399: .redirectRefused
    case 500...599: .unreachable
    default: .unusualAnswer
    }
  }

  /// The endpoints that are not asked again in this run: those that sent a `Retry-After` that is too long, and those that do not answer.
  actor RetryPolicy {
    enum Refusal {
      /// Its `Retry-After` in seconds; nil: it gave none.
      case retryAfter(Int?)
      case noAnswer
    }

    private var refusals: [String: Refusal] = [:]
    private var unanswered: [String: Int] = [:]

    /// The limit of consecutive requests without an answer. Without it, each server at an endpoint that is down would wait for its own time-out.
    private static let maximumUnanswered = 3

    func refusal(of url: CheckedURL) -> Refusal? { refusals[Self.key(url)] }

    func refuse(_ url: CheckedURL, seconds: Int?) { refusals[Self.key(url)] = .retryAfter(seconds) }

    func recordAnswer(from url: CheckedURL) { unanswered[Self.key(url)] = nil }

    func recordNoAnswer(from url: CheckedURL) {
      unanswered[Self.key(url), default: 0] += 1
      if unanswered[Self.key(url), default: 0] >= Self.maximumUnanswered { refusals[Self.key(url)] = .noAnswer }
    }

    private static func key(_ url: CheckedURL) -> String { url.origin + url.path }
  }
}

/// The requests that were sent for one server, and the code of the last answer if it was not an expected one.
final class ExchangeLog: Sendable {
  private struct State {
    var records: [RequestRecord] = []
    var code = DiagnosticCode.unusualAnswer
    var waited = 0
  }

  private let state = Mutex(State())
  /// When the verification began, in milliseconds of the monotonic clock.
  let start: Int

  init(start: Int) {
    self.start = start
  }

  var records: [RequestRecord] { state.withLock { $0.records } }
  var code: DiagnosticCode { state.withLock { $0.code } }
  /// Milliseconds that were spent waiting because the server asked for it.
  var waited: Int { state.withLock { $0.waited } }

  func note(_ record: RequestRecord, _ code: DiagnosticCode) {
    state.withLock {
      $0.records.append(record)
      $0.code = code
    }
  }

  func addWait(_ milliseconds: Int) { state.withLock { $0.waited += milliseconds } }
}

extension HTTPFailure {
  /// Whether the server gave no answer at all.
  fileprivate var isNoAnswer: Bool {
    switch self {
    case .notSent, .connectionLost, .timeout: true
    case .tooLarge, .addressBlocked: false
    }
  }

  /// The diagnostic code of a failure that left no client behind.
  var code: DiagnosticCode {
    switch self {
    case .notSent, .connectionLost: .unreachable
    case .timeout: .timeout
    case .tooLarge: .responseTooLarge
    case .addressBlocked: .addressBlocked
    }
  }
}
