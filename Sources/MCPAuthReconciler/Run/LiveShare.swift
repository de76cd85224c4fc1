import MCPAuthCore
import MCPAuthPlan

/// The share of this run among the runs that are under way (Reliability#Many-runners). Runs begin one after the other, so the share becomes smaller
/// while this run discovers servers. It stays the same after that.
actor LiveShare {
  private let store: any SharedStateStore
  private(set) var share: ServerShare
  private var isSettled = false
  private var asked = ContinuousClock.now

  /// The time between two looks at the other runs.
  private static let interval = Duration.seconds(1)

  init(_ store: any SharedStateStore) async throws(Diagnostic) {
    self.store = store
    share = try await store.share()
  }

  /// Whether a server is in the share of this run now.
  func has(_ url: String) async -> Bool {
    if !isSettled, ContinuousClock.now - asked >= Self.interval { await ask() }
    return share.has(url)
  }

  /// The share from now on.
  func settled() async -> ServerShare {
    if !isSettled, ContinuousClock.now - asked >= Self.interval / 4 { await ask() }
    isSettled = true
    return share
  }

  /// The share among the runs that were under way when the lock was last read. It changes nothing for the own share.
  func present() async -> ServerShare { await store.readShare() }

  private func ask() async {
    asked = .now
    // Without an answer the share stays as it is. It only decides who does what first.
    if let found = try? await store.share() { share = found }
  }
}
