import MCPAuth
import MCPAuthCore
import Synchronization

/// Lets tasks wait until another task opens the gate, or until they are cancelled.
final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var last = 0
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Mutex(State())

  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [:] }
      return state.waiting
    }
    for continuation in waiting.values { continuation.resume() }
  }

  func wait() async {
    let number = state.withLock { state in
      state.last += 1
      return state.last
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.isOpen || Task.isCancelled { return true }
          state.waiting[number] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: number) }?.resume()
    }
  }
}

/// Holds the answers of requests that match until a gate opens. The answer of a cancelled request is lost, although the server has acted.
struct HeldTransport: Transport {
  let base: any Transport
  /// For example `POST /register`.
  let held: String
  let arrived = Gate()
  let release = Gate()

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let response = try await base.send(request)
    guard "\(request.method.rawValue) \(request.url.path)" == held else { return response }
    arrived.open()
    await release.wait()
    if Task.isCancelled { throw .connectionLost(reason: "cancelled") }
    return response
  }
}
