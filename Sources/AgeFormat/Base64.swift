package enum Base64Fault: Error, Sendable, Equatable {
  case character
  case length
  /// The unused bits of the last digit are not zero (RFC 4648 section 3.5).
  case notCanonical
  case padding
}

/// Base 64 of RFC 4648 section 4, strict: no white space, only the canonical encoding (the specification: "decoders MUST reject
/// non-canonical encodings"). Without padding in the header, with padding in the armor.
enum Base64 {
  static func encode(_ bytes: some Sequence<UInt8>, padded: Bool) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.underestimatedCount / 3 * 4 + 4)
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 6 {
        count -= 6
        out.append(alphabet[Int(bits >> UInt32(count) & 63)])
      }
    }
    if count > 0 {
      out.append(alphabet[Int(bits << UInt32(6 - count) & 63)])
    }
    while padded && out.count % 4 != 0 {
      out.append(pad)
    }
    return out
  }

  static func decode(_ text: ArraySlice<UInt8>, padded: Bool) throws(Base64Fault) -> [UInt8] {
    var digits = text
    if padded {
      guard text.count % 4 == 0 else { throw .padding }
      // At most two, at the end. A padding character at any other place is not a digit and is refused.
      for _ in 0..<2 where digits.last == pad { digits.removeLast() }
    } else if text.last == pad {
      throw .padding
    }
    guard digits.count % 4 != 1 else { throw .length }
    var out: [UInt8] = []
    out.reserveCapacity(digits.count * 3 / 4)
    var bits: UInt32 = 0
    var count = 0
    for character in digits {
      let value = values[Int(character)]
      guard value < 64 else { throw .character }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    guard bits & (1 << UInt32(count) - 1) == 0 else { throw .notCanonical }
    return out
  }

  static let pad = UInt8(ascii: "=")
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  /// The value of each character. 255: the character is not a digit.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, character) in alphabet.enumerated() {
      values[Int(character)] = UInt8(value)
    }
    return values
  }()
}
