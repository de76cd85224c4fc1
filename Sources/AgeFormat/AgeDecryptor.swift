/// Decrypts with X25519 identities: age v1 (age-encryption.org/v1), as strict as the specification.
package enum AgeDecryptor {
  /// What a file is to be read as.
  package enum Encoding: Sendable {
    case binary
    case armored
    /// Armored if it begins with hyphens after white space.
    case detected
  }

  /// All or nothing: a file that is damaged anywhere gives no plaintext.
  package static func decrypt(
    _ file: [UInt8], with identities: [AgeIdentity], as encoding: Encoding = .detected
  ) throws(AgeProblem) -> [UInt8] {
    var plaintext: [UInt8] = []
    try decrypt(file, with: identities, as: encoding, into: &plaintext)
    return plaintext
  }

  /// For tests of what a streaming reader would see: on an error, `plaintext` holds the chunks before it.
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
