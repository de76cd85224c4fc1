internal import Crypto

/// The payload: a nonce of 16 bytes, then chunks of 64 KiB, each with its tag (STREAM). The nonce of a chunk is the chunk's number (11
/// bytes, big endian, from zero) and one more byte: 1 for the final chunk, 0 for all others.
enum AgePayload {
  static let nonceLength = 16
  static let chunk = 64 * 1024
  static let sealedChunk = chunk + AgeCipher.tagLength

  /// Appends the chunks. "The final chunk MUST NOT be empty unless the whole payload is empty."
  static func seal(_ plaintext: [UInt8], key: SymmetricKey, into out: inout [UInt8]) throws(AgeProblem) {
    var number: UInt64 = 0
    var start = 0
    repeat {
      let end = min(start + chunk, plaintext.count)
      try AgeCipher.seal(
        plaintext[start..<end], key: key, nonce: nonce(number, isFinal: end == plaintext.count), into: &out)
      number += 1
      start = end
    } while start < plaintext.count
  }

  /// Appends the plaintext chunk by chunk. On an error, `out` contains what a streaming reader would have seen before the error.
  ///
  /// - Parameter sealed: the chunks, without the nonce before them.
  static func unseal(_ sealed: ArraySlice<UInt8>, key: SymmetricKey, into out: inout [UInt8]) throws(AgeProblem) {
    var number: UInt64 = 0
    var rest = sealed
    while true {
      guard rest.count >= AgeCipher.tagLength else { throw .payload(.truncated) }
      let piece = rest.prefix(sealedChunk)
      rest = rest.dropFirst(sealedChunk)
      if rest.isEmpty {
        guard piece.count > AgeCipher.tagLength || number == 0 else { throw .payload(.emptyFinalChunk) }
        if let plaintext = AgeCipher.unseal(piece, key: key, nonce: nonce(number, isFinal: true)) {
          out += plaintext
          return
        }
        guard let plaintext = AgeCipher.unseal(piece, key: key, nonce: nonce(number, isFinal: false)) else {
          throw .payload(.damaged)
        }
        // This chunk is complete and not the last one: the file was cut directly after it.
        if piece.count == sealedChunk { out += plaintext }
        throw .payload(.truncated)
      }
      if let plaintext = AgeCipher.unseal(piece, key: key, nonce: nonce(number, isFinal: false)) {
        out += plaintext
      } else if let plaintext = AgeCipher.unseal(piece, key: key, nonce: nonce(number, isFinal: true)) {
        out += plaintext
        throw .payload(.trailingData)
      } else {
        throw .payload(.damaged)
      }
      number += 1
    }
  }

  /// A nonce of 12 bytes. A counter of 64 bits does not overflow for a file that fits into memory.
  static func nonce(_ number: UInt64, isFinal: Bool) -> [UInt8] {
    var nonce = [UInt8](repeating: 0, count: 12)
    for index in 0..<8 {
      nonce[10 - index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
    }
    nonce[11] = isFinal ? 1 : 0
    return nonce
  }
}
