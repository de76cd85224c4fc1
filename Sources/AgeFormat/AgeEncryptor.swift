/// Encrypts to X25519 recipients: age v1 (age-encryption.org/v1).
package enum AgeEncryptor {
  /// - Parameter recipients: from one to `AgeLimits.stanzas`. The owner of any one of the identities can decrypt.
  /// - Returns: the file: binary, or ASCII armor that ends with a line feed.
  package static func encrypt(
    _ plaintext: [UInt8], to recipients: [AgeRecipient], armored: Bool
  ) throws(AgeProblem) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return try encrypt(plaintext, to: recipients, armored: armored, using: &generator)
  }

  /// - Parameter generator: must be cryptographically secure and must never give the same numbers twice. The file key, the ephemeral
  ///   secrets and the payload's nonce come from it.
  package static func encrypt(
    _ plaintext: [UInt8], to recipients: [AgeRecipient], armored: Bool,
    using generator: inout some RandomNumberGenerator
  ) throws(AgeProblem) -> [UInt8] {
    guard (1...AgeLimits.stanzas).contains(recipients.count) else { throw .recipientCount(recipients.count) }
    let keyBytes = RandomBytes.make(FileKey.length, using: &generator)
    let key = FileKey(keyBytes)
    var stanzas: [AgeStanza] = []
    for recipient in recipients {
      stanzas.append(try X25519Stanza.wrap(keyBytes, to: recipient, using: &generator))
    }
    let nonce = RandomBytes.make(AgePayload.nonceLength, using: &generator)
    var out = AgeHeader.serialized(stanzas, key: key)
    let chunks = plaintext.count / AgePayload.chunk + 1
    out.reserveCapacity(out.count + nonce.count + plaintext.count + chunks * AgeCipher.tagLength)
    out += nonce
    try AgePayload.seal(plaintext, key: key.payloadKey(nonce), into: &out)
    return armored ? AgeArmor.encode(out) : out
  }
}
