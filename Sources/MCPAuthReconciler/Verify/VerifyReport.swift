package import MCPAuthCore
package import MCPAuthPlan

/// The options of a verification.
package struct VerifyOptions: Sendable, Equatable {
  /// The names of the servers to verify. Empty: all.
  package var only: Set<String> = []
  /// Seconds for one server, without the waits that the server asked for.
  package var timeout = 30
  /// Whether redirect URIs are checked at the authorization endpoint too.
  package var checksRedirectURIs = false

  package init() {}
}

/// The result of the verification of one server's client.
package struct VerifiedServer: Sendable, Equatable {
  package enum Outcome: String, Sendable, CaseIterable {
    /// The client is known, and its credentials are accepted.
    case known
    /// The client is unknown, or its credentials are refused.
    case dead
    /// The client's secret is refused, and the lock file knows that it has expired.
    case expired
    /// It could not be verified, and cannot be until a user acts: a secret is missing, or an address is blocked.
    case blocked
    /// The answer of the server, or the network, did not allow a result.
    case cannotTell = "cannot-tell"
    /// There was nothing to verify.
    case skipped
  }

  package enum Skip: String, Sendable, CaseIterable {
    /// Servers with `none`, `api_key` and `custom_headers` have no client.
    case noClient = "no-client"
    /// The server is not in the lock, or the lock has another client than the inventory. Also for an entry that an interrupted apply did not write to
    /// the lock.
    case notApplied = "not-applied"
    /// The server is not in the inventory any more, and so the reference to its secret is missing.
    case goneFromInventory = "gone-from-inventory"
    case disabled
    /// Another run is changing it.
    case underWay = "under-way"
    /// A signal came before the server was verified.
    case interrupted
  }

  /// How a token endpoint refused a client.
  package struct Refusal: Sendable, Equatable {
    /// The `error` member.
    package var error: String
    package var status: Int?
    /// Whether the `Date` of the answers is more than an hour from this machine's clock.
    package var isClockWrong: Bool
  }

  package var server: String
  /// The server's entry in the lock.
  package var entry: LockEntry?
  package var outcome: Outcome
  /// Only for `skipped`.
  package var skip: Skip?
  /// For `dead`, `expired` and `blocked`: the reason, and what to do.
  package var error: Diagnostic?
  /// For `dead` and `expired`: the answer of the token endpoint; nil if it was not asked.
  package var refusal: Refusal?
  /// For `known`: the method that the token endpoint accepts, if the locked one is refused.
  package var acceptedMethod: String?
  /// For `cannotTell`: the reason. Also other warnings.
  package var warnings: [Diagnostic] = []
  package var redirects: [VerifiedRedirect] = []
}

/// The result of checking one redirect URI at the authorization endpoint.
package struct VerifiedRedirect: Sendable, Equatable {
  package enum Outcome: String, Sendable, CaseIterable {
    case accepted, refused
    case cannotTell = "cannot-tell"
  }

  package var uri: String
  package var outcome: Outcome
  /// For `refused`: an error. For `cannotTell`: a warning.
  package var problem: Diagnostic?
}

/// All servers: in the order of the inventory, then those that are only in the lock, by name.
package struct VerifyReport: Sendable, Equatable {
  package var inventory: String
  package var servers: [VerifiedServer]
  /// Whether a signal ended the verification before all servers were verified.
  package var wasInterrupted = false

  package func count(_ outcome: VerifiedServer.Outcome) -> Int { servers.count { $0.outcome == outcome } }

  /// Whether the command ends with exit code 1.
  ///
  /// - Parameter strictly: whether `cannotTell` counts as a failure.
  package func hasFailed(strictly isStrict: Bool) -> Bool {
    if wasInterrupted { return true }
    let redirects = servers.flatMap(\.redirects).map(\.outcome)
    if count(.dead) + count(.expired) + count(.blocked) > 0 || redirects.contains(.refused) { return true }
    return isStrict && (count(.cannotTell) > 0 || redirects.contains(.cannotTell))
  }
}
