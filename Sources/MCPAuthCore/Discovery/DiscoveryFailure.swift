/// Why the discovery of a server failed.
public struct DiscoveryFailure: Error, Sendable, Equatable {
  /// The error, with all requests that were made.
  public var diagnostic: Diagnostic
  /// The warnings before the error.
  public var warnings: [Diagnostic]
  /// Seconds until the server accepts a new request, if the server says so.
  public var retryAfter: Int?

  /// Sets all members without checks.
  public init(diagnostic: Diagnostic, warnings: [Diagnostic] = [], retryAfter: Int? = nil) {
    self.diagnostic = diagnostic
    self.warnings = warnings
    self.retryAfter = retryAfter
  }

  /// Whether the failure is temporary. A temporary failure does not change what is known of the server (Discovery#Requests).
  public var isTransient: Bool {
    switch diagnostic.code {
    case .timeout, .unreachable, .rateLimited, .interrupted: true
    default: false
    }
  }
}
