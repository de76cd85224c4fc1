/// The format of an age X25519 public key: Bech32 (BIP 173) of 32 bytes with the prefix `age`. The checksum is verified too, so that a mistyped key
/// is found before data is encrypted to a key that no user has.
enum AgeRecipientText {
  static func isValid(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 62, text.hasPrefix("age1") else { return false }
    var values: [UInt32] = []
    for byte in bytes[4...] {
      guard let value = charset.firstIndex(of: byte) else { return false }
      values.append(UInt32(value))
    }
    // 32 bytes are 51 symbols and one bit. The other four bits of the last data symbol are padding.
    guard values[51] & 0b1111 == 0 else { return false }
    return checksum(expandedPrefix + values) == 1
  }

  private static let charset = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
  private static let expandedPrefix: [UInt32] =
    "age".utf8.map { UInt32($0 >> 5) } + [0] + "age".utf8.map { UInt32($0 & 31) }

  private static func checksum(_ values: [UInt32]) -> UInt32 {
    let generator: [UInt32] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3]
    var sum: UInt32 = 1
    for value in values {
      let top = sum >> 25
      sum = (sum & 0x1FF_FFFF) << 5 ^ value
      for (bit, term) in generator.enumerated() where top >> UInt32(bit) & 1 == 1 { sum ^= term }
    }
    return sum
  }
}
