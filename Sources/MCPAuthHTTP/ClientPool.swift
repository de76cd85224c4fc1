import AsyncHTTPClient
import MCPAuthCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The HTTP clients, made when first needed; each has connections of its own.
final class ClientPool: Sendable {
  /// Requests that may share connections: what the inventory wrote is kept apart from what was discovered, and each allowance from the others
  /// (Discovery#Addresses).
  struct Key: Hashable {
    var provenance: HTTPRequest.Provenance
    var allowance: AddressAllowance
    var reuse: Reuse
    var proxy: Proxy?
  }

  enum Reuse: Hashable {
    /// A GET without credentials: connections are kept for the next document of the same host.
    case kept
    /// A connection for this request alone. A server may close an idle connection at the very moment at which it is used again; then nobody can
    /// tell whether the request arrived, and a registration must not be left in doubt, nor repeated, for that.
    case single
  }

  private let tls: TLSConfiguration
  private let connectTimeout: TimeAmount
  private let permits: SendPermitRegistry
  /// nil once shut down.
  private let clients = Mutex<[Key: HTTPClient]?>([:])

  init(tls: TLSConfiguration, connectTimeout: TimeAmount, permits: SendPermitRegistry) {
    self.tls = tls
    self.connectTimeout = connectTimeout
    self.permits = permits
  }

  /// - Returns: nil once shut down.
  func client(for key: Key) -> HTTPClient? {
    clients.withLock { clients in
      if let client = clients?[key] { return client }
      guard clients != nil else { return nil }
      let client = HTTPClient(
        eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration(for: key))
      clients?[key] = client
      return client
    }
  }

  /// Closes all connections; requests under way fail.
  func shutdown() async {
    let open = clients.withLock { clients in
      defer { clients = nil }
      return clients ?? [:]
    }
    for client in open.values {
      // What it throws is that it was shut down before.
      try? await client.shutdown()
    }
  }

  private func configuration(for key: Key) -> HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow, timeout: .init(connect: connectTimeout),
      decompression: .disabled)
    // A tracer that an embedder has set up would add header fields.
    configuration.tracing.tracer = nil
    configuration.proxy = key.proxy?.configuration
    // One attempt, so that a failure keeps its own error and is known at once; who may try again decides (Discovery#Requests).
    configuration.connectionPool.retryConnectionEstablishment = false
    // Waiting for a free connection would count as connecting; the number of requests at a time is limited by who sends them.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
    switch key.reuse {
    case .kept:
      // Long enough for the next document, and below the 5 s after which common servers hang up.
      configuration.connectionPool.idleTimeout = .seconds(2)
    case .single:
      configuration.maximumUsesPerConnection = 1
      // One that was opened for a request given up meanwhile must not wait for another.
      configuration.connectionPool.idleTimeout = .milliseconds(1)
    }
    // HTTP/1 only: an HTTP/2 connection writes and reads before its address and certificate can be checked, and before what comes can be counted.
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
