import Dispatch
import Synchronization

/// Finds the addresses of a host name: a seam, so that a test can answer one thing before the connect and another at it.
protocol AddressResolver: Sendable {
  /// - Returns: never empty.
  func addresses(of host: String) async throws(ResolutionError) -> [IPAddress]
}

/// The system's resolver: hosts file, DNS, whatever the machine is set up for.
struct SystemResolver: AddressResolver {
  func addresses(of host: String) async throws(ResolutionError) -> [IPAddress] {
    let answer = Answer()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        answer.wait(continuation)
        // getaddrinfo blocks, for half a minute where name servers are silent, and cannot be interrupted: a thread is left to it, and
        // whoever stopped waiting goes on.
        DispatchQueue.global().async {
          answer.give(Result { () throws(ResolutionError) in try IPAddress.resolve(host) })
        }
      }
    } onCancel: {
      answer.give(.failure(ResolutionError(isTemporary: true)))
    }
    return try result.get()
  }

  private typealias Resolution = Result<[IPAddress], ResolutionError>

  /// Hands the first of several answers to who waits for it, whichever comes earlier.
  private final class Answer: Sendable {
    private enum State {
      case nothing
      case waiting(CheckedContinuation<Resolution, Never>)
      case given(Resolution)
    }

    private let state = Mutex(State.nothing)

    func wait(_ continuation: CheckedContinuation<Resolution, Never>) {
      let given: Resolution? = state.withLock { state in
        if case .given(let result) = state { return result }
        state = .waiting(continuation)
        return nil
      }
      if let given { continuation.resume(returning: given) }
    }

    func give(_ result: Resolution) {
      let waiting: CheckedContinuation<Resolution, Never>? = state.withLock { state in
        switch state {
        case .nothing:
          state = .given(result)
          return nil
        case .waiting(let continuation):
          state = .given(result)
          return continuation
        case .given: return nil
        }
      }
      waiting?.resume(returning: result)
    }
  }
}
