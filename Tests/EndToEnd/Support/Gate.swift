import MCPAuthSandbox

/// Holds answers of the sandbox until it is opened, so that a test decides how long a request takes.
actor Gate {
  private var isOpen = false
  private var waiting: [AsyncStream<Never>.Continuation] = []
  private let opensAfter: Int

  /// - Parameter opensAfter: opens by itself when this many requests wait.
  init(opensAfter: Int = .max) { self.opensAfter = opensAfter }

  /// For `SandboxConfiguration.beforeAnswer`.
  nonisolated func holds(_ endpoint: SandboxEndpoint) -> @Sendable (SandboxRequest) async -> Void {
    { request in if request.endpoint == endpoint { await self.pass() } }
  }

  /// Returns when the gate is open, or when the task is cancelled.
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
