import MCPAuthCore
import NIOSSL

/// Whose certificates are believed: the system's roots, and those that the user adds (InventoryReference#Network).
struct Trust: Sendable {
  let configuration: TLSConfiguration

  /// - Parameters:
  ///   - certificateAuthorities: PEM, of `network.ca_file`.
  ///   - certificateFile: the path in `SSL_CERT_FILE`.
  ///   - withSystemRoots: false where those alone are believed.
  /// - Throws: `invalid-value` where there is no certificate to be read.
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
    // Names are checked by `SendPermit`: NIOSSL would also take a certificate for the address at the other end, a proxy's included.
    configuration.certificateVerification = .noHostnameVerification
    if !withSystemRoots {
      configuration.trustRoots = .certificates(added)
    } else if !added.isEmpty {
      configuration.additionalTrustRoots = [.certificates(added)]
    }
    self.configuration = configuration
  }

  /// nil where there is none to be read.
  static func certificates(_ pem: [UInt8]) -> [NIOSSLCertificate]? {
    guard let certificates = try? NIOSSLCertificate.fromPEMBytes(pem), !certificates.isEmpty else { return nil }
    return certificates
  }
}
