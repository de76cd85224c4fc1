import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One fsync of a folder for all who wait for one (Reliability#Order-of-writes, group commit): a name is durable by any fsync of its folder that begins after it was made.
///
/// Blocks: for the threads of a `BlockingPool`.
final class SharedSync: Sendable {
  private struct Progress {
    /// Who is making a name, or waits for its sync.
    var inside = 0
    /// Who waits for a sync.
    var waiting = 0
    var asked = 0
    /// All up to this one are durable, in the folder of this identity.
    var covered = 0
    var folder: FileStatus.Identity?
  }

  private let progress = Mutex(Progress())
  /// Syncs run one at a time: who comes meanwhile shares the next one.
  private let turn = DispatchQueue(label: "mcpauth.sync")

  /// Makes a name in the folder, and returns when it is durable.
  func after(_ folder: Folder, _ make: () throws(FileProblem) -> Void) throws(FileProblem) {
    progress.withLock { $0.inside += 1 }
    defer { progress.withLock { $0.inside -= 1 } }
    try make()
    // A folder that was taken away and made anew is another one, whoever synced the old.
    let identity = try folder.descriptor.status().identity
    let ticket = progress.withLock { progress in
      progress.asked += 1
      progress.waiting += 1
      return progress.asked
    }
    defer { progress.withLock { $0.waiting -= 1 } }
    let result: Result<Void, FileProblem> = turn.sync {
      if isCovered(ticket, identity) { return .success(()) }
      gather()
      let asked = progress.withLock(\.asked)
      do throws(FileProblem) {
        try folder.sync()
      } catch {
        return .failure(error)  // the others try for themselves
      }
      progress.withLock { progress in
        progress.covered = asked
        progress.folder = identity
      }
      return .success(())
    }
    try result.get()
  }

  private func isCovered(_ ticket: Int, _ identity: FileStatus.Identity) -> Bool {
    progress.withLock { $0.folder == identity && $0.covered >= ticket }
  }

  /// Waits a moment for those who are about to ask: each costs a sync less. Nobody waits who is alone.
  private func gather() {
    for _ in 0..<3 where progress.withLock({ $0.inside > $0.waiting }) { usleep(1000) }
  }
}
