import NIOCore
import NIOHTTP1

/// The last handler before a request becomes bytes: lets it out only on its ticket.
///
/// Here the connection is real, so here its address is judged (`protocol 1`, Addresses), whatever the name resolved to before; and here the request
/// target is set, so that no URL type rewrites what `CheckedURL` kept byte for byte.
final class WireGate: ChannelOutboundHandler {
  typealias OutboundIn = HTTPClientRequestPart
  typealias OutboundOut = HTTPClientRequestPart

  struct Shut: Error {}

  private let desk: TicketDesk
  private var isShut = false

  init(_ desk: TicketDesk) {
    self.desk = desk
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard !isShut else { return refuse(promise, context: context) }
    guard case .head(var head) = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
    let ticket = head.headers.first(name: TicketDesk.field).flatMap(desk.find)
    // The channel's property, not the context's: on a stream of HTTP/2 the latter is a fatal error of NIO.
    guard let ticket, ticket.depart(to: context.channel.remoteAddress) else {
      isShut = true
      return refuse(promise, context: context)
    }
    head.headers.remove(name: TicketDesk.field)
    head.uri = ticket.target
    context.write(wrapOutboundOut(.head(head)), promise: promise)
  }

  /// Closes in a later turn of the loop: async-http-client is in the middle of writing, and does not expect its channel to end under it.
  private func refuse(_ promise: EventLoopPromise<Void>?, context: ChannelHandlerContext) {
    let channel = context.channel
    context.eventLoop.execute {
      promise?.fail(Shut())
      channel.close(mode: .all, promise: nil)
    }
  }
}
