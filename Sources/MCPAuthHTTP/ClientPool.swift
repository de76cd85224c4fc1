import AsyncHTTPClient
import MCPAuthCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The HTTP clients. Each is made when it is first needed and has its own connections.
final class ClientPool: Sendable {
  /// The properties that requests must have in common to share connections. Requests to inventory URLs never share a connection with
  /// requests to discovered URLs, and requests with different allowances never share one (Discovery#Addresses).
  struct Key: Hashable {
    var provenance: HTTPRequest.Provenance
    var allowance: AddressAllowance
    var reuse: Reuse
    var proxy: Proxy?
    /// Whether connections begin with the lookup of a name.
    var looksUp: Bool
  }

  enum Reuse: Hashable {
    /// A GET without credentials: the connection is kept for the next document of the same host.
    case kept
    /// A connection for this request only. A server may close an idle connection at the moment when the client uses it again. Then the
    /// client cannot know whether the request arrived. A registration must not get an unknown outcome, or a repetition, for this reason.
    case single
  }

  // The event loops are for all clients of the process, and never shut down.

  /// The answers are handled on other threads, so half of the processors are enough: with as many event loops as processors, the threads only take
  /// turns more often.
  static let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: max(1, System.coreCount / 2))
  /// An event loop looks up names one after the other.
  private static let eventLoopsForNames = MultiThreadedEventLoopGroup(numberOfThreads: 16)

  private let tls: TLSConfiguration
  private let connectTimeout: TimeAmount
  private let permits: SendPermitRegistry
  /// nil after the shutdown.
  private let clients = Mutex<[Key: HTTPClient]?>([:])

  init(tls: TLSConfiguration, connectTimeout: TimeAmount, permits: SendPermitRegistry) {
    self.tls = tls
    self.connectTimeout = connectTimeout
    self.permits = permits
  }

  /// - Returns: nil after the shutdown.
  func client(for key: Key) -> HTTPClient? {
    clients.withLock { clients in
      if let client = clients?[key] { return client }
      guard clients != nil else { return nil }
      let client = HTTPClient(
        eventLoopGroupProvider: .shared(key.looksUp ? Self.eventLoopsForNames : Self.eventLoops),
        configuration: configuration(for: key))
      clients?[key] = client
      return client
    }
  }

  /// Closes all connections. Requests under way fail.
  func shutdown() async {
    let open = clients.withLock { clients in
      defer { clients = nil }
      return clients ?? [:]
    }
    for client in open.values {
      // The only possible error is that the client was already shut down.
      try? await client.shutdown()
    }
  }

  private func configuration(for key: Key) -> HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow, timeout: .init(connect: connectTimeout),
      decompression: .disabled)
    // A tracer that the embedding program has set up would add header fields.
    configuration.tracing.tracer = nil
    configuration.proxy = key.proxy?.configuration
    // One attempt only, so that a failure keeps its own error and is known at once. The caller decides about another attempt (Discovery#Requests).
    configuration.connectionPool.retryConnectionEstablishment = false
    // Waiting for a free connection would count as connecting. The sender limits the number of simultaneous requests.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
    switch key.reuse {
    case .kept:
      // Long enough for the next document, and shorter than the 5 s after which common servers close the connection.
      configuration.connectionPool.idleTimeout = .seconds(2)
    case .single:
      configuration.maximumUsesPerConnection = 1
      // A connection that was opened for a cancelled request must not wait for another request.
      configuration.connectionPool.idleTimeout = .milliseconds(1)
    }
    // HTTP/1 only. An HTTP/2 connection writes and reads before mcpauth can check its address and certificate, and before it can count the bytes.
    configuration.httpVersion = .http1Only
    configuration.http1_1ConnectionDebugInitializer = { [permits] channel in
      channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        let encoder = try pipeline.context(handlerType: HTTPRequestEncoder.self)
        let limit = InboundLimit()
        try pipeline.addHandler(limit, position: .first)
        try pipeline.addHandler(SendPermitHandler(permits, limit), position: .after(encoder.handler))
      }
    }
    return configuration
  }
}
