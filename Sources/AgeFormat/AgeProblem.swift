/// Why an age file, a recipient or an identity is not taken. Nothing of the file's or the key's own text is in it, save the names of
/// recipient types that we know.
package enum AgeProblem: Error, Sendable, Equatable {
  /// The ASCII armor is not strict PEM (RFC 7468 section 3). `line` counts from 1.
  case armor(AgeArmorFault, line: Int)
  /// The header is not what the specification's ABNF says, or a stanza in it breaks the rules of its type.
  case header(AgeHeaderFault)
  /// A well-formed header, with nothing in it for the identities that were given.
  case noIdentityMatched
  /// The file is encrypted only to types of recipients that we do not have. Sorted, each once.
  case unsupportedRecipients([AgeForeignType])
  /// The file key was found, and the header is not the one that it was made for: header and MAC disagree.
  case headerMACFailed
  /// The header is right, and the payload is not. What came before the fault must not be used.
  case payload(AgePayloadFault)
  /// A text is no X25519 recipient.
  case recipient(AgeKeyFault)
  /// A text is no X25519 identity; `line` counts from 1, and is nil for a text that is no identity file.
  case identity(AgeKeyFault, line: Int?)
  /// Encrypting to nobody, or to more than `AgeLimits.stanzas`.
  case recipientCount(Int)
  /// Decrypting with no identity, or an identity file without one.
  case noIdentity
  /// An identity file over `AgeLimits.identityFile` bytes, or with more than `AgeLimits.identities`.
  case identityFileTooLarge
  /// The system's cryptography refused a well-formed operation.
  case cryptography
}

package enum AgeArmorFault: Sendable, Equatable {
  /// No `-----BEGIN AGE ENCRYPTED FILE-----` where it is due.
  case beginLine
  /// No `-----END AGE ENCRYPTED FILE-----` where it is due.
  case endLine
  /// A line that is empty, longer than 64 columns, or shorter and not the last.
  case lineLength
  case base64(Base64Fault)
  /// Something other than white space after the end line.
  case trailingData
}

package enum AgeHeaderFault: Error, Sendable, Equatable {
  /// The file does not begin with `age-encryption.org/`.
  case notAge
  /// It does, and goes on with another version than `v1`.
  case version
  /// The file ends within the header, or within the nonce that follows it.
  case truncated
  /// A line that is neither a stanza's first nor the MAC's.
  case line
  /// A stanza without arguments, with an empty one, or with one outside `VCHAR`.
  case arguments
  /// A line of a stanza's body is over 64 columns.
  case bodyLine
  case base64(Base64Fault)
  /// `---` is not followed by one space and 43 characters of base64.
  case mac
  case noStanza
  /// Over the bounds of `AgeLimits`.
  case tooLarge
  /// An `scrypt` stanza that is not alone.
  case scryptNotAlone
  /// An `X25519` stanza without exactly one argument of 32 bytes.
  case x25519Share
  /// An `X25519` stanza whose body is not 32 bytes: checked before decryption (partitioning oracles).
  case x25519Body
  /// The shared secret is all zero: the share is the identity, or of low order.
  case zeroSharedSecret
}

package enum AgePayloadFault: Sendable, Equatable {
  /// The file ends before a final chunk, at a place where chunks meet.
  case truncated
  /// A chunk does not authenticate: changed, reordered, or cut within.
  case damaged
  /// The final chunk is empty, and not the only one.
  case emptyFinalChunk
  /// Something follows the final chunk.
  case trailingData
}

package enum AgeKeyFault: Error, Sendable, Equatable {
  /// It does not begin as one.
  case notAKey
  /// A secret key where a recipient is due.
  case identityGiven
  /// A recipient where a secret key is due.
  case recipientGiven
  /// Of a type that we do not have.
  case unsupported(AgeForeignType)
  case bech32(Bech32Fault)
  /// `AGE1…` or `age-secret-key-1…`: right but for its case, which age does not take.
  case wrongCase
  /// It does not hold 32 bytes.
  case length
  /// A public key of low order: anybody could decrypt what is encrypted to it.
  case lowOrder
}
