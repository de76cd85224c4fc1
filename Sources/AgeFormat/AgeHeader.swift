/// The textual header: version line, stanzas, MAC.
struct AgeHeader: Equatable {
  /// At least one.
  var stanzas: [AgeStanza]
  /// 32 bytes.
  var mac: [UInt8]
  /// The bytes that the MAC covers: from the first byte to `---`.
  var authenticated: ArraySlice<UInt8>

  static let origin = Array("age-encryption.org/".utf8)
  static let version = Array("age-encryption.org/v1\n".utf8)
  static let columns = 64
  static let lineFeed = UInt8(ascii: "\n")

  /// A header with its MAC. The payload follows it directly.
  static func serialized(_ stanzas: [AgeStanza], key: FileKey) -> [UInt8] {
    var out = version
    for stanza in stanzas { out += stanza.serialized() }
    out += Array("---".utf8)
    let mac = key.headerMAC(out[...])
    out.append(UInt8(ascii: " "))
    out += Base64.encode(mac, padded: false)
    out.append(lineFeed)
    return out
  }
}
