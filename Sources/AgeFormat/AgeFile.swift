/// An age file taken apart and checked as far as that goes without a key: armor, header, each X25519 stanza's shape, that an `scrypt`
/// stanza is alone.
package struct AgeFile: Sendable {
  let header: AgeHeader
  /// The header's stanzas of our type, in its order.
  let stanzas: [X25519Stanza]
  /// 16 bytes.
  let nonce: [UInt8]
  /// What comes after the nonce: nothing in a file that is cut there.
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

  /// How many X25519 recipients it has. Who they are, the file does not tell.
  package var recipientCount: Int { stanzas.count }

  /// Whether it is encrypted to an identity's recipient.
  package func isEncrypted(to identity: AgeIdentity) -> Bool {
    stanzas.contains { (try? $0.unwrap(with: identity)) != nil }
  }

  /// The other types that it is encrypted to, as far as we know their names. Sorted, each once.
  package var foreignTypes: [AgeForeignType] {
    Set(header.stanzas.compactMap { AgeForeignType(stanza: $0.arguments[0]) }).sorted { $0.rawValue < $1.rawValue }
  }
}
