/// The words for TLS failures, told apart.
enum TLSMessage {
  static let wrongHost = "the certificate is for another host name"
  static let expired = "the certificate has expired"
  static let notYetValid = "the certificate is not valid yet"
  static let selfSigned = "the certificate is self-signed"
  static let unknownAuthority = "the certificate is from an unknown authority"
  static let untrusted = "the certificate is not trusted"
  static let handshake = "the TLS handshake failed"
}
