import NIOCore
import Synchronization

/// Whether one request may be sent, and whether it was: the only proof of whether a byte of it can have reached the server.
///
/// The kind of an error does not tell: a connect, a TLS handshake and an answer can all end with a reset. So each request has a permit. The
/// `SendPermitHandler` of its connection uses the permit before the first byte, and a caller that gives up withdraws it. Both take one lock:
/// once a request was declared unsent, it cannot be sent any more.
final class SendPermit: Sendable {
  private enum State {
    case unused
    case sent
    /// The caller gave up before anything was sent; nothing will be.
    case withdrawn
    case blocked(reason: String)
  }

  /// The request target, byte for byte: path and query.
  let target: String
  /// The rule for the remote address; nil where the address is not checked here (inventory URLs, proxies, hosts allowed by name).
  private let rule: AddressRule?
  private let state = Mutex(State.unused)

  init(target: String, rule: AddressRule?) {
    self.target = target
    self.rule = rule
  }

  /// Called with the remote address of the connection before a byte of HTTP is written to it.
  ///
  /// - Returns: whether to write. From then on the request counts as sent.
  func use(remote: SocketAddress?) -> Bool {
    state.withLock { state in
      guard case .unused = state else { return false }
      if let rule {
        // A connection that has just ended has no address: nothing is sent, and nothing is blocked.
        guard let remote, let address = IPAddress(remote) else { return false }
        if let objection = rule.objection(to: address) {
          state = .blocked(reason: "the connection leads to \(objection), though its name did not")
          return false
        }
      }
      state = .sent
      return true
    }
  }

  enum Outcome: Equatable {
    case unsent
    case sent
    case blocked(reason: String)
  }

  /// Gives the request up. If nothing was sent, nothing will be.
  func withdraw() -> Outcome {
    state.withLock { state in
      switch state {
      case .unused, .withdrawn:
        state = .withdrawn
        return .unsent
      case .sent: return .sent
      case .blocked(let reason): return .blocked(reason: reason)
      }
    }
  }
}

/// The permits of the requests under way, by the number that each request carries in a header field that never leaves the process.
final class SendPermitRegistry: Sendable {
  /// Removed by `SendPermitHandler`. No caller can set it: `HTTPTransport` drops fields of this name.
  static let field = "mcpauth-send-permit"

  private let permits = Mutex((next: UInt64(0), active: [String: SendPermit]()))

  func add(_ permit: SendPermit) -> String {
    permits.withLock { permits in
      permits.next += 1
      let number = String(permits.next)
      permits.active[number] = permit
      return number
    }
  }

  func find(_ number: String) -> SendPermit? {
    permits.withLock { $0.active[number] }
  }

  func remove(_ number: String) {
    permits.withLock { _ = $0.active.removeValue(forKey: number) }
  }
}
