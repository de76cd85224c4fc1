import MCPAuth
import MCPAuthCore

/// A signal handler can only set a flag. The flag is read so often that the delay is not noticeable.
package enum SignalFlag {
  /// Returns once the flag is set, or the task is cancelled.
  package static func wait(until isSet: @escaping @Sendable () -> Bool) async {
    while !isSet(), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(25)) }
  }

  /// Returns after this time, or once the flag is set.
  package static func rest(_ duration: Duration, until isSet: @escaping @Sendable () -> Bool) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await wait(until: isSet) }
      group.addTask { try? await Task.sleep(for: duration) }
      await group.next()
      group.cancelAll()
    }
  }
}

/// What a signal does to a run (Reliability#Signals): no new request is begun. Requests under way may finish within a short time. Then they are
/// cancelled, and those whose outcome is not known are recorded.
extension ReconcilerContext {
  /// Runs the work until it ends, or until a signal cancels it.
  ///
  /// - Parameter isGranted: whether work under way may continue for `grace` after the signal. The work itself must begin nothing new.
  func untilSignal<Value: Sendable>(
    grace isGranted: Bool, _ work: @escaping @Sendable () async -> Value
  ) async -> Value {
    await withTaskGroup(of: Work<Value>.self) { [awaitInterruption, grace] group in
      group.addTask { .done(await work()) }
      group.addTask {
        await awaitInterruption()
        if isGranted { try? await grace() }
        return .timeIsUp
      }
      while true {
        switch await group.next() {
        case .done(let value):
          group.cancelAll()
          return value
        case .timeIsUp: group.cancelAll()
        case nil: preconditionFailure("the work is one of the group's tasks")
        }
      }
    }
  }

  /// Waits for a time. A signal ends the wait at once.
  /// - Throws: when the wait was ended before its time.
  func rest(_ duration: Duration) async throws(CancellationError) {
    let isOver = await untilSignal(grace: false) { [pause] in
      do {
        try await pause(duration)
        return true
      } catch {
        return false
      }
    }
    guard isOver, !isInterrupted() else { throw CancellationError() }
  }

  /// Does the work under the run lock, and releases the lock in every case. A signal ends the wait for it at once.
  /// - Throws: `locked`, `interrupted`, `store-failed`; what the work throws.
  func locked<Value: Sendable>(
    _ work: () async throws(Diagnostic) -> Value
  ) async throws(Diagnostic) -> Value {
    try await acquireRunLock()
    let result = await Result(work)
    await state.release()
    return try result.get()
  }

  private func acquireRunLock() async throws(Diagnostic) {
    let result = await untilSignal(grace: false) { [state, holder, lockTimeout] in
      await Result { () async throws(Diagnostic) in try await state.acquire(holder, timeout: lockTimeout) }
    }
    if case .failure(let error) = result, error.code == .locked, isInterrupted() {
      throw Diagnostic(
        .error, .interrupted, "a signal ended the wait for another run: nothing was done", notes: [error.message])
    }
    try result.get()
  }

  /// The context with a transport that begins no request after a signal, and reports each request that was made.
  var interruptible: ReconcilerContext {
    if transport is InterruptibleTransport { return self }
    var context = self
    context.transport = InterruptibleTransport(base: transport, isInterrupted: isInterrupted, report: report)
    return context
  }
}

private enum Work<Value: Sendable>: Sendable {
  case done(Value)
  case timeIsUp
}

private struct InterruptibleTransport: Transport {
  let base: any Transport
  let isInterrupted: @Sendable () -> Bool
  let report: @Sendable (RunEvent) -> Void

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    guard !isInterrupted() else { throw .notSent(reason: "a signal ended the run") }
    let received = await base.result(of: request)
    report(.requested(server: RunScope.server, RequestRecord(request, received)))
    return try received.get()
  }
}
