import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization

/// A server on loopback that speaks HTTP/2 to whoever agrees to it by ALPN, and nothing to others.
final class HTTP2Server: Sendable {
  private final class Log: Sendable {
    let connections = Mutex(0)
    let heads = Mutex<[HTTPRequestHead]>([])
  }

  enum Answer: Sendable {
    case body(String)
    /// Ends the stream with an error.
    case reset
    case nothing
  }

  let port: Int
  var connections: Int { log.connections.withLock { $0 } }
  /// Of the requests, as they came.
  var heads: [HTTPRequestHead] { log.heads.withLock { $0 } }
  private let log: Log
  private let channel: any Channel

  init(tls: NIOSSLContext, answer: Answer) async throws {
    let log = Log()
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          log.connections.withLock { $0 += 1 }
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
          _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: .init(), streamConfiguration: .init()
          ) { stream in
            stream.eventLoop.makeCompletedFuture {
              try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
              try stream.pipeline.syncOperations.addHandler(Handler(log: log, answer: answer))
            }
          }
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
    self.log = log
  }

  func stop() async {
    try? await channel.close()
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let log: Log
    private let answer: Answer

    init(log: Log, answer: Answer) {
      self.log = log
      self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head): log.heads.withLock { $0.append(head) }
      case .body: break
      case .end:
        switch answer {
        case .body(let text):
          context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http2, status: .ok))), promise: nil)
          context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
          context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        case .reset: context.close(promise: nil)
        case .nothing: break
        }
      }
    }
  }
}
