package import MCPAuthCore
package import MCPAuthPlan

/// A state store in which several runs work on one inventory at the same time (Reliability#Many-runners).
///
/// Contract: `append` is one transaction, and its events take effect at once: the lock that `readLock` returns has them. There is no lock file to
/// write and no journal to empty. `readJournal` returns only the intents that have no result.
///
/// `append` fails with `locked` if another run works on one of the servers or has changed it, and then nothing is written. It fails with
/// `intent-settled` if the intent whose result it brings is not there any more, because a person has settled it. It waits until no other run makes a
/// registration at the issuer of an intent.
package protocol SharedStateStore: StateStore {
  /// The lineage of the inventory. The first run chooses it.
  ///
  /// - Parameter proposed: the lineage that is stored if there is none.
  func settleLineage(_ proposed: String) async throws(Diagnostic) -> String

  /// The lock as it is now.
  ///
  /// - Returns: nil when there is no state.
  func readPresentLock() async throws(Diagnostic) -> Lock?

  /// The server's entry as it is now, whatever this run has read before.
  func current(_ server: String) async throws(Diagnostic) -> LockEntry?

  /// The share of this run among the runs that are under way now.
  func share() async throws(Diagnostic) -> ServerShare

  /// The share of this run among the runs that were under way when it read the lock.
  func readShare() async -> ServerShare

  /// Stores the command of the secret store that this run used (SecretStores#Programs).
  func note(secretsCommand: [String]?) async throws(Diagnostic)
}

extension SharedStateStore {
  /// Several runs may work at the same time. `Journal.underWay` says on which servers they work.
  package func isHeld() async throws(Diagnostic) -> Bool { false }

  package func writeLock(_ bytes: [UInt8], lineage: String) async throws(Diagnostic) {}

  package func emptyJournal(keeping events: [JournalEvent], lineage: String) async throws(Diagnostic) {}
}
