internal import MCPAuthCore
internal import Synchronization

/// A transport that records each exchange and its duration.
final class RecordingTransport: Transport {
  private let base: any Transport
  private let environment: DiscoveryEnvironment
  private let kept = Mutex<[RecordedExchange]>([])

  init(_ base: any Transport, environment: DiscoveryEnvironment) {
    self.base = base
    self.environment = environment
  }

  /// In the order in which the exchanges ended.
  var exchanges: [RecordedExchange] { kept.withLock { $0 } }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let start = environment.uptime()
    let received = await base.result(of: request)
    let exchange = RecordedExchange(
      request: request, received: received, at: environment.now(), milliseconds: environment.uptime() - start)
    kept.withLock { $0.append(exchange) }
    return try received.get()
  }
}
