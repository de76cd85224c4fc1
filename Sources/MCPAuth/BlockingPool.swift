internal import Dispatch
internal import Synchronization

/// Runs blocking work on threads of its own, several jobs at a time. Jobs begin in the order in which they arrived.
///
/// Each thread is a serial queue. A concurrent queue would run its jobs on the threads of all other tasks, of which there are as many as processors.
/// When they block, Dispatch on Linux makes one more each second.
package final class BlockingPool: Sendable {
  package typealias Job = @Sendable () -> Void

  private struct Threads {
    var idle: [DispatchQueue] = []
    var count = 0
    /// Jobs that wait because all threads are busy.
    var waiting: ArraySlice<Job> = []
  }

  private let label: String
  private let limit: Int
  private let threads = Mutex(Threads())

  /// - Parameter limit: the most threads. A thread is made when a job arrives and no thread is idle.
  package init(_ label: String, limit: Int = 32) {
    self.label = label
    self.limit = limit
  }

  package func run<Value: Sendable, Failure: Error>(
    _ work: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
      add {
        do throws(Failure) {
          continuation.resume(returning: .success(try work()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  /// Runs the job later, and does not wait for it.
  package func add(_ job: @escaping Job) {
    let thread: DispatchQueue? = threads.withLock { threads in
      if let idle = threads.idle.popLast() { return idle }
      guard threads.count < limit else {
        threads.waiting.append(job)
        return nil
      }
      threads.count += 1
      return DispatchQueue(label: label)
    }
    if let thread { run(job, on: thread) }
  }

  private func run(_ job: @escaping Job, on thread: DispatchQueue) {
    thread.async { [self] in
      job()
      let next: Job? = threads.withLock { threads in
        if let next = threads.waiting.popFirst() { return next }
        threads.idle.append(thread)
        return nil
      }
      if let next { run(next, on: thread) }
    }
  }
}
