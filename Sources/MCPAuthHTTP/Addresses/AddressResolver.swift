import MCPAuth
import Synchronization

/// Finds the addresses of a host name. It is a protocol, so that a test can return different addresses before the connection and during it.
protocol AddressResolver: Sendable {
  /// - Returns: at least one address.
  func addresses(of host: String) async throws(ResolutionError) -> [IPAddress]
}

/// The system's resolver: the hosts file, DNS, and other sources that the machine is configured for.
struct SystemResolver: AddressResolver {
  private static let threads = BlockingPool("mcpauth.names", limit: 64)

  func addresses(of host: String) async throws(ResolutionError) -> [IPAddress] {
    let answer = Answer()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        answer.wait(continuation)
        // getaddrinfo blocks, up to half a minute if the name servers do not answer, and cannot be interrupted. So it runs on a thread of
        // its own, and a cancelled caller continues without waiting for it.
        Self.threads.add {
          answer.give(Result { () throws(ResolutionError) in try IPAddress.resolve(host) })
        }
      }
    } onCancel: {
      answer.give(.failure(ResolutionError(isTemporary: true)))
    }
    return try result.get()
  }

  private typealias Resolution = Result<[IPAddress], ResolutionError>

  /// Passes the first of several answers to the waiting task. The answer may come before or after the task begins to wait.
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
