import NIOCore
import NIOHTTP1

/// The last handler before a request becomes bytes: it writes a request only with a valid `SendPermit`.
///
/// The connection exists here, so its real address is checked here (Discovery#Addresses), whatever the name resolved to before. The request
/// target is set here too, so that no URL type rewrites what `CheckedURL` kept byte for byte.
final class SendPermitHandler: ChannelOutboundHandler {
  typealias OutboundIn = HTTPClientRequestPart
  typealias OutboundOut = HTTPClientRequestPart

  struct NotPermitted: Error {}

  private let registry: SendPermitRegistry
  private var isClosed = false

  init(_ registry: SendPermitRegistry) {
    self.registry = registry
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard !isClosed else { return refuse(promise, context: context) }
    guard case .head(var head) = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
    let permit = head.headers.first(name: SendPermitRegistry.field).flatMap(registry.find)
    // The channel's property, not the context's: on an HTTP/2 stream the latter is a fatal error in NIO.
    guard let permit, permit.use(remote: context.channel.remoteAddress) else {
      isClosed = true
      return refuse(promise, context: context)
    }
    head.headers.remove(name: SendPermitRegistry.field)
    head.uri = permit.target
    context.write(wrapOutboundOut(.head(head)), promise: promise)
  }

  /// Closes in a later turn of the event loop: async-http-client is still writing, and does not expect its channel to close meanwhile.
  private func refuse(_ promise: EventLoopPromise<Void>?, context: ChannelHandlerContext) {
    let channel = context.channel
    context.eventLoop.execute {
      promise?.fail(NotPermitted())
      channel.close(mode: .all, promise: nil)
    }
  }
}
