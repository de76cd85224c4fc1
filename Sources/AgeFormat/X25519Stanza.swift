internal import Crypto

/// A stanza of type `X25519`: an ephemeral share, and the file key encrypted under what it shares with the recipient.
struct X25519Stanza: Equatable {
  /// 32 bytes.
  var share: [UInt8]
  /// File key and tag: 32 bytes.
  var body: [UInt8]

  static let type = Array("X25519".utf8)
  private static let info = "age-encryption.org/v1/X25519"

  /// Nil for a stanza of another type, which is to be ignored. One of this type that breaks its rules is an error, for whomever it is.
  init?(_ stanza: AgeStanza) throws(AgeProblem) {
    guard stanza.arguments.first == Self.type else { return nil }
    guard stanza.arguments.count == 2 else { throw .header(.x25519Share) }
    do { share = try Base64.decode(stanza.arguments[1][...], padded: false) } catch { throw .header(.base64(error)) }
    guard share.count == 32 else { throw .header(.x25519Share) }
    guard stanza.body.count == FileKey.length + AgeCipher.tagLength else { throw .header(.x25519Body) }
    body = stanza.body
  }

  /// Wraps a file key of 16 bytes. The ephemeral secret is made for this stanza alone.
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

  /// The file key, or nil where the stanza is for somebody else.
  func unwrap(with identity: AgeIdentity) throws(AgeProblem) -> FileKey? {
    guard let secret = identity.agree(with: share) else { throw .header(.zeroSharedSecret) }
    let key = AgeCipher.derive(secret, salt: share + identity.recipient.bytes, info: Self.info)
    return AgeCipher.unseal(body[...], key: key, nonce: AgeCipher.zeroNonce).map(FileKey.init)
  }
}
