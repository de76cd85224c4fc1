import NIOCore
import NIOHTTP1
import NIOSSL

/// The last handler before a request becomes bytes: it writes a request only with a valid `SendPermit`.
///
/// The connection exists here, so its real address is checked here (Discovery#Addresses), whatever the name resolved to before, and so is the
/// server's certificate (Discovery#Requests). The request target is set here too, so that no URL type rewrites what `CheckedURL` kept byte for byte.
final class SendPermitHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = HTTPClientRequestPart
  typealias OutboundOut = HTTPClientRequestPart

  struct NotPermitted: Error {}

  private let registry: SendPermitRegistry
  private let limit: InboundLimit
  private var isClosed = false

  init(_ registry: SendPermitRegistry, _ limit: InboundLimit) {
    self.registry = registry
    self.limit = limit
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard !isClosed else { return refuse(promise, context: context) }
    guard case .head(var head) = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
    let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
    guard let permit = head.headers.first(name: SendPermitRegistry.field).flatMap(registry.find),
      permit.use(remote: context.remoteAddress, certificate: certificate.map { CertificateNames($0) })
    else {
      isClosed = true
      return refuse(promise, context: context)
    }
    limit.expect(permit.inboundLimit)
    head.headers.remove(name: SendPermitRegistry.field)
    head.uri = permit.target
    context.write(wrapOutboundOut(.head(head)), promise: promise)
  }

  /// A server that was asked nothing has nothing to answer.
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if !isClosed { context.fireChannelRead(data) }
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

/// The first handler of a connection: closes it when more bytes come than an answer can need (Discovery#Limits).
///
/// It counts what is read from the socket, so whatever a server makes of it: interim answers, chunk extensions, header fields, empty TLS records.
final class InboundLimit: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  struct Exceeded: Error {}

  /// For what comes before the first request is sent.
  private var left = 64 * 1024

  /// A request is about to be sent.
  func expect(_ bytes: Int) {
    left = bytes
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard left >= 0 else { return }
    left -= unwrapInboundIn(data).readableBytes
    if left >= 0 { return context.fireChannelRead(data) }
    context.fireErrorCaught(Exceeded())
    context.close(promise: nil)
  }
}
