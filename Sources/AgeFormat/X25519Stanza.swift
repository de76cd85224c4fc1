internal import Crypto

/// A stanza of type `X25519`: an ephemeral share, and the file key, encrypted with a key that is derived from the shared secret.
struct X25519Stanza: Equatable {
  /// 32 bytes.
  var share: [UInt8]
  /// The encrypted file key and the tag: 32 bytes.
  var body: [UInt8]

  static let type = Array("X25519".utf8)
  private static let info = "age-encryption.org/v1/X25519"

  /// Nil for a stanza of another type, which is ignored. A stanza of this type that breaks the rules is an error for every recipient.
  init?(_ stanza: AgeStanza) throws(AgeProblem) {
    guard stanza.arguments.first == Self.type else { return nil }
    guard stanza.arguments.count == 2 else { throw .header(.x25519Share) }
    do { share = try Base64.decode(stanza.arguments[1][...], padded: false) } catch { throw .header(.base64(error)) }
    guard share.count == 32 else { throw .header(.x25519Share) }
    guard stanza.body.count == FileKey.length + AgeCipher.tagLength else { throw .header(.x25519Body) }
    body = stanza.body
  }

  /// Wraps a file key of 16 bytes. The ephemeral secret is used for this stanza only.
  static func wrap(
    _ fileKey: [UInt8], to recipient: AgeRecipient, using generator: inout some RandomNumberGenerator
  ) throws(AgeProblem) -> AgeStanza {
    guard let ephemeral = X25519.privateKey(RandomBytes.make(32, using: &generator)) else { throw .cryptography }
    guard let secret = X25519.agree(ephemeral, with: recipient.bytes) else { throw .recipient(.lowOrder) }
    let share = Array(ephemeral.publicKey.rawRepresentation)
    let key = AgeCipher.derive(secret, salt: share + recipient.bytes, info: info)
    var body: [UInt8] = []
    try AgeCipher.seal(fileKey[...], key: key, nonce: AgeCipher.zeroNonce, into: &body)
    return AgeStanza(arguments: [type, Base64.encode(share, padded: false)], body: body)
  }

  /// The file key, or nil if the stanza is for another recipient.
  func unwrap(with identity: AgeIdentity) throws(AgeProblem) -> FileKey? {
    guard let secret = identity.agree(with: share) else { throw .header(.zeroSharedSecret) }
    let key = AgeCipher.derive(secret, salt: share + identity.recipient.bytes, info: Self.info)
    return AgeCipher.unseal(body[...], key: key, nonce: AgeCipher.zeroNonce).map(FileKey.init)
  }
}
