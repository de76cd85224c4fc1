import MCPAuthCore

/// The messages for TLS failures.
enum TLSMessage {
  /// The names in the certificate are text of a server.
  static func wrongHost(_ host: String, _ certificate: CertificateNames) -> String {
    "the certificate is not for \(ForeignText.printable(host, limit: 64)): \(certificate.description)"
  }
  static let expired = "the certificate has expired"
  static let notYetValid = "the certificate is not valid yet"
  static let selfSigned = "the certificate is self-signed"
  static let unknownAuthority = "the certificate is from an unknown authority"
  static let untrusted = "the certificate is not trusted"
  static let handshake = "the TLS handshake failed"
}
