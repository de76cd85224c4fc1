/// What a file may make us do. The specification has no bounds; these are far above what age itself writes.
package enum AgeLimits {
  /// Bytes of a header, nonce not counted.
  package static let header = 256 * 1024
  /// Stanzas of a header: each costs every identity one scalar multiplication.
  package static let stanzas = 1024
  /// Bytes of one stanza's text. The hybrid one has some 1,600.
  package static let stanza = 16 * 1024
  /// Bytes of an identity file.
  package static let identityFile = 1024 * 1024
  /// Identities of a file.
  package static let identities = 1024
  /// Characters of a recipient or identity. The longest known, hybrid recipients, have some 2,100.
  static let key = 4096
}
