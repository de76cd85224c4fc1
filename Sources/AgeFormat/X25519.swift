internal import Crypto

/// The function X25519 of RFC 7748 for age: it takes bytes and refuses an all-zero shared secret.
enum X25519 {
  /// - Parameter bytes: 32 bytes.
  static func privateKey(_ bytes: [UInt8]) -> Curve25519.KeyAgreement.PrivateKey? {
    try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes)
  }

  /// The shared secret, or nil if it is all zero ("the identity implementation MUST abort"). The library refuses an all-zero secret too,
  /// but this code does not rely on it.
  static func agree(_ key: Curve25519.KeyAgreement.PrivateKey, with share: [UInt8]) -> SymmetricKey? {
    guard let point = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: share),
      let secret = try? key.sharedSecretFromKeyAgreement(with: point)
    else { return nil }
    return secret.withUnsafeBytes { bytes in
      bytes.reduce(0, |) == 0 ? nil : SymmetricKey(data: bytes)
    }
  }
}
