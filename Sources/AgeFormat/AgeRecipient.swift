internal import Crypto

/// An X25519 recipient: a public key, `age1…`. It is not secret.
package struct AgeRecipient: Sendable, Hashable {
  /// 32 bytes.
  let bytes: [UInt8]

  /// - Parameter text: `age1…` in lower case, as the specification writes it, without other characters around it.
  package init(_ text: String) throws(AgeProblem) {
    if text.lowercased().hasPrefix("age-secret-key-") || text.hasPrefix("AGE-PLUGIN-") {
      throw .recipient(.identityGiven)
    }
    if let foreign = AgeForeignType(recipient: text) { throw .recipient(.unsupported(foreign)) }
    guard text.lowercased().hasPrefix("age1") else { throw .recipient(.notAKey) }
    let decoded: Bech32.Decoded
    do { decoded = try Bech32.decode(text) } catch { throw .recipient(.bech32(error)) }
    guard decoded.prefix == Self.prefix else { throw .recipient(.wrongCase) }
    try self.init(bytes: decoded.bytes)
  }

  /// Refuses keys of low order. Their shared secret is always zero, so that everybody could unwrap the file key.
  init(bytes: [UInt8]) throws(AgeProblem) {
    guard bytes.count == 32 else { throw .recipient(.length) }
    guard let probe = X25519.privateKey([UInt8](repeating: 1, count: 32)) else { throw .cryptography }
    guard X25519.agree(probe, with: bytes) != nil else { throw .recipient(.lowOrder) }
    self.bytes = bytes
  }

  /// Takes a public key that was computed from an identity.
  init(_ key: Curve25519.KeyAgreement.PublicKey) {
    bytes = Array(key.rawRepresentation)
  }

  private static let prefix = "age"
}

extension AgeRecipient: CustomStringConvertible {
  /// `age1…`
  package var description: String { Bech32.encode(prefix: Self.prefix, bytes) }
}
