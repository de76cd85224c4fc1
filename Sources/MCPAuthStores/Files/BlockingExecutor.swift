import Dispatch

/// Runs an actor on a thread that may block. Calls such as fsync must not occupy the few threads that all other tasks share.
///
/// Jobs run one at a time, in the order in which they arrived.
final class BlockingExecutor: SerialExecutor {
  private let queue: DispatchQueue

  init(_ label: String) {
    queue = DispatchQueue(label: label)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}
