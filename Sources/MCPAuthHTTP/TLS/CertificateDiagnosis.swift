import NIOCore
import NIOPosix
import NIOSSL
import SwiftASN1
import X509

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Finds out why a certificate was not trusted.
///
/// NIOSSL reports only `CERTIFICATE_VERIFY_FAILED`. So a second connection fetches the certificates. It sends only the beginning of a TLS
/// handshake and ends, without verification, as soon as the certificates have arrived.
struct CertificateDiagnosis {
  var host: String
  var port: Int
  /// The proxy that the first connection used.
  var proxy: Proxy?
  /// The rule for the address, as on the first connection. With a proxy, the proxy is responsible for the address.
  var rule: AddressRule?
  var tls: TLSConfiguration

  /// Whether the error is an untrusted certificate, and not another failure of TLS.
  static func isDue(for error: any Error) -> Bool {
    guard case NIOSSLError.handshakeFailed(let cause) = error else { return false }
    return "\(cause)".contains("CERTIFICATE_VERIFY_FAILED")
  }

  /// One of `TLSMessage`. Takes at most five seconds, and ends at once when its task is cancelled.
  func words() async -> String {
    let chain = ClientPool.eventLoops.any().makePromise(of: [NIOSSLCertificate].self)
    let timer = chain.futureResult.eventLoop.scheduleTask(in: Self.patience) { chain.fail(ChannelError.eof) }
    defer { timer.cancel() }
    ClientBootstrap(group: chain.futureResult.eventLoop)
      .connectTimeout(Self.patience)
      .connect(host: proxy?.host ?? host, port: proxy?.port ?? port)
      .flatMap { channel in
        // The connection is not needed any more, with or without certificates.
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

  private static let patience = TimeAmount.seconds(5)

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
  ///   - chain: the certificates in the order of the server, its own certificate first. Empty if they could not be fetched.
  ///   - now: seconds since 1970.
  static func judge(_ chain: [NIOSSLCertificate], now: time_t) -> String {
    guard let leaf = chain.first else { return TLSMessage.untrusted }
    if chain.contains(where: { $0.notValidAfter < now }) { return TLSMessage.expired }
    if chain.contains(where: { $0.notValidBefore > now }) { return TLSMessage.notYetValid }
    guard let bytes = try? leaf.toDERBytes(), let certificate = try? Certificate(derEncoded: bytes) else {
      return TLSMessage.unknownAuthority
    }
    return certificate.issuer == certificate.subject ? TLSMessage.selfSigned : TLSMessage.unknownAuthority
  }
}
