/// Why a server could not be discovered.
public struct DiscoveryFailure: Error, Sendable, Equatable {
  /// The error, with every request that was made.
  public var diagnostic: Diagnostic
  /// What was reported before it.
  public var warnings: [Diagnostic]
  /// Seconds until the server wants to be asked again, when it says so.
  public var retryAfter: Int?

  /// All members; nothing is checked here.
  public init(diagnostic: Diagnostic, warnings: [Diagnostic] = [], retryAfter: Int? = nil) {
    self.diagnostic = diagnostic
    self.warnings = warnings
    self.retryAfter = retryAfter
  }

  /// Whether it says something of the moment only, not of the server: nothing that is known of it has changed (Discovery#Requests).
  public var isTransient: Bool {
    switch diagnostic.code {
    case .timeout, .unreachable, .rateLimited, .interrupted: true
    default: false
    }
  }
}
