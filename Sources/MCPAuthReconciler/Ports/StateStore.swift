package import MCPAuthCore

/// Where the lock, the journal and the run lock of one inventory live (PlanAndApply#Lock-file, Reliability#Order-of-writes, Reliability#One-run-at-a-time).
package protocol StateStore: Sendable {
  /// The lock file's name as messages show it.
  var lockFile: String { get }

  /// - Returns: nil when there is no lock file.
  func readLock() async throws(Diagnostic) -> [UInt8]?

  /// A torn last line is dropped.
  /// - Throws: `journal-invalid` for a damaged line before the last.
  func readJournal() async throws(Diagnostic) -> Journal

  /// The lineage noted beside the journal; survives the loss of the lock file, and tells it from a fresh start.
  func notedLineage() async throws(Diagnostic) -> String?

  /// Lock files of inventories that are not there any more: one of them may be this inventory's, from before it was renamed.
  func unclaimedLocks() async throws(Diagnostic) -> [UnclaimedLock]

  /// Lock files elsewhere that may name records of this inventory: those beside it, and its own on the branches and tags of git.
  /// - Throws: `store-failed` where there is a git work tree and it cannot be read.
  func otherLocks() async throws(Diagnostic) -> [OtherLock]

  /// Whether another run holds the run lock now.
  /// - Throws: `unsafe-file`, `store-failed`.
  func isHeld() async throws(Diagnostic) -> Bool

  /// Takes the run lock, waiting up to `timeout` seconds. Freed by `release`, or by the kernel with the process.
  /// - Throws: `locked`, with who holds it.
  func acquire(_ holder: RunHolder, timeout: Int) async throws(Diagnostic)
  func release() async

  // The rest is for the holder of the run lock only.

  /// Proves that the lock file's folder and the journal can be written (Reliability#Bad-circumstances).
  func prove() async throws(Diagnostic)

  /// Appends to the journal; durable on return. Appends under way at once share one fsync (group commit). The first append of an
  /// empty journal writes its head with the lineage.
  func append(_ events: [JournalEvent], lineage: String) async throws(Diagnostic)

  /// Replaces the lock file whole: exclusive temporary file, fsync, rename, fsync of the folder; then notes the lineage.
  func writeLock(_ bytes: [UInt8], lineage: String) async throws(Diagnostic)

  /// Takes everything out of the journal but these events, durably, and all at once: whatever happens meanwhile, it holds either what it held
  /// or what stays. Only after `writeLock`.
  func emptyJournal(keeping events: [JournalEvent], lineage: String) async throws(Diagnostic)
}

/// A lock file whose inventory is gone.
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

/// A lock file of another place or time.
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

  /// Where nothing is named after an inventory, none can be stranded.
  package func unclaimedLocks() async throws(Diagnostic) -> [UnclaimedLock] { [] }
}

/// Who holds the run lock; written into the file, and shown by `locked`.
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
