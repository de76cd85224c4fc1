/// An age file, split into its parts. Everything that needs no key has been checked: the armor, the header, the form of each X25519 stanza,
/// and that an `scrypt` stanza is the only stanza.
package struct AgeFile: Sendable {
  let header: AgeHeader
  /// The header's stanzas of the type `X25519`, in the order of the header.
  let stanzas: [X25519Stanza]
  /// 16 bytes.
  let nonce: [UInt8]
  /// The bytes after the nonce. Empty if the file ends after the nonce.
  let chunks: ArraySlice<UInt8>

  package init(_ file: [UInt8], as encoding: AgeDecryptor.Encoding = .detected) throws(AgeProblem) {
    let isArmored =
      switch encoding {
      case .binary: false
      case .armored: true
      case .detected: AgeArmor.isArmored(file)
      }
    let binary = isArmored ? try AgeArmor.decode(file) : file
    var parser = AgeHeaderParser(binary)
    header = try parser.parse()
    let scrypt = header.stanzas.count { AgeForeignType(stanza: $0.arguments[0]) == .scrypt }
    guard scrypt == 0 || header.stanzas.count == 1 else { throw .header(.scryptNotAlone) }
    var ours: [X25519Stanza] = []
    for stanza in header.stanzas {
      if let stanza = try X25519Stanza(stanza) { ours.append(stanza) }
    }
    stanzas = ours
    guard binary.count - parser.position >= AgePayload.nonceLength else { throw .header(.truncated) }
    let chunksStart = parser.position + AgePayload.nonceLength
    nonce = Array(binary[parser.position..<chunksStart])
    chunks = binary[chunksStart...]
  }

  /// The number of X25519 recipients. The file does not contain their public keys.
  package var recipientCount: Int { stanzas.count }

  /// Whether the file is encrypted to the recipient of this identity.
  package func isEncrypted(to identity: AgeIdentity) -> Bool {
    stanzas.contains { (try? $0.unwrap(with: identity)) != nil }
  }

  /// The other known types of recipients that the file is encrypted to. Sorted, without duplicates.
  package var foreignTypes: [AgeForeignType] {
    Set(header.stanzas.compactMap { AgeForeignType(stanza: $0.arguments[0]) }).sorted { $0.rawValue < $1.rawValue }
  }
}
