/// Why an age file, a recipient or an identity is refused. It contains no text of the file or the key, except the names of known recipient
/// types.
package enum AgeProblem: Error, Sendable, Equatable {
  /// The ASCII armor is not strict PEM (RFC 7468 section 3). `line` counts from 1.
  case armor(AgeArmorFault, line: Int)
  /// The header does not match the specification's ABNF, or a stanza in it breaks the rules of its type.
  case header(AgeHeaderFault)
  /// The header is well-formed, but no stanza in it matches the given identities.
  case noIdentityMatched
  /// The file is encrypted only to types of recipients that mcpauth does not support. Sorted, without duplicates.
  case unsupportedRecipients([AgeForeignType])
  /// The file key was found, but the header does not match its MAC.
  case headerMACFailed
  /// The header is right, but the payload is damaged. The chunks before the damage must not be used.
  case payload(AgePayloadFault)
  /// The text is not an X25519 recipient.
  case recipient(AgeKeyFault)
  /// The text is not an X25519 identity. `line` counts from 1. It is nil for a text that is not an identity file.
  case identity(AgeKeyFault, line: Int?)
  /// An attempt to encrypt to no recipient, or to more than `AgeLimits.stanzas`.
  case recipientCount(Int)
  /// An attempt to decrypt without an identity, or with an identity file that contains none.
  case noIdentity
  /// The identity file has more than `AgeLimits.identityFile` bytes or more than `AgeLimits.identities`.
  case identityFileTooLarge
  /// The system's cryptography library failed on valid input.
  case cryptography
}

package enum AgeArmorFault: Sendable, Equatable {
  /// `-----BEGIN AGE ENCRYPTED FILE-----` is missing at its place.
  case beginLine
  /// `-----END AGE ENCRYPTED FILE-----` is missing at its place.
  case endLine
  /// A line is empty, or longer than 64 columns, or shorter although it is not the last line.
  case lineLength
  case base64(Base64Fault)
  /// There is something other than white space after the end line.
  case trailingData
}

package enum AgeHeaderFault: Error, Sendable, Equatable {
  /// The file does not begin with `age-encryption.org/`.
  case notAge
  /// The file begins like that, but its version is not `v1`.
  case version
  /// The file ends within the header or within the nonce after the header.
  case truncated
  /// A line is neither the first line of a stanza nor the MAC line.
  case line
  /// A stanza has no arguments, or an empty argument, or an argument with a character outside `VCHAR`.
  case arguments
  /// A line of a stanza's body is longer than 64 columns.
  case bodyLine
  case base64(Base64Fault)
  /// `---` is not followed by one space and 43 characters of base64.
  case mac
  case noStanza
  /// The header is over the limits of `AgeLimits`.
  case tooLarge
  /// An `scrypt` stanza is not the only stanza.
  case scryptNotAlone
  /// An `X25519` stanza does not have exactly one argument of 32 bytes.
  case x25519Share
  /// The body of an `X25519` stanza is not 32 bytes. This is checked before decryption (partitioning oracles).
  case x25519Body
  /// The shared secret is all zero: the share is a point of low order.
  case zeroSharedSecret
}

package enum AgePayloadFault: Sendable, Equatable {
  /// The file ends before the final chunk, at the end of a chunk.
  case truncated
  /// The authentication of a chunk fails: it was changed, reordered or cut.
  case damaged
  /// The final chunk is empty, and there are other chunks.
  case emptyFinalChunk
  /// There are bytes after the final chunk.
  case trailingData
}

package enum AgeKeyFault: Error, Sendable, Equatable {
  /// The text does not begin like a key of this type.
  case notAKey
  /// A secret key was given instead of a recipient.
  case identityGiven
  /// A recipient was given instead of a secret key.
  case recipientGiven
  /// The key has a type that mcpauth does not support.
  case unsupported(AgeForeignType)
  case bech32(Bech32Fault)
  /// `AGE1…` or `age-secret-key-1…`: only the case is wrong. age refuses it too.
  case wrongCase
  /// The key does not contain 32 bytes.
  case length
  /// A public key of low order: everybody could decrypt what is encrypted to it.
  case lowOrder
}
