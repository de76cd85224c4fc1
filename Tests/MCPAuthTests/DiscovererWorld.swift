import MCPAuth
import MCPAuthCore
import Synchronization
import Testing

/// Servers that answer by URL: 401 to every other POST, 404 to every other GET.
actor FakeWorld: Transport {
  private(set) var requests: [HTTPRequest] = []
  private var answers: [String: [Result<HTTPResponse, HTTPFailure>]]
  private var held: Set<String> = []
  private let willAnswer: @Sendable (HTTPRequest) -> Void

  init(_ pages: [String: HTTPResponse], willAnswer: @escaping @Sendable (HTTPRequest) -> Void = { _ in }) {
    answers = pages.mapValues { [.success($0)] }
    self.willAnswer = willAnswer
  }

  var asked: [String] { requests.map { "\($0.method.rawValue) \($0.url.text)" } }

  func count(_ text: String) -> Int { asked.count { $0 == text } }

  /// The answers to a URL, in turn. The last one is repeated.
  func answer(_ url: String, _ answers: [Result<HTTPResponse, HTTPFailure>]) { self.answers[url] = answers }

  /// Answers to this URL wait for `release`, or until their task is cancelled.
  func hold(_ url: String) { held.insert(url) }

  func release(_ url: String) { held.remove(url) }

  func waitForRequests(_ text: String, _ count: Int) async {
    while self.count(text) < count { await Task.yield() }
  }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    requests.append(request)
    while held.contains(request.url.text) {
      if Task.isCancelled { throw .connectionLost(reason: "cancelled") }
      await Task.yield()
    }
    willAnswer(request)
    let url = request.url.text
    guard var all = answers[url], let first = all.first else {
      return HTTPResponse(status: request.method == .post ? 401 : 404)
    }
    if all.count > 1 { all.removeFirst() }
    answers[url] = all
    return try first.get()
  }
}

/// A clock that a test moves. Every pause ends at once, and moves the clock.
final class ManualTime: Sendable {
  private let state = Mutex<(uptime: Int, log: [String])>((0, []))

  var log: [String] { state.withLock { $0.log } }

  func pass(_ milliseconds: Int) { state.withLock { $0.uptime += milliseconds } }

  var environment: DiscoveryEnvironment {
    DiscoveryEnvironment(
      now: { Timestamp(seconds: 1_800_000_000) }, uptime: { self.state.withLock { $0.uptime } },
      pause: { milliseconds in
        try Task.checkCancellation()
        self.note("pause \(milliseconds)")
        self.pass(milliseconds)
      }, jitter: { 0 }, willIdle: { self.note("idle") }, didIdle: { self.note("back") })
  }

  private func note(_ text: String) { state.withLock { $0.log.append(text) } }
}

extension Result {
  /// nil for a success.
  var failure: Failure? {
    if case .failure(let failure) = self { failure } else { nil }
  }
}
