import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A TCP server on loopback that runs the script of a test, byte for byte; with TLS if it has a context.
final class RawServer: Sendable {
  /// A step after a whole request (head, and a body of its Content-Length) has arrived.
  enum Step: Sendable {
    case write(String)
    /// Writes the text again and again, as long as the other side reads.
    case writeForever(String)
    /// Uses TLS from now on.
    case startTLS(NIOSSLContext)
    case close
    /// Closes with a TCP reset.
    case reset
  }

  struct Log {
    var connections = 0
    var closedConnections = 0
    /// Whole requests, as received.
    var requests: [String] = []
    /// All received text, whole requests or not.
    var bytes = 0
  }

  typealias Script = @Sendable (_ request: String, _ number: Int) -> [Step]

  /// Separate from the client's event loops: the server must not block the code under test.
  private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  let port: Int
  private let channel: any Channel
  private let box: LogBox

  var seen: Log { box.log.withLock { $0 } }

  /// - Parameters:
  ///   - onConnect: the steps before anything is read; `[]` to read first.
  ///   - script: the steps for each request, counted from 1 over all connections.
  init(
    tls: NIOSSLContext? = nil, onConnect: [Step] = [], script: @escaping Script = { _, _ in [] }
  ) async throws {
    let state = LogBox()
    channel = try await ServerBootstrap(group: Self.group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.addHandler(
            Handler(log: state, onConnect: onConnect, script: script))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
    box = state
  }

  func stop() async {
    try? await channel.close()
  }

  final class LogBox: Sendable {
    let log = Mutex(Log())
  }

  final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let log: LogBox
    private let onConnect: [Step]
    private let script: Script
    private var received = ""

    init(log: LogBox, onConnect: [Step], script: @escaping Script) {
      self.log = log
      self.onConnect = onConnect
      self.script = script
    }

    func channelActive(context: ChannelHandlerContext) {
      log.log.withLock { $0.connections += 1 }
      run(onConnect, context: context)
    }

    func channelInactive(context: ChannelHandlerContext) {
      log.log.withLock { $0.closedConnections += 1 }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let buffer = unwrapInboundIn(data)
      log.log.withLock { $0.bytes += buffer.readableBytes }
      received += String(buffer: buffer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
      guard let request = takeRequest() else { return }
      let number = log.log.withLock { log in
        log.requests.append(request)
        return log.requests.count
      }
      run(script(request, number), context: context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }

    private func takeRequest() -> String? {
      guard let end = received.firstRange(of: "\r\n\r\n") else { return nil }
      let head = received[..<end.lowerBound]
      var length = 0
      for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
        length = Int(line.dropFirst("content-length:".count).trimmingPrefix { $0 == " " }) ?? 0
      }
      let body = received[end.upperBound...]
      guard body.utf8.count >= length else { return nil }
      defer { received = "" }
      return received
    }

    private func run(_ steps: [Step], context: ChannelHandlerContext) {
      for step in steps {
        switch step {
        case .write(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        case .writeForever(let text): flood(text, channel: context.channel)
        case .startTLS(let tls):
          do {
            try context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
          } catch {
            context.close(promise: nil)
          }
        case .close: context.close(promise: nil)
        case .reset:
          let channel = context.channel
          // With a linger time of zero, closing sends a reset.
          (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in
            channel.close(promise: nil)
          }
        }
      }
    }

    private func flood(_ text: String, channel: any Channel) {
      let this = NIOLoopBound(self, eventLoop: channel.eventLoop)
      channel.writeAndFlush(ByteBuffer(string: text)).whenSuccess {
        // On a timer: an event loop that always has a task to run does no I/O.
        channel.eventLoop.scheduleTask(in: .microseconds(200)) { this.value.flood(text, channel: channel) }
      }
    }
  }
}
