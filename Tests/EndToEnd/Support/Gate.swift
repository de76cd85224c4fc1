import MCPAuthSandbox

/// Delays answers of the sandbox until it is opened, so that a test controls how long a request takes.
actor Gate {
  private var isOpen = false
  private var waiting: [AsyncStream<Never>.Continuation] = []
  private let opensAfter: Int

  /// - Parameter opensAfter: the gate opens by itself when this many requests are waiting.
  init(opensAfter: Int = .max) { self.opensAfter = opensAfter }

  /// A closure for `SandboxConfiguration.beforeAnswer`.
  nonisolated func holds(_ endpoint: SandboxEndpoint) -> @Sendable (SandboxRequest) async -> Void {
    { request in if request.endpoint == endpoint { await self.pass() } }
  }

  /// Waits until the gate is open or the task is cancelled.
  func pass() async {
    if isOpen { return }
    let (opening, continuation) = AsyncStream.makeStream(of: Never.self)
    waiting.append(continuation)
    if waiting.count >= opensAfter { open() }
    for await _ in opening {}
  }

  func close() { isOpen = false }

  func open() {
    isOpen = true
    for continuation in waiting { continuation.finish() }
    waiting = []
  }
}
