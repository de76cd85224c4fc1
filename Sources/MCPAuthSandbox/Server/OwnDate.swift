import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Sends the `Date` of an answer that has its own, like the answer of a server with a wrong clock. Hummingbird writes its own `Date` over every
/// other one, so the answer's is passed to this handler under another name.
final class OwnDate: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// The name of the field between `Listener` and this handler. It is never sent.
  static let name = HTTPField.Name("Sandbox-Date")

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard let name = Self.name, case .head(var head) = unwrapOutboundIn(data), let date = head.headerFields[name] else {
      context.write(data, promise: promise)
      return
    }
    head.headerFields[name] = nil
    head.headerFields[.date] = date
    context.write(wrapOutboundOut(.head(head)), promise: promise)
  }
}
