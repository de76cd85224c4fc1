import NIOCore
import Synchronization

/// What one request may do on the wire, and what it did: the only witness of whether a byte of it can have reached the server.
///
/// The kind of an error does not tell: a reset comes from a connect, a TLS handshake or an answer alike. So each request carries a ticket, the
/// `WireGate` of its connection asks it before the first byte, and whoever gives up on the request takes it back. Both go through one lock:
/// after a request was declared unsent, it cannot be sent any more.
final class Ticket: Sendable {
  private enum State {
    case waiting
    case sent
    /// Given up before anything was sent; nothing will be.
    case withdrawn
    case blocked(reason: String)
  }

  /// The request target, byte for byte: path and query.
  let target: String
  /// What the address at the far end is held to; nil where it is not ours to judge (inventory URLs, proxies, hosts allowed by name).
  private let rule: AddressRule?
  private let state = Mutex(State.waiting)

  init(target: String, rule: AddressRule?) {
    self.target = target
    self.rule = rule
  }

  /// Asked with the real remote address of a connection, before a byte of HTTP is written to it.
  ///
  /// - Returns: whether to write. From then on the request counts as sent.
  func depart(to remote: SocketAddress?) -> Bool {
    state.withLock { state in
      guard case .waiting = state else { return false }
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

  /// Gives the request up: if nothing was sent, nothing will be.
  func withdraw() -> Outcome {
    state.withLock { state in
      switch state {
      case .waiting, .withdrawn:
        state = .withdrawn
        return .unsent
      case .sent: return .sent
      case .blocked(let reason): return .blocked(reason: reason)
      }
    }
  }
}

/// The tickets of the requests under way, by the number that each carries in a header field which never leaves the process.
final class TicketDesk: Sendable {
  /// Taken off by the gate. No caller can set it: `HTTPTransport` drops fields of this name.
  static let field = "mcpauth-ticket"

  private let tickets = Mutex((next: UInt64(0), issued: [String: Ticket]()))

  func issue(_ ticket: Ticket) -> String {
    tickets.withLock { tickets in
      tickets.next += 1
      let number = String(tickets.next)
      tickets.issued[number] = ticket
      return number
    }
  }

  func find(_ number: String) -> Ticket? {
    tickets.withLock { $0.issued[number] }
  }

  func retire(_ number: String) {
    tickets.withLock { _ = $0.issued.removeValue(forKey: number) }
  }
}
