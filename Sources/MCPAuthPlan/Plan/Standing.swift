package import MCPAuthCore

/// The state that is known before any request: the lock file, with the results of an interrupted run merged in, and its problems.
package struct Standing: Sendable, Equatable {
  package var entries: [String: LockEntry]
  package var orphans: [Orphan]
  /// Servers whose entry was read from the journal or a secret record and was not in the lock file.
  package var recovered: Set<String>
  /// Servers with a `secret-missing`, `secret-unreadable` or `secret-mismatch`.
  package var secretProblems: [String: Diagnostic]
  /// Servers that another run is working on now.
  package var underWay: Set<String>
  /// Servers for which a read or an update (RFC 7592) got no answer. It may have rotated token and secret.
  package var unsettled: Set<String>
  /// Servers whose client was just found to be lost (`--verify`). Their lock entries do not say so yet.
  package var lost: Set<String> = []

  package init(
    entries: [String: LockEntry] = [:], orphans: [Orphan] = [], recovered: Set<String> = [],
    secretProblems: [String: Diagnostic] = [:], underWay: Set<String> = [], unsettled: Set<String> = []
  ) {
    self.entries = entries
    self.orphans = orphans
    self.recovered = recovered
    self.secretProblems = secretProblems
    self.underWay = underWay
    self.unsettled = unsettled
  }

  /// The number of clients that mcpauth registered.
  ///
  /// - Parameter share: counts only servers of this share.
  package func registeredClients(in share: ServerShare = .whole) -> Int {
    entries.values.count { $0.registration == .dcr && share.has($0.url) }
  }

  /// The unknown outcome that blocks a server, if there is one.
  package func unknownOutcome(of server: String) -> Orphan? {
    orphans.first { $0.server == server && $0.reason == .outcomeUnknown && !$0.retried }
  }
}

/// What was observed of a server.
package struct Observation: Sendable, Equatable {
  /// The result of discovery, or why discovery failed.
  package var discovery: Result<DiscoveredServer, Diagnostic>
  /// The result for the client's own Client ID Metadata Document; nil where it was not fetched.
  package var clientMetadata: ClientIDMetadataDocument.Verdict?

  package init(discovery: Result<DiscoveredServer, Diagnostic>, clientMetadata: ClientIDMetadataDocument.Verdict? = nil)
  {
    self.discovery = discovery
    self.clientMetadata = clientMetadata
  }
}
