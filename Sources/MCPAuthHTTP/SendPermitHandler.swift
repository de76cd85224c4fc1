import NIOCore
import NIOHTTP1
import NIOSSL

/// The last handler before a request is encoded to bytes. It writes a request only with a valid `SendPermit`.
///
/// The connection is open here, so this handler checks its real address (Discovery#Addresses), whatever the name resolved to before. It
/// also checks the server's certificate (Discovery#Requests). And it sets the request target, so that no URL type rewrites the bytes that
/// `CheckedURL` kept.
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

  /// After a refusal, the data of the server is dropped. Nothing was asked.
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if !isClosed { context.fireChannelRead(data) }
  }

  /// Closes the channel in a later turn of the event loop: async-http-client is still writing and does not expect the channel to close now.
  private func refuse(_ promise: EventLoopPromise<Void>?, context: ChannelHandlerContext) {
    let channel = context.channel
    context.eventLoop.execute {
      promise?.fail(NotPermitted())
      channel.close(mode: .all, promise: nil)
    }
  }
}

/// The first handler of a connection. It closes the connection when more bytes arrive than an answer can need (Discovery#Limits).
///
/// It counts the bytes from the socket, so it covers everything that a server can send: interim answers, chunk extensions, header fields,
/// empty TLS records.
final class InboundLimit: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  struct Exceeded: Error {}

  /// The limit for bytes that arrive before the first request is sent.
  private var left = 64 * 1024

  /// Sets the limit. Called directly before a request is sent.
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
