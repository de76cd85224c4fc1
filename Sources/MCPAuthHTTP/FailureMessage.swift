import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The messages for failures below HTTP. They are in lower case and contain no text of a server. They never decide whether a request was
/// sent. Only the `SendPermit` decides that.
enum FailureMessage {
  static func unresolved(isTemporary: Bool) -> String {
    isTemporary ? "the name servers did not answer" : "the host name cannot be resolved"
  }

  /// The message for a failure before anything was sent.
  static func unsent(_ error: any Error, connectTimeout: Int) -> String {
    if let error = error as? NIOConnectionError {
      // Among the errors of several addresses, an address without a route (often IPv6) is the least informative.
      let attempts = error.connectionErrors
      guard let attempt = attempts.first(where: { !isNoRoute($0.error) }) ?? attempts.first else {
        return unresolved(isTemporary: false)
      }
      return unsent(attempt.error, connectTimeout: connectTimeout)
    }
    if isEnd(error) { return "the server closed the connection before anything was sent" }
    if case ChannelError.connectTimeout = error { return "no connection within \(connectTimeout) s" }
    guard let error = error as? HTTPClientError else { return common(error) }
    switch error {
    case .connectTimeout, .getConnectionFromPoolTimeout: return "no connection within \(connectTimeout) s"
    case .tlsHandshakeTimeout: return "the TLS handshake took longer than \(connectTimeout) s"
    default: return common(error)
    }
  }

  /// The message for a request through a proxy. It names the proxy if the failure was on the way to the proxy or was caused by the proxy.
  static func unsent(_ error: any Error, through proxy: Proxy, connectTimeout: Int) -> String {
    let name = "the proxy \(proxy.authority)"
    if isEnd(error) { return "\(name), or the server behind it, closed the connection before anything was sent" }
    let words = unsent(error, connectTimeout: connectTimeout)
    if error is NIOConnectionError || error is IOError || error is SocketAddressError { return "\(name): \(words)" }
    if case ChannelError.connectTimeout = error { return "\(name): \(words)" }
    switch error as? HTTPClientError {
    case .httpProxyHandshakeTimeout: return "\(name) did not answer within \(connectTimeout) s"
    case .proxyAuthenticationRequired:
      return proxy.user == nil
        ? "\(name) wants a user name and password" : "\(name) does not accept the user name and password in its URL"
    case .invalidProxyResponse:
      // tinyproxy answers wrong credentials with 401 instead of 407. The status itself is not available here.
      return "\(name) refused the connection" + (proxy.user == nil ? "" : ", or the user name and password in its URL")
    case .connectTimeout, .getConnectionFromPoolTimeout: return "\(name): \(words)"
    default: return words
    }
  }

  /// The message for a failure after something was sent.
  static func lost(_ error: any Error) -> String {
    if isEnd(error) { return "the server closed the connection without a whole answer" }
    return error is HTTPParserError ? "the answer is not valid HTTP" : common(error)
  }

  /// Whether the other side only closed the connection.
  private static func isEnd(_ error: any Error) -> Bool {
    switch error {
    case ChannelError.eof, ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed, NIOSSLError.uncleanShutdown,
      HTTPParserError.invalidEOFState:
      true
    case let error as HTTPClientError: error == .remoteConnectionClosed
    default: false
    }
  }

  private static func isNoRoute(_ error: any Error) -> Bool {
    guard let error = error as? IOError else { return false }
    return [ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.errnoCode)
  }

  private static func common(_ error: any Error) -> String {
    switch error {
    case is CancellationError: return "cancelled"
    case let error as IOError: return words(errno: error.errnoCode)
    case is SendPermitHandler.NotPermitted: return "the server answered before the request was sent"
    case is NIOSSLExtraError: return TLSMessage.handshake
    case is NIOSSLError, is BoringSSLError:
      return CertificateDiagnosis.isDue(for: error) ? TLSMessage.untrusted : TLSMessage.handshake
    case is SocketAddressError: return unresolved(isTemporary: false)
    case let error as HTTPClientError:
      switch error {
      case .cancelled: return "cancelled"
      case .alreadyShutdown: return "the transport was shut down"
      // The error's own description may contain the value of a header field.
      default: return "the request cannot be sent as it is"
      }
    default: return "the connection failed"
    }
  }

  private static func words(errno code: CInt) -> String {
    switch code {
    case ECONNREFUSED: "connection refused"
    case ECONNRESET, EPIPE: "the connection was reset"
    case ETIMEDOUT: "the connection timed out"
    case ENETUNREACH, ENETDOWN: "the network cannot be reached"
    case EHOSTUNREACH, EHOSTDOWN: "the host cannot be reached"
    case EADDRNOTAVAIL: "no local address to connect from"
    case EACCES, EPERM: "the system does not permit the connection"
    case EMFILE, ENFILE: "too many open files"
    default: "the connection failed (errno \(code))"
    }
  }
}
