internal import Crypto

/// RFC 7748 as age needs it: bytes in, and an all-zero shared secret is none.
enum X25519 {
  /// - Parameter bytes: 32.
  static func privateKey(_ bytes: [UInt8]) -> Curve25519.KeyAgreement.PrivateKey? {
    try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes)
  }

  /// The shared secret, or nil where it is all zero ("the identity implementation MUST abort"): the library refuses that too, and
  /// is not relied on.
  static func agree(_ key: Curve25519.KeyAgreement.PrivateKey, with share: [UInt8]) -> SymmetricKey? {
    guard let point = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: share),
      let secret = try? key.sharedSecretFromKeyAgreement(with: point)
    else { return nil }
    return secret.withUnsafeBytes { bytes in
      bytes.reduce(0, |) == 0 ? nil : SymmetricKey(data: bytes)
    }
  }
}
