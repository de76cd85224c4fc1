import MCPAuthCore
import NIOCore
import Synchronization

/// Whether one request may be sent, and whether it was sent. Only this type proves whether a byte of the request can have reached the server.
///
/// The kind of an error does not prove it: a connect, a TLS handshake and an answer can all end with a reset. So each request has a permit.
/// The `SendPermitHandler` of its connection uses the permit before the first byte, and a caller that gives up withdraws it. Both use one
/// lock: a request that was declared unsent can never be sent later.
final class SendPermit: Sendable {
  private enum State {
    case unused
    case sent
    /// The caller gave up before anything was sent. Nothing will be sent.
    case withdrawn
    case refused(HTTPFailure)
  }

  /// The request target, byte for byte: path and query.
  let target: String
  /// The most bytes that may arrive before the answer is complete, including everything around the body.
  let inboundLimit: Int
  /// The host that the certificate must name. nil for http.
  private let secureHost: String?
  /// The rule for the remote address. nil if the address is not checked here (inventory URLs, proxies, hosts allowed by name).
  private let rule: AddressRule?
  private let state = Mutex(State.unused)

  init(target: String, secureHost: String? = nil, rule: AddressRule?, inboundLimit: Int = .max) {
    self.target = target
    self.secureHost = secureHost
    self.rule = rule
    self.inboundLimit = inboundLimit
  }

  /// Called before the first byte of HTTP is written to a connection.
  ///
  /// - Parameters:
  ///   - remote: the address of the other end.
  ///   - certificate: the names in the server's certificate. nil on a connection without TLS.
  /// - Returns: whether to write. If true, the request counts as sent from now on.
  func use(remote: SocketAddress?, certificate: CertificateNames? = nil) -> Bool {
    state.withLock { state in
      guard case .unused = state else { return false }
      if let rule {
        // A connection that has just ended has no address. Nothing is sent, and the address is not reported as blocked.
        guard let remote, let address = IPAddress(remote) else { return false }
        if let objection = rule.objection(to: address) {
          state = .refused(
            .addressBlocked(reason: "the connection leads to \(objection), though its name did not"))
          return false
        }
      }
      if let secureHost {
        let certificate = certificate ?? CertificateNames()
        guard certificate.include(secureHost) else {
          state = .refused(.notSent(reason: TLSMessage.wrongHost(secureHost, certificate)))
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
    /// Nothing was sent. The failure says why.
    case refused(HTTPFailure)
  }

  /// Whether the request was sent.
  var isSent: Bool {
    state.withLock { state in
      if case .sent = state { true } else { false }
    }
  }

  /// Gives up the request. If nothing was sent until now, nothing will be sent.
  func withdraw() -> Outcome {
    state.withLock { state in
      switch state {
      case .unused, .withdrawn:
        state = .withdrawn
        return .unsent
      case .sent: return .sent
      case .refused(let failure): return .refused(failure)
      }
    }
  }
}

/// The permits of the requests under way. The key is a number that each request carries in a header field. The field never leaves the process.
final class SendPermitRegistry: Sendable {
  /// `SendPermitHandler` removes the field. No caller can set it, because `HTTPTransport` drops fields of this name.
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
