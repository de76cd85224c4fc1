import MCPAuthCore
import NIOSSL

/// Which certificates are trusted: the system's roots and those that the user adds (InventoryReference#Network).
struct Trust: Sendable {
  let configuration: TLSConfiguration

  /// - Parameters:
  ///   - certificateAuthorities: the PEM of `network.ca_file`.
  ///   - certificateFile: the path in `SSL_CERT_FILE`.
  ///   - withSystemRoots: false if only the added certificates are trusted.
  /// - Throws: `invalid-value` if a file contains no readable certificate.
  init(certificateAuthorities: [UInt8]?, certificateFile: String?, withSystemRoots: Bool) throws(Diagnostic) {
    var added: [NIOSSLCertificate] = []
    if let certificateAuthorities {
      guard let certificates = Self.certificates(certificateAuthorities) else {
        throw Diagnostic(
          .error, .invalidValue, "network.ca_file holds no readable certificate",
          help: ["it must hold PEM blocks that begin with -----BEGIN CERTIFICATE-----"])
      }
      added += certificates
    }
    if let certificateFile, !certificateFile.isEmpty {
      guard let certificates = try? NIOSSLCertificate.fromPEMFile(certificateFile), !certificates.isEmpty else {
        throw Diagnostic(
          .error, .invalidValue,
          "SSL_CERT_FILE names '\(ForeignText.printable(certificateFile, limit: 256))', which holds no readable certificate"
        )
      }
      added += certificates
    }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    // `SendPermit` checks the names. NIOSSL would also accept a certificate for the remote address, which can be the address of a proxy.
    configuration.certificateVerification = .noHostnameVerification
    if !withSystemRoots {
      configuration.trustRoots = .certificates(added)
    } else if !added.isEmpty {
      configuration.additionalTrustRoots = [.certificates(added)]
    }
    self.configuration = configuration
  }

  /// The same trust, for a client that presents a certificate.
  ///
  /// - Throws: `invalid-value` if the certificate or the key cannot be read. The message contains nothing of the key.
  func presenting(certificate: [UInt8], key: [UInt8]) throws(Diagnostic) -> Trust {
    guard let chain = Self.certificates(certificate) else {
      throw Diagnostic(
        .error, .invalidValue, "the client certificate has no readable certificate",
        help: ["it must hold PEM blocks that begin with -----BEGIN CERTIFICATE-----"])
    }
    guard let privateKey = try? NIOSSLPrivateKey(bytes: key, format: .pem) else {
      throw Diagnostic(
        .error, .invalidValue, "the key of the client certificate cannot be read",
        help: ["it must be a PEM block without a passphrase: -----BEGIN PRIVATE KEY-----"])
    }
    var configuration = configuration
    configuration.certificateChain = chain.map { .certificate($0) }
    configuration.privateKey = .privateKey(privateKey)
    return Trust(configuration)
  }

  private init(_ configuration: TLSConfiguration) {
    self.configuration = configuration
  }

  /// nil if the PEM contains no readable certificate.
  static func certificates(_ pem: [UInt8]) -> [NIOSSLCertificate]? {
    guard let certificates = try? NIOSSLCertificate.fromPEMBytes(pem), !certificates.isEmpty else { return nil }
    return certificates
  }
}
