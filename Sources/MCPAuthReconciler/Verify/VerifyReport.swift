package import MCPAuthCore
package import MCPAuthPlan

/// What was asked for with a verification.
package struct VerifyOptions: Sendable, Equatable {
  /// Empty: all.
  package var only: Set<String> = []
  /// Seconds for one server, without the waits that it asked for.
  package var timeout = 30
  /// Whether the authorization endpoint is asked about redirect URIs too.
  package var checksRedirectURIs = false

  package init() {}
}

/// What a token endpoint said of one server's client.
package struct VerifiedServer: Sendable, Equatable {
  package enum Outcome: String, Sendable, CaseIterable {
    /// The client is known, and its credentials are accepted.
    case known
    /// They are not.
    case dead
    /// It could not be asked, and will not be until somebody does something: a secret is missing, an address is blocked.
    case blocked
    /// The server, or the network, did not say.
    case cannotTell = "cannot-tell"
    /// There was nothing to ask.
    case skipped
  }

  package enum Skip: String, Sendable, CaseIterable {
    /// `none`, `api_key` and `custom_headers` have none.
    case noClient = "no-client"
    /// The lock does not have it, or has another client than the inventory.
    case notApplied = "not-applied"
    /// The secret's reference went with the block.
    case goneFromInventory = "gone-from-inventory"
    case disabled
    /// Another run is working on it.
    case underWay = "under-way"
    /// A signal came first.
    case interrupted
  }

  package var server: String
  /// As it is locked.
  package var entry: LockEntry?
  package var outcome: Outcome
  /// `skipped` only.
  package var skip: Skip?
  /// `dead` and `blocked`: why, and what to do.
  package var error: Diagnostic?
  /// `cannotTell`: why; and what else deserves a word.
  package var warnings: [Diagnostic]
  package var redirects: [VerifiedRedirect]

  package init(
    server: String, entry: LockEntry?, outcome: Outcome, skip: Skip? = nil, error: Diagnostic? = nil,
    warnings: [Diagnostic] = [], redirects: [VerifiedRedirect] = []
  ) {
    self.server = server
    self.entry = entry
    self.outcome = outcome
    self.skip = skip
    self.error = error
    self.warnings = warnings
    self.redirects = redirects
  }
}

/// What an authorization endpoint said of one redirect URI.
package struct VerifiedRedirect: Sendable, Equatable {
  package enum Outcome: String, Sendable, CaseIterable {
    case accepted, refused
    case cannotTell = "cannot-tell"
  }

  package var uri: String
  package var outcome: Outcome
  /// `refused`: an error; `cannotTell`: a warning.
  package var problem: Diagnostic?
}

/// All servers: in the order of the inventory, then those that are gone from it, by name.
package struct VerifyReport: Sendable, Equatable {
  package var inventory: String
  package var servers: [VerifiedServer]
  /// Whether a signal ended it before all were asked.
  package var wasInterrupted = false

  package init(inventory: String, servers: [VerifiedServer], wasInterrupted: Bool = false) {
    self.inventory = inventory
    self.servers = servers
    self.wasInterrupted = wasInterrupted
  }

  package func count(_ outcome: VerifiedServer.Outcome) -> Int { servers.count { $0.outcome == outcome } }

  /// Exit code 1.
  ///
  /// - Parameter strictly: whether what could not be told counts as well.
  package func hasFailed(strictly isStrict: Bool) -> Bool {
    if wasInterrupted { return true }
    let redirects = servers.flatMap(\.redirects).map(\.outcome)
    if count(.dead) + count(.blocked) > 0 || redirects.contains(.refused) { return true }
    return isStrict && (count(.cannotTell) > 0 || redirects.contains(.cannotTell))
  }
}
