package import MCPAuthCore

/// Stores the lock, the journal and the run lock of one inventory (PlanAndApply#Lock-file, Reliability#Order-of-writes,
/// Reliability#One-run-at-a-time).
package protocol StateStore: Sendable {
  /// The name of the lock file in messages.
  var lockFile: String { get }

  /// - Returns: nil when there is no lock file.
  func readLock() async throws(Diagnostic) -> [UInt8]?

  /// Reads the journal. An incomplete last line is ignored.
  /// - Throws: `journal-invalid` for a damaged line before the last.
  func readJournal() async throws(Diagnostic) -> Journal

  /// The lineage that is stored beside the journal. It survives the loss of the lock file, so that a lost lock file is distinguished from a fresh
  /// start.
  func notedLineage() async throws(Diagnostic) -> String?

  /// Lock files whose inventory does not exist any more: one of them may be the lock file of this inventory from before it was renamed.
  func unclaimedLocks() async throws(Diagnostic) -> [UnclaimedLock]

  /// Other lock files that may name records of this inventory: those beside it, and its own on the branches and tags of git.
  /// - Throws: `store-failed` if there is a git work tree and it cannot be read.
  func otherLocks() async throws(Diagnostic) -> [OtherLock]

  /// Whether another run holds the run lock now.
  /// - Throws: `unsafe-file`, `store-failed`.
  func isHeld() async throws(Diagnostic) -> Bool

  /// Takes the run lock, and waits for it up to `timeout` seconds. It is released by `release`, or by the kernel when the process ends.
  /// - Throws: `locked`, with who holds it.
  func acquire(_ holder: RunHolder, timeout: Int) async throws(Diagnostic)
  func release() async

  // The following functions are only for the holder of the run lock.

  /// Checks that the lock file's folder and the journal can be written (Reliability#Bad-circumstances).
  func prove() async throws(Diagnostic)

  /// Appends to the journal. The events are durable on return. Concurrent appends share one fsync (group commit). The first append to an empty
  /// journal writes its header with the lineage.
  func append(_ events: [JournalEvent], lineage: String) async throws(Diagnostic)

  /// Replaces the lock file as a whole: exclusive temporary file, fsync, rename, fsync of the folder. Then stores the lineage beside the journal.
  func writeLock(_ bytes: [UInt8], lineage: String) async throws(Diagnostic)

  /// Removes everything from the journal except these events, durably and atomically: after a crash it contains either all earlier events or exactly
  /// these. Only after `writeLock`.
  func emptyJournal(keeping events: [JournalEvent], lineage: String) async throws(Diagnostic)
}

/// A lock file whose inventory does not exist any more.
package struct UnclaimedLock: Sendable, Equatable {
  /// `servers.lock.json`
  package var file: String
  /// `servers`
  package var stem: String
  package var bytes: [UInt8]

  package init(file: String, stem: String, bytes: [UInt8]) {
    self.file = file
    self.stem = stem
    self.bytes = bytes
  }
}

/// A lock file of another inventory, branch or tag.
package struct OtherLock: Sendable, Equatable {
  /// `refs/heads/main`, `other.lock.json`
  package var place: String
  package var bytes: [UInt8]

  package init(place: String, bytes: [UInt8]) {
    self.place = place
    self.bytes = bytes
  }
}

extension StateStore {
  package func otherLocks() async throws(Diagnostic) -> [OtherLock] { [] }

  /// For a store that names no files after an inventory: no lock file can lose its inventory.
  package func unclaimedLocks() async throws(Diagnostic) -> [UnclaimedLock] { [] }
}

/// Who holds the run lock. It is written into the file, and `locked` shows it.
package struct RunHolder: Sendable, Equatable {
  package var pid: Int32
  package var host: String
  package var user: String
  package var command: String
  package var since: Timestamp

  package init(pid: Int32, host: String, user: String, command: String, since: Timestamp) {
    self.pid = pid
    self.host = host
    self.user = user
    self.command = command
    self.since = since
  }
}
