/// Decrypts with X25519 identities. Reads age v1 (age-encryption.org/v1) as strictly as the specification requires.
package enum AgeDecryptor {
  /// How to read a file.
  package enum Encoding: Sendable {
    case binary
    case armored
    /// Read as armor if the file begins with hyphens after white space.
    case detected
  }

  /// A file that is damaged anywhere gives no plaintext.
  package static func decrypt(
    _ file: [UInt8], with identities: [AgeIdentity], as encoding: Encoding = .detected
  ) throws(AgeProblem) -> [UInt8] {
    var plaintext: [UInt8] = []
    try decrypt(file, with: identities, as: encoding, into: &plaintext)
    return plaintext
  }

  /// For tests of what a streaming reader would see. On an error, `plaintext` contains the chunks before the error.
  static func decrypt(
    _ file: [UInt8], with identities: [AgeIdentity], as encoding: Encoding, into plaintext: inout [UInt8]
  ) throws(AgeProblem) {
    guard !identities.isEmpty else { throw .noIdentity }
    let file = try AgeFile(file, as: encoding)
    let key = try fileKey(of: file, with: identities)
    guard key.isValid(file.header.mac, of: file.header.authenticated) else { throw .headerMACFailed }
    try AgePayload.unseal(file.chunks, key: key.payloadKey(file.nonce), into: &plaintext)
  }

  private static func fileKey(of file: AgeFile, with identities: [AgeIdentity]) throws(AgeProblem) -> FileKey {
    for stanza in file.stanzas {
      for identity in identities {
        if let key = try stanza.unwrap(with: identity) { return key }
      }
    }
    let foreign = file.foreignTypes
    throw file.stanzas.isEmpty && !foreign.isEmpty ? .unsupportedRecipients(foreign) : .noIdentityMatched
  }
}
