internal import MCPAuthCore
internal import Synchronization

/// A transport that keeps what went over it, with the time that it took.
final class RecordingTransport: Transport {
  private let base: any Transport
  private let seams: DiscoverySeams
  private let kept = Mutex<[RecordedExchange]>([])

  init(_ base: any Transport, seams: DiscoverySeams) {
    self.base = base
    self.seams = seams
  }

  /// In the order in which they were over.
  var exchanges: [RecordedExchange] { kept.withLock { $0 } }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let start = seams.uptime()
    let received = await base.result(of: request)
    let exchange = RecordedExchange(
      request: request, received: received, at: seams.now(), milliseconds: seams.uptime() - start)
    kept.withLock { $0.append(exchange) }
    return try received.get()
  }
}
