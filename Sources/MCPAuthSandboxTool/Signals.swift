import Dispatch
import Foundation

/// Waits for SIGINT and SIGTERM.
struct Signals {
  private let sources: [any DispatchSourceSignal]
  private let stream: AsyncStream<Int32>

  /// From now on, these signals do not end the process.
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

  /// Returns when the first of these signals arrives.
  func first() async {
    for await _ in stream { return }
    withExtendedLifetime(sources) {}
  }
}
