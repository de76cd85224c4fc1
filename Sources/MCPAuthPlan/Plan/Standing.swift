package import MCPAuthCore

/// What is known before anything is asked: the lock with what a broken-off run had done folded in, and what is wrong with it.
package struct Standing: Sendable, Equatable {
  package var entries: [String: LockEntry]
  package var orphans: [Orphan]
  /// Servers whose entry came out of the journal or a secret record and was not in the lock.
  package var recovered: Set<String>
  /// Servers with a `secret-missing`, `secret-unreadable` or `secret-mismatch`.
  package var secretProblems: [String: Diagnostic]
  /// Servers that another run, which is still going, is working on.
  package var underWay: Set<String>
  /// Servers of which a read or an update (RFC 7592) never got its answer: token and secret may have been rotated by it.
  package var unsettled: Set<String>

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

  /// How many clients were registered here.
  package var registeredClients: Int { entries.values.count { $0.registration == .dcr } }

  /// The unknown outcome that blocks a server, if there is one.
  package func unknownOutcome(of server: String) -> Orphan? {
    orphans.first { $0.server == server && $0.reason == .outcomeUnknown && !$0.retried }
  }
}

/// What was seen of a server.
package struct Observation: Sendable, Equatable {
  /// What discovery found, or why it found nothing.
  package var discovery: Result<DiscoveredServer, Diagnostic>
  /// Of our Client ID Metadata Document; nil where it was not looked at.
  package var clientMetadata: ClientIDMetadataDocument.Verdict?

  package init(discovery: Result<DiscoveredServer, Diagnostic>, clientMetadata: ClientIDMetadataDocument.Verdict? = nil)
  {
    self.discovery = discovery
    self.clientMetadata = clientMetadata
  }
}
