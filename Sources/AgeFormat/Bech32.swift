package enum Bech32Fault: Error, Sendable, Equatable {
  case character
  case mixedCase
  case separator
  case checksum
  /// There are more than four bits of padding, or one of them is set.
  case padding
  case tooLong
}

/// Bech32 of BIP 173 (not Bech32m), without its limit of 90 characters, as the specification says. The checksum covers the lower-case form.
enum Bech32 {
  struct Decoded: Equatable {
    /// The human-readable part, in its original case.
    var prefix: String
    var bytes: [UInt8]
  }

  /// - Parameter prefix: in lower case, `[!-~]+`.
  /// - Returns: a text in lower case.
  static func encode(prefix: String, _ bytes: [UInt8]) -> String {
    let data = regroup(bytes, from: 8, to: 5)
    var check = Checksum()
    check.add(prefix: Array(prefix.utf8))
    for value in data { check.add(value) }
    for _ in 0..<6 { check.add(0) }
    let sum = check.value ^ 1
    let digits = data + (0..<6).map { UInt8(sum >> UInt32(5 * (5 - $0)) & 31) }
    return prefix + "1" + String(decoding: digits.map { alphabet[Int($0)] }, as: UTF8.self)
  }

  static func decode(_ text: String) throws(Bech32Fault) -> Decoded {
    let characters = Array(text.utf8.prefix(AgeLimits.key + 1))
    guard characters.count <= AgeLimits.key else { throw .tooLong }
    guard characters.allSatisfy({ (33...126).contains($0) }) else { throw .character }
    let lower = characters.map { isUpper($0) ? $0 | 0x20 : $0 }
    if lower != characters && characters.contains(where: { (97...122).contains($0) }) { throw .mixedCase }
    guard let separator = lower.lastIndex(of: UInt8(ascii: "1")), separator > 0, separator + 7 <= lower.count else {
      throw .separator
    }
    var check = Checksum()
    check.add(prefix: lower[..<separator])
    var data: [UInt8] = []
    for character in lower[(separator + 1)...] {
      let value = values[Int(character)]
      guard value < 32 else { throw .character }
      check.add(value)
      data.append(value)
    }
    guard check.value == 1 else { throw .checksum }
    data.removeLast(6)
    let spare = data.count * 5 % 8
    guard spare < 5, (data.last ?? 0) & UInt8(1 << spare - 1) == 0 else { throw .padding }
    let bytes = regroup(data, from: 5, to: 8).prefix(data.count * 5 / 8)
    return Decoded(prefix: String(decoding: characters[..<separator], as: UTF8.self), bytes: Array(bytes))
  }

  /// Converts groups of `from` bits to groups of `to` bits. The last group is filled with zeros.
  private static func regroup(_ values: [UInt8], from: UInt32, to: UInt32) -> [UInt8] {
    var out: [UInt8] = []
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for value in values {
      bits = (bits << from | UInt32(value)) & 0xFFFF
      count += from
      while count >= to {
        count -= to
        out.append(UInt8(bits >> count & (1 << to - 1)))
      }
    }
    if count > 0 {
      out.append(UInt8(bits << (to - count) & (1 << to - 1)))
    }
    return out
  }

  private static func isUpper(_ character: UInt8) -> Bool { (65...90).contains(character) }

  /// BIP 173, "Checksum".
  private struct Checksum {
    var value: UInt32 = 1

    mutating func add(_ group: UInt8) {
      let top = value >> 25
      value = (value & 0x1FF_FFFF) << 5 ^ UInt32(group)
      for (bit, term) in Self.generator.enumerated() where top >> UInt32(bit) & 1 == 1 {
        value ^= term
      }
    }

    mutating func add(prefix: some Collection<UInt8>) {
      for character in prefix { add(character >> 5) }
      add(0)
      for character in prefix { add(character & 31) }
    }

    private static let generator: [UInt32] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3]
  }

  private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
  /// The value of each lower-case character. 255: the character is not a digit.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, character) in alphabet.enumerated() {
      values[Int(character)] = UInt8(value)
    }
    return values
  }()
}
