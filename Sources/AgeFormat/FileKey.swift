internal import Crypto

/// The 128-bit key of one file, and the keys that are derived from it.
struct FileKey {
  private let key: SymmetricKey

  static let length = 16

  init(_ bytes: [UInt8]) {
    key = SymmetricKey(data: bytes)
  }

  /// "HMAC-SHA-256 over the whole header up to and including the `---` mark". Its key is derived with `header`.
  func headerMAC(_ header: ArraySlice<UInt8>) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: header, using: headerKey))
  }

  /// Compares in constant time.
  func isValid(_ mac: [UInt8], of header: ArraySlice<UInt8>) -> Bool {
    HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: header, using: headerKey)
  }

  /// - Parameter nonce: 16 bytes, the first bytes of the payload.
  func payloadKey(_ nonce: [UInt8]) -> SymmetricKey {
    AgeCipher.derive(key, salt: nonce, info: "payload")
  }

  private var headerKey: SymmetricKey { AgeCipher.derive(key, salt: [], info: "header") }
}
