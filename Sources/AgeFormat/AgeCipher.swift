internal import Crypto

/// ChaCha20-Poly1305 (RFC 7539) and HKDF-SHA-256 (RFC 5869) over arrays.
enum AgeCipher {
  static let tagLength = 16
  /// The nonce for a key that encrypts one message only.
  static let zeroNonce = [UInt8](repeating: 0, count: 12)

  static func derive(_ key: SymmetricKey, salt: [UInt8], info: String) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(inputKeyMaterial: key, salt: salt, info: Array(info.utf8), outputByteCount: 32)
  }

  /// Appends the ciphertext and the tag.
  static func seal(
    _ plaintext: ArraySlice<UInt8>, key: SymmetricKey, nonce: [UInt8], into out: inout [UInt8]
  ) throws(AgeProblem) {
    guard let nonce = try? ChaChaPoly.Nonce(data: nonce),
      let box = try? ChaChaPoly.seal(plaintext, using: key, nonce: nonce)
    else { throw .cryptography }
    out.append(contentsOf: box.ciphertext)
    out.append(contentsOf: box.tag)
  }

  /// Returns nil when the authentication fails.
  static func unseal(_ sealed: ArraySlice<UInt8>, key: SymmetricKey, nonce: [UInt8]) -> [UInt8]? {
    guard sealed.count >= tagLength, let nonce = try? ChaChaPoly.Nonce(data: nonce),
      let box = try? ChaChaPoly.SealedBox(
        nonce: nonce, ciphertext: sealed.dropLast(tagLength), tag: sealed.suffix(tagLength)),
      let plaintext = try? ChaChaPoly.open(box, using: key)
    else { return nil }
    return Array(plaintext)
  }
}
