import Dispatch
import Foundation

/// SIGINT and SIGTERM as something to wait for.
struct Signals {
  private let sources: [any DispatchSourceSignal]
  private let stream: AsyncStream<Int32>

  /// From here on they no longer end the process.
  init() {
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
    self.stream = stream
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield(number) }
      source.resume()
      return source
    }
  }

  /// Returns at the first of them.
  func first() async {
    for await _ in stream { return }
    withExtendedLifetime(sources) {}
  }
}
