import AsyncHTTPClient
import NIOCore

/// Asks a proxy for a tunnel (CONNECT, RFC 9110 section 9.3.6) on a connection to it, and from then on lets everything pass.
///
/// For what async-http-client, which has tunnels of its own, does not do: a look at a server's certificate.
final class TunnelRequest: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let request: String
  private let established: EventLoopPromise<Void>
  /// What has come of the answer's head, which ends with an empty line; nil once it has ended.
  private var head: [UInt8]? = []
  private static let limit = 16 * 1024

  /// - Parameters:
  ///   - authority: where the tunnel is to lead: `a.example:443`, `[::1]:443`.
  ///   - established: kept when the tunnel stands, and broken when the proxy refuses it or hangs up.
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
    // The server waits for us: behind the empty line nothing can come yet.
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
    // Does nothing where it stands already.
    established.fail(ChannelError.eof)
    context.fireChannelInactive()
  }
}
