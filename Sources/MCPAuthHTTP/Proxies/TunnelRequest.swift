import AsyncHTTPClient
import NIOCore

/// Requests a tunnel (CONNECT, RFC 9110 section 9.3.6) on a connection to a proxy. After that, it passes all bytes through.
///
/// async-http-client has its own tunnels. This handler is for the certificate diagnosis, which async-http-client does not offer.
final class TunnelRequest: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let request: String
  private let established: EventLoopPromise<Void>
  /// The received part of the answer's head, which ends with an empty line. nil after the end of the head.
  private var head: [UInt8]? = []
  private static let limit = 16 * 1024

  /// - Parameters:
  ///   - authority: the destination of the tunnel: `a.example:443`, `[::1]:443`.
  ///   - established: succeeds when the tunnel is open. Fails when the proxy refuses it or closes the connection.
  init(to authority: String, proxy: Proxy, established: EventLoopPromise<Void>) {
    var lines = ["CONNECT \(authority) HTTP/1.1", "Host: \(authority)"]
    if let credentials = proxy.authorization { lines.append("Proxy-Authorization: \(credentials.headerValue)") }
    request = (lines + ["", ""]).joined(separator: "\r\n")
    self.established = established
  }

  func handlerAdded(context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard var head else {
      context.fireChannelRead(data)
      return
    }
    // The server sends nothing before the client does, so no bytes can follow the empty line yet.
    head += unwrapInboundIn(data).readableBytesView
    guard head.contains("\r\n\r\n".utf8) else {
      self.head = head
      if head.count > Self.limit { context.close(promise: nil) }
      return
    }
    self.head = nil
    let words = head.prefix { $0 != UInt8(ascii: "\r") }.split(separator: UInt8(ascii: " "))
    if words.count > 1, words[1].count == 3, words[1].first == UInt8(ascii: "2") {
      established.succeed()
    } else {
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    // This has no effect if the tunnel is already open.
    established.fail(ChannelError.eof)
    context.fireChannelInactive()
  }
}
