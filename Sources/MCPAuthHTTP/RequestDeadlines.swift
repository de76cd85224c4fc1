import Dispatch
import MCPAuthCore
import Synchronization

/// Runs exchanges within the timeout of their request. The timeout covers the whole answer.
///
/// When the time is up or the task is cancelled, the exchange is cancelled, which closes its connection. The permit then says whether anything was
/// sent.
///
/// All requests share one timer. A task that sleeps beside each request, and is cancelled when the answer is there, takes several times as long. Swift's
/// runtime has also crashed once in a task group, and such tasks were in nearly all of them.
final class RequestDeadlines: Sendable {
  private struct Waiting {
    var deadline: ContinuousClock.Instant
    var expire: @Sendable () -> Void
  }

  private struct State {
    var next: UInt64 = 0
    var waiting: [UInt64: Waiting] = [:]
    /// When the timer fires; nil when it is not set.
    var timer: ContinuousClock.Instant?
  }

  private let state = Mutex(State())

  func exchange(
    for request: HTTPRequest, permit: SendPermit,
    _ exchange: @escaping @Sendable () async throws(HTTPFailure) -> HTTPResponse
  ) async throws(HTTPFailure) -> HTTPResponse {
    let task = Task { () -> Result<HTTPResponse, HTTPFailure> in
      do throws(HTTPFailure) {
        return .success(try await exchange())
      } catch {
        return .failure(error)
      }
    }
    // The permit is withdrawn before the cancellation, because the cancellation arrives a little later. A request that was not sent until now is never
    // sent.
    let stop: @Sendable () -> Void = {
      _ = permit.withdraw()
      task.cancel()
    }
    let number = add(.now.advanced(by: .seconds(request.timeout)), stop)
    let result = await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      stop()
    }
    let isInTime = remove(number)
    // An answer that was complete when the time was up counts: it may be a new client.
    if isInTime { return try result.get() }
    if case .success(let response) = result { return response }
    switch permit.withdraw() {
    case .refused(let failure): throw failure
    case .sent: throw .timeout(seconds: request.timeout, sent: true)
    case .unsent: throw .timeout(seconds: request.timeout, sent: false)
    }
  }

  private func add(_ deadline: ContinuousClock.Instant, _ expire: @escaping @Sendable () -> Void) -> UInt64 {
    let (number, isFirst) = state.withLock { state in
      state.next += 1
      state.waiting[state.next] = Waiting(deadline: deadline, expire: expire)
      let isFirst = state.timer.map { deadline < $0 } ?? true
      if isFirst { state.timer = deadline }
      return (state.next, isFirst)
    }
    if isFirst { setTimer(to: deadline) }
    return number
  }

  /// - Returns: whether the time was not up.
  private func remove(_ number: UInt64) -> Bool {
    state.withLock { $0.waiting.removeValue(forKey: number) != nil }
  }

  private func setTimer(to deadline: ContinuousClock.Instant) {
    let left = ContinuousClock.now.duration(to: deadline).components
    let milliseconds = Int(left.seconds) * 1000 + Int(left.attoseconds / 1_000_000_000_000_000) + 1
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(max(1, milliseconds))) { [self] in
      timerFired(at: deadline)
    }
  }

  private func timerFired(at deadline: ContinuousClock.Instant) {
    let now = ContinuousClock.now
    let (expired, next): ([UInt64: Waiting], ContinuousClock.Instant?) = state.withLock { state in
      let expired = state.waiting.filter { $0.value.deadline <= now }
      for number in expired.keys { state.waiting[number] = nil }
      // Otherwise an earlier timer was set, and it sets the next one.
      guard state.timer == deadline else { return (expired, nil) }
      state.timer = state.waiting.values.map(\.deadline).min()
      return (expired, state.timer)
    }
    if let next { setTimer(to: next) }
    for waiting in expired.values { waiting.expire() }
  }
}
