import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// One origin: a socket on loopback and its connections.
struct Listener: Sendable {
  let port: Int
  private let task: Task<Void, any Error>
  private let connections: Connections

  /// The most bytes of a request's body.
  static let bodyLimit = 4 << 20

  struct Context: InitializableFromSource {
    let channel: any Channel

    init(source: ApplicationRequestContextSource) { channel = source.channel }
  }

  /// Starts to listen.
  /// - Parameters:
  ///   - port: 0 for any free port.
  ///   - own: the name of the kind that has this origin. nil for the shared origin.
  /// - Throws: `SandboxError`.
  static func start(port: Int, engine: Engine, own: String?) async throws -> Listener {
    let connections = Connections()
    let (ports, announcement) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "sandbox")
    logger.logLevel = .critical
    let application = Application(
      responder: CallbackResponder<Context> { request, context in
        try await respond(to: request, context.channel, engine, own)
      },
      server: .http1(
        configuration: .init(additionalChannelHandlers: [Connections.Handler(connections), OwnDate()])),
      configuration: .init(address: .hostname("127.0.0.1", port: port), backlog: 1024),
      onServerRunning: { channel in announcement.yield(channel.localAddress?.port ?? 0) },
      logger: logger)
    let task = Task {
      defer { announcement.finish() }
      try await application.run()
    }
    for await port in ports {
      return Listener(port: port, task: task, connections: connections)
    }
    do {
      try await task.value
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw SandboxError.portInUse(port)
    } catch {
      throw SandboxError.cannotListen(port: port, reason: "\(error)")
    }
    throw SandboxError.cannotListen(port: port, reason: "it stopped at once")
  }

  /// Closes the socket and every connection.
  func stop() async {
    task.cancel()
    connections.closeAll()
    _ = await task.result
  }

  private static func respond(to request: Request, _ channel: any Channel, _ engine: Engine, _ own: String?)
    async throws
    -> Response
  {
    let target = request.head.path ?? "/"
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var asked = engine.begin(
      SandboxRequest(
        origin: "http://127.0.0.1:\(channel.localAddress?.port ?? 0)", method: request.head.method.rawValue,
        path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : nil,
        fields: request.headers.map { .init($0.name.rawName, $0.value) }, body: ""),
      own: own)
    defer { engine.finish(asked) }
    if !engine.closesEarly(asked) {
      do {
        let body = try await request.body.collect(upTo: bodyLimit)
        asked.request.body = String(decoding: body.readableBytesView.prefix(keptBody), as: UTF8.self)
      } catch is NIOTooManyBytesError {
        return Response(status: .contentTooLarge)
      }
    }
    let answer = engine.answer(asked)
    await engine.configuration.beforeAnswer?(asked.request)
    if answer.delay > .zero { try await Task.sleep(for: answer.delay) }
    return try await response(answer, channel)
  }

  /// The most bytes of a body that are examined and kept.
  private static let keptBody = 64 << 10

  private static func response(_ answer: SandboxAnswer, _ channel: any Channel) async throws -> Response {
    switch answer.manner {
    case .answer: break
    case .hang:
      try await Task.sleep(for: .seconds(86400))
    case .drop, .dropEarly:
      try? await channel.close()
      throw ChannelError.ioOnClosedChannel
    case .reset:
      // Linger zero: the close sends RST instead of FIN.
      try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
      try? await channel.close()
      throw ChannelError.ioOnClosedChannel
    }
    var fields = HTTPFields()
    for field in answer.fields {
      guard let name = HTTPField.Name(field.name) else { continue }
      fields.append(HTTPField(name: name == .date ? OwnDate.name ?? name : name, value: field.value))
    }
    return Response(status: .init(code: answer.status), headers: fields, body: body(answer.body))
  }

  private static func body(_ body: SandboxAnswer.Body) -> ResponseBody {
    switch body {
    case .text(let text): return text.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(string: text))
    case .bytes(let bytes): return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    case .padded(let count, let text):
      var buffer = ByteBuffer(repeating: UInt8(ascii: " "), count: count)
      buffer.writeString(text)
      return ResponseBody(byteBuffer: buffer)
    case .half(let text):
      return ResponseBody(contentLength: text.utf8.count * 2) { writer in
        try await writer.write(ByteBuffer(string: text))
        throw ChannelError.eof
      }
    case .endless(let text, let pause):
      return ResponseBody { writer in
        let buffer = ByteBuffer(string: text)
        while !Task.isCancelled {
          try await writer.write(buffer)
          if pause > .zero { try await Task.sleep(for: pause) }
        }
        throw ChannelError.eof
      }
    }
  }
}
