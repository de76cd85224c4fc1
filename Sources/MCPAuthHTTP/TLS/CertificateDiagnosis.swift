import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Finds out why a certificate was not believed.
///
/// NIOSSL says no more than `CERTIFICATE_VERIFY_FAILED`. So the certificates are looked at over a second connection, on which nothing but the
/// beginning of a TLS handshake is ever sent: it ends, unverified, as soon as they are here.
struct CertificateDiagnosis {
  var host: String
  var port: Int
  /// What the first connection went through.
  var proxy: Proxy?
  /// What the address is held to, as on the first connection. Through a proxy it is the proxy's to judge.
  var rule: AddressRule?
  var tls: TLSConfiguration

  /// Whether it is a certificate that was not believed, rather than another failure of TLS.
  static func isDue(for error: any Error) -> Bool {
    guard case NIOSSLError.handshakeFailed(let cause) = error else { return false }
    return "\(cause)".contains("CERTIFICATE_VERIFY_FAILED")
  }

  /// One of `TLSMessage`. Takes two seconds at the most, and ends at once when its task is cancelled.
  func words() async -> String {
    let chain = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: [NIOSSLCertificate].self)
    let timer = chain.futureResult.eventLoop.scheduleTask(in: Self.patience) { chain.fail(ChannelError.eof) }
    defer { timer.cancel() }
    ClientBootstrap(group: chain.futureResult.eventLoop)
      .connectTimeout(Self.patience)
      .connect(host: proxy?.host ?? host, port: proxy?.port ?? port)
      .flatMap { channel in
        // Whatever comes of it, this connection has served its purpose.
        chain.futureResult.whenComplete { _ in channel.close(promise: nil) }
        return tunnel(on: channel).flatMapThrowing { try look(at: channel, chain: chain) }
      }
      .whenFailure { chain.fail($0) }
    let certificates = await withTaskCancellationHandler {
      try? await chain.futureResult.get()
    } onCancel: {
      chain.fail(CancellationError())
    }
    return Self.judge(certificates ?? [], now: time(nil))
  }

  private static let patience = TimeAmount.seconds(2)

  private func tunnel(on channel: any Channel) -> EventLoopFuture<Void> {
    guard let proxy else { return channel.eventLoop.makeSucceededVoidFuture() }
    let established = channel.eventLoop.makePromise(of: Void.self)
    let authority = (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
    do {
      try channel.pipeline.syncOperations.addHandler(
        TunnelRequest(to: authority, proxy: proxy, established: established))
    } catch {
      established.fail(error)
    }
    return established.futureResult
  }

  private func look(at channel: any Channel, chain: EventLoopPromise<[NIOSSLCertificate]>) throws {
    if let rule, proxy == nil {
      guard let remote = channel.remoteAddress.flatMap({ IPAddress($0) }), rule.objection(to: remote) == nil else {
        throw ChannelError.eof
      }
    }
    let handler = try NIOSSLClientHandler(
      context: NIOSSLContext(configuration: tls), serverHostname: HostName.address(host) == nil ? host : nil,
      customVerificationCallback: { certificates, verdict in
        chain.succeed(certificates)
        verdict.succeed(.failed)
      })
    try channel.pipeline.syncOperations.addHandler(handler)
    channel.closeFuture.whenComplete { _ in chain.fail(ChannelError.eof) }
  }

  /// - Parameters:
  ///   - chain: as the server sent it, its own certificate first; empty when it could not be had.
  ///   - now: seconds since 1970.
  static func judge(_ chain: [NIOSSLCertificate], now: time_t) -> String {
    guard let leaf = chain.first else { return TLSMessage.untrusted }
    if chain.contains(where: { $0.notValidAfter < now }) { return TLSMessage.expired }
    if chain.contains(where: { $0.notValidBefore > now }) { return TLSMessage.notYetValid }
    let isSelfIssued = (try? leaf.toDERBytes()).flatMap(CertificateReader.isSelfIssued(der:))
    return isSelfIssued == true ? TLSMessage.selfSigned : TLSMessage.unknownAuthority
  }
}
