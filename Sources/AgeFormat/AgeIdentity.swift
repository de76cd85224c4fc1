internal import Crypto

/// An X25519 identity: a secret key. It cannot be encoded, and every way of printing it prints `<redacted>`.
///
/// Only `open()` returns its text.
package struct AgeIdentity: Sendable {
  private let key: Curve25519.KeyAgreement.PrivateKey
  /// The recipient to encrypt to, so that this identity can decrypt.
  package let recipient: AgeRecipient

  /// - Parameter text: `AGE-SECRET-KEY-1…` in upper case, as the specification writes it, without other characters around it.
  package init(_ text: String) throws(AgeProblem) {
    do { self = try Self.parse(text) } catch { throw .identity(error, line: nil) }
  }

  /// Makes a new identity from the system's random numbers.
  package static func generate() throws(AgeProblem) -> AgeIdentity {
    var generator = SystemRandomNumberGenerator()
    return try generate(using: &generator)
  }

  /// - Parameter generator: must be cryptographically secure.
  package static func generate(using generator: inout some RandomNumberGenerator) throws(AgeProblem) -> AgeIdentity {
    guard let key = X25519.privateKey(RandomBytes.make(32, using: &generator)) else { throw .cryptography }
    return AgeIdentity(key)
  }

  static func parse(_ text: String) throws(AgeKeyFault) -> AgeIdentity {
    if let foreign = AgeForeignType(identity: text) { throw .unsupported(foreign) }
    if text.hasPrefix("age1") { throw .recipientGiven }
    guard text.uppercased().hasPrefix("AGE-SECRET-KEY-1") else { throw .notAKey }
    let decoded: Bech32.Decoded
    do { decoded = try Bech32.decode(text) } catch { throw .bech32(error) }
    guard decoded.prefix == prefix else { throw decoded.prefix == prefix.lowercased() ? .wrongCase : .notAKey }
    guard decoded.bytes.count == 32, let key = X25519.privateKey(decoded.bytes) else { throw .length }
    return AgeIdentity(key)
  }

  private init(_ key: Curve25519.KeyAgreement.PrivateKey) {
    self.key = key
    recipient = AgeRecipient(key.publicKey)
  }

  /// `AGE-SECRET-KEY-1…`, for `secrets keygen`.
  package func open() -> String {
    Bech32.encode(prefix: Self.prefix.lowercased(), Array(key.rawRepresentation)).uppercased()
  }

  /// The shared secret with a share of 32 bytes, or nil if the secret is all zero.
  func agree(with share: [UInt8]) -> SymmetricKey? {
    X25519.agree(key, with: share)
  }

  private static let prefix = "AGE-SECRET-KEY-"
}

extension AgeIdentity: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "<redacted>" }
  package var debugDescription: String { "<redacted>" }
  package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
