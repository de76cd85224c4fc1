import MCPAuth
import MCPAuthCore
import Synchronization

/// The requests of one server's verification: within its time, waiting where they are told to, and no more of them where they are told to stay away.
struct PoliteTransport: Transport {
  let base: any Transport
  let context: ReconcilerContext
  let manners: Manners
  let log: ExchangeLog
  /// Seconds, without the waits.
  let timeout: Int
  /// Milliseconds that never go back.
  let uptime: @Sendable () -> Int

  /// A longer `Retry-After` is not waited for: the run would hang on one server.
  static let longestWait = 30
  private static let tries = 3

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let record = RequestRecord(method: request.method.rawValue, url: request.url.redacted)
    switch await manners.closing(of: request.url) {
    case nil: break
    case .asked(let seconds):
      log.note(record, .rateLimited)
      throw .notSent(reason: Self.words(seconds) + " by an earlier answer; it was not asked again")
    case .silent:
      log.note(record, .unreachable)
      throw .notSent(reason: "it did not answer those who were asked before; it was not asked again")
    }
    var count = 0
    while true {
      let response = try await answer(request, record)
      count += 1
      await manners.heard(from: request.url)
      guard let wait = wait(response) else {
        log.note(record.answered(response), Self.code(of: response))
        return response
      }
      guard count < Self.tries, wait.seconds <= Self.longestWait else {
        await manners.close(request.url, seconds: wait.isSaid ? wait.seconds : nil)
        log.note(record.answered(response), .rateLimited)
        throw .notSent(reason: "it answers \(response.status), and " + Self.words(wait.isSaid ? wait.seconds : nil))
      }
      log.excuse(wait.seconds * 1000)
      do throws(CancellationError) {
        try await context.rest(.seconds(wait.seconds))
      } catch {
        throw .notSent(reason: "a signal ended the run")
      }
    }
  }

  private func answer(_ request: HTTPRequest, _ record: RequestRecord) async throws(HTTPFailure) -> HTTPResponse {
    var request = request
    let remaining = timeout * 1000 - (uptime() - log.start - log.excused)
    do throws(HTTPFailure) {
      guard remaining > 0 else { throw .timeout(seconds: timeout, sent: false) }
      request.timeout = min(request.timeout, (remaining + 999) / 1000)
      return try await base.send(request)
    } catch {
      log.note(record.failed(error), error.code)
      if error.isSilence { await manners.heardNothing(from: request.url) }
      throw error
    }
  }

  /// How long to stay away; nil: there is no need.
  private func wait(_ response: HTTPResponse) -> (seconds: Int, isSaid: Bool)? {
    let said = RetryAfter.seconds(response, now: context.now())
    switch response.status {
    case 429: return (said ?? 1, said != nil)
    case 503: return said.map { ($0, true) }
    default: return nil
    }
  }

  private static func words(_ seconds: Int?) -> String {
    seconds.map { "it asked to come back in \($0) s" } ?? "it asked to be left alone"
  }

  private static func code(of response: HTTPResponse) -> DiagnosticCode {
    switch response.status {
    case 300...399: .redirectRefused
    case 500...599: .unreachable
    default: .unusualAnswer
    }
  }

  /// Endpoints that asked to be left alone, and those that answer nobody: whoever comes next in this run does not ask them.
  actor Manners {
    enum Closing {
      /// Seconds after which it may be asked; nil: it did not say.
      case asked(Int?)
      case silent
    }

    private var closed: [String: Closing] = [:]
    private var silences: [String: Int] = [:]

    /// Without any answer between them. A hundred servers at one that is down would otherwise wait for it one after the other.
    private static let mostSilences = 3

    func closing(of url: CheckedURL) -> Closing? { closed[Self.key(url)] }

    func close(_ url: CheckedURL, seconds: Int?) { closed[Self.key(url)] = .asked(seconds) }

    func heard(from url: CheckedURL) { silences[Self.key(url)] = nil }

    func heardNothing(from url: CheckedURL) {
      silences[Self.key(url), default: 0] += 1
      if silences[Self.key(url), default: 0] >= Self.mostSilences { closed[Self.key(url)] = .silent }
    }

    private static func key(_ url: CheckedURL) -> String { url.origin + url.path }
  }
}

/// What was asked for one server, and what the last answer amounts to where it is none of the expected ones.
final class ExchangeLog: Sendable {
  private struct State {
    var records: [RequestRecord] = []
    var code = DiagnosticCode.unusualAnswer
    var excused = 0
  }

  private let state = Mutex(State())
  /// Milliseconds, by the clock of whoever made it.
  let start: Int

  init(start: Int) {
    self.start = start
  }

  var records: [RequestRecord] { state.withLock { $0.records } }
  var code: DiagnosticCode { state.withLock { $0.code } }
  /// Milliseconds that the server asked for.
  var excused: Int { state.withLock { $0.excused } }

  func note(_ record: RequestRecord, _ code: DiagnosticCode) {
    state.withLock {
      $0.records.append(record)
      $0.code = code
    }
  }

  func excuse(_ milliseconds: Int) { state.withLock { $0.excused += milliseconds } }
}

extension RequestRecord {
  fileprivate func answered(_ response: HTTPResponse) -> RequestRecord {
    var record = self
    record.status = response.status
    record.contentType = response.contentType
    return record
  }

  fileprivate func failed(_ failure: HTTPFailure) -> RequestRecord {
    var record = self
    record.note = failure.words
    return record
  }
}

extension HTTPFailure {
  /// Whether the server was not heard at all.
  fileprivate var isSilence: Bool {
    switch self {
    case .notSent, .connectionLost, .timeout: true
    case .tooLarge, .addressBlocked: false
    }
  }

  /// What a failure amounts to where nothing is lost by it.
  var code: DiagnosticCode {
    switch self {
    case .notSent, .connectionLost: .unreachable
    case .timeout: .timeout
    case .tooLarge: .responseTooLarge
    case .addressBlocked: .addressBlocked
    }
  }
}
