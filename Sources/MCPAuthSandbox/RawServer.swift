import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A server that sends raw bytes, for answers that no HTTP server would send: an answer that ends within the status line, header fields
/// without end, bytes that are not HTTP, a connection that is reset before the server reads.
public final class RawServer: Sendable {
  /// The steps of a connection, in order. After the last step the connection is closed.
  public enum Step: Sendable, Equatable {
    /// Reads until the empty line that ends a head.
    case readHead
    /// Reads the head and a body of the length in `Content-Length`.
    case readRequest
    /// Sends a text.
    case send(String)
    /// Sends bytes.
    case sendBytes([UInt8])
    /// Sends a text this many times (nil: until the client closes the connection), with a pause after each.
    case sendRepeatedly(String, times: Int?, pause: Duration)
    /// Does nothing for this time.
    case wait(Duration)
    /// Does nothing until the client closes the connection or the server is stopped.
    case hang
    /// Closes with RST instead of FIN.
    case reset
  }

  /// `http://127.0.0.1:PORT`.
  public let origin: String
  /// The port.
  public let port: Int

  private let task: Task<Void, any Error>
  private let log: Log

  private final class Log: Sendable {
    let received = Mutex<[String]>([])
  }

  /// How long the server waits for a client to read the last bytes.
  private static let lingering = TimeAmount.seconds(2)

  private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

  private init(port: Int, task: Task<Void, any Error>, log: Log) {
    self.port = port
    origin = "http://127.0.0.1:\(port)"
    self.task = task
    self.log = log
  }

  /// Starts to listen on any port.
  /// - Parameter script: the steps of each connection, by the number of the connection. The first number is 0.
  public static func start(_ script: @escaping @Sendable (Int) -> [Step]) async throws -> RawServer {
    let log = Log()
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 1024)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .bind(host: "127.0.0.1", port: 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          try Connection(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
      }
    let port = server.channel.localAddress?.port ?? 0
    let task = Task {
      try await server.executeThenClose { connections in
        try await withThrowingDiscardingTaskGroup { group in
          var count = 0
          for try await connection in connections {
            let steps = script(count)
            let index = count
            count += 1
            log.received.withLock { $0.append("") }
            group.addTask { await serve(connection, steps, index, log) }
          }
        }
      }
    }
    return RawServer(port: port, task: task, log: log)
  }

  /// Uses the same steps for every connection.
  public static func start(_ steps: Step...) async throws -> RawServer {
    try await start { _ in steps }
  }

  /// Closes all sockets.
  public func stop() async {
    task.cancel()
    _ = await task.result
  }

  /// The text that each connection sent and the server read, in the order of the connections.
  public func received() -> [String] { log.received.withLock { $0 } }

  private static func serve(_ connection: Connection, _ steps: [Step], _ index: Int, _ log: Log) async {
    // If the client closes the connection early, the steps end.
    try? await connection.executeThenClose { inbound, outbound in
      var iterator = inbound.makeAsyncIterator()
      var text = ""
      func read(until isEnough: (String) -> Bool) async throws {
        while !isEnough(text), let part = try await iterator.next(isolation: #isolation) {
          text += String(buffer: part)
          log.received.withLock { $0[index] = text }
        }
      }
      for step in steps {
        switch step {
        case .readHead: try await read { $0.contains("\r\n\r\n") }
        case .readRequest: try await read(until: isWholeRequest)
        case .send(let text): try await outbound.write(ByteBuffer(string: text))
        case .sendBytes(let bytes): try await outbound.write(ByteBuffer(bytes: bytes))
        case .sendRepeatedly(let text, let times, let pause):
          var count = 0
          while times.map({ count < $0 }) ?? true, !Task.isCancelled {
            try await outbound.write(ByteBuffer(string: text))
            if pause > .zero { try await Task.sleep(for: pause) }
            count += 1
          }
        case .wait(let duration): try await Task.sleep(for: duration)
        case .hang: try await read { _ in false }
        case .reset:
          try? await (connection.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            .get()
          try await connection.channel.close()
          return
        }
      }
      // Closing a socket with unread data resets the connection. The client could then lose data that was already sent.
      outbound.finish()
      let channel = connection.channel
      let end = channel.eventLoop.scheduleTask(in: lingering) { channel.close(promise: nil) }
      defer { end.cancel() }
      while try await iterator.next(isolation: #isolation) != nil {}
    }
  }

  private static func isWholeRequest(_ text: String) -> Bool {
    guard let end = text.range(of: "\r\n\r\n") else { return false }
    let length = text[..<end.lowerBound].split(separator: "\r\n").compactMap { line -> Int? in
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "content-length" else { return nil }
      return Int(parts[1].trimmingCharacters(in: .whitespaces))
    }
    return text[end.upperBound...].utf8.count >= length.first ?? 0
  }
}
