import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One fsync of a folder for all callers that wait for one (Reliability#Order-of-writes, group commit). A name is durable after any fsync of its
/// folder that began after the name was made.
///
/// The calls block: use them on the threads of a `BlockingPool`.
final class SharedSync: Sendable {
  private struct Progress {
    /// The number of callers that are making a name, or wait for its fsync.
    var inside = 0
    /// The number of callers that wait for an fsync.
    var waiting = 0
    var asked = 0
    /// All names up to this number are durable, in the folder with this identity.
    var covered = 0
    var folder: FileStatus.Identity?
  }

  private let progress = Mutex(Progress())
  /// Only one fsync runs at a time. Callers that arrive during it share the next one.
  private let turn = DispatchQueue(label: "mcpauth.sync")

  /// Makes a name in the folder, and returns when the name is durable.
  func after(_ folder: Folder, _ make: () throws(FileProblem) -> Void) throws(FileProblem) {
    progress.withLock { $0.inside += 1 }
    defer { progress.withLock { $0.inside -= 1 } }
    try make()
    // A folder that was deleted and made again is another folder. An fsync of the old one does not count for it.
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

  /// Waits a moment for callers that are about to request an fsync, because each of them saves one. A caller that is alone does not wait.
  private func gather() {
    for _ in 0..<3 where progress.withLock({ $0.inside > $0.waiting }) { usleep(1000) }
  }
}
