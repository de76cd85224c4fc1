/// Limits for the work that one file can cause. The specification has no limits. These are far above what age itself writes.
package enum AgeLimits {
  /// The most bytes of a header, without the nonce.
  package static let header = 256 * 1024
  /// The most stanzas of a header. Each stanza costs one scalar multiplication per identity.
  package static let stanzas = 1024
  /// The most bytes of one stanza's text. The hybrid stanza has about 1,600.
  package static let stanza = 16 * 1024
  /// The most bytes of an identity file.
  package static let identityFile = 1024 * 1024
  /// The most identities of a file.
  package static let identities = 1024
  /// The most characters of a recipient or identity. The longest known ones, hybrid recipients, have about 2,100.
  static let key = 4096
}
