import MCPAuthCore

/// Runs an exchange within the timeout of the request. The timeout covers the whole answer.
///
/// When the time is up or the task is cancelled, the exchange is cancelled, which closes its connection. The permit then says whether
/// anything was sent.
func withDeadline(
  of request: HTTPRequest, permit: SendPermit,
  _ exchange: @escaping @Sendable () async throws(HTTPFailure) -> HTTPResponse
) async throws(HTTPFailure) -> HTTPResponse {
  enum Event: Sendable {
    case answered(Result<HTTPResponse, HTTPFailure>)
    case elapsed
    /// The timer was cancelled together with the task.
    case stopped
  }

  let first = await withTaskGroup(of: Event.self) { group in
    group.addTask {
      do throws(HTTPFailure) {
        return .answered(.success(try await exchange()))
      } catch {
        return .answered(.failure(error))
      }
    }
    group.addTask {
      do {
        try await Task.sleep(for: .seconds(request.timeout))
        return .elapsed
      } catch {
        return .stopped
      }
    }
    var event = await group.next()
    // The permit is withdrawn before the cancellation, because the cancellation arrives a little later. A request that was not sent until
    // now is never sent.
    switch event {
    case .answered, nil: break
    case .elapsed: _ = permit.withdraw()
    case .stopped:
      _ = permit.withdraw()
      event = await group.next()
    }
    group.cancelAll()
    return event
  }

  switch first {
  case .answered(let result): return try result.get()
  case .elapsed, .stopped, nil:
    switch permit.withdraw() {
    case .refused(let failure): throw failure
    case .sent: throw .timeout(seconds: request.timeout, sent: true)
    case .unsent: throw .timeout(seconds: request.timeout, sent: false)
    }
  }
}
