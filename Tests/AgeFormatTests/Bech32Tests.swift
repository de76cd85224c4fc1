import Testing

@testable import AgeFormat

@Suite("age v1, conventions: Bech32 of BIP 173 without its length limit")
struct Bech32Tests {
  private static let refusals: [(String, Bech32Fault)] = [
    ("\u{20}1nwldj5", Bech32Fault.character), ("\u{7F}1axkwrx", .character), ("\u{80}1eym55h", .character),
    ("pzry9x0s0muk", .separator), ("1pzry9x0s0muk", .separator), ("x1b4n0q5v", .character), ("li1dgmt3", .separator),
    ("de1lg7wt\u{FF}", .character), ("A1G7SGD8", .checksum), ("10a06t8", .separator), ("1qzzfhee", .separator),
    ("a12UEL5L", .mixedCase), ("A12uEL5L", .mixedCase), ("", .separator), ("1", .separator),
    // Bech32m (BIP 350) has another constant.
    ("a1lqfn3a", .checksum),
  ]

  @Test(
    "BIP 173, valid strings: the checksum is right, and encoding gives the lower-case form",
    arguments: [
      "A12UEL5L", "a12uel5l",
      "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
      "?1ezyfcl",
    ])
  func empty(valid: String) throws {
    let decoded = try Bech32.decode(valid)
    #expect(decoded.bytes.isEmpty)
    #expect(Bech32.encode(prefix: decoded.prefix.lowercased(), []) == valid.lowercased())
    #expect(valid.hasPrefix(decoded.prefix))
  }

  @Test("BIP 173, valid strings with data")
  func data() throws {
    // 82 groups of five bits: 410 bits are 51 bytes and two bits. The two bits are zero, so the string is valid.
    let zeros =
      "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j"
    #expect(try Bech32.decode(zeros).bytes == [UInt8](repeating: 0, count: 51))
    // All 32 values: 160 bits are 20 bytes.
    #expect(try Bech32.decode("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw").bytes.count == 20)
    // 48 groups: 30 bytes.
    let split = try Bech32.decode("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w")
    #expect(split.prefix == "split" && split.bytes.count == 30 && split.bytes.first == 0xC5)
  }

  @Test(
    "BIP 173, invalid strings",
    arguments: refusals)
  func invalid(string: String, fault: Bech32Fault) {
    #expect(throws: fault) { try Bech32.decode(string) }
  }

  @Test("a change of any single character is detected")
  func substitutions() {
    let characters = bytes(AgeWorld.recipientText)
    for place in 4..<characters.count {
      for other in bytes("qpzry9x8gf2tvdw0s3jn54khce6mua7l") where other != characters[place] {
        var changed = characters
        changed[place] = other
        #expect(throws: Bech32Fault.checksum) { try Bech32.decode(text(changed)) }
      }
    }
  }

  @Test("padding that is not zero is refused, even if the checksum is right")
  func padding() throws {
    for prefix in ["age", "x"] {
      for count in 1..<40 {
        let plain = AgeWorld.plaintext(count)
        #expect(try Bech32.decode(Bech32.encode(prefix: prefix, plain)).bytes == plain)
      }
    }
    // `p` is 1. One group alone is five bits of padding; two groups are one byte and two bits.
    #expect(throws: Bech32Fault.padding) { try Bech32.decode(checked("a", [1])) }
    #expect(throws: Bech32Fault.padding) { try Bech32.decode(checked("a", [0])) }
    #expect(throws: Bech32Fault.padding) { try Bech32.decode(checked("a", [31, 31])) }
    #expect(try Bech32.decode(checked("a", [31, 28])).bytes == [255])
  }

  @Test("a long text is not read beyond the limit")
  func long() {
    #expect(throws: Bech32Fault.tooLong) { try Bech32.decode("a1" + String(repeating: "q", count: 1 << 20)) }
  }

  /// Returns a string with these groups of five bits. The checksum is found by trying all values: by BIP 173 every text has one.
  private func checked(_ prefix: String, _ groups: [UInt8]) -> String {
    let alphabet = bytes("qpzry9x8gf2tvdw0s3jn54khce6mua7l")
    func polymod(_ values: [UInt8]) -> UInt32 {
      let generator: [UInt32] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3]
      return values.reduce(1) { sum, value in
        let shifted = (sum & 0x1FF_FFFF) << 5 ^ UInt32(value)
        return (0..<5).reduce(shifted) { sum >> (25 + UInt32($1)) & 1 == 1 ? $0 ^ generator[$1] : $0 }
      }
    }
    let expanded = bytes(prefix).map { $0 >> 5 } + [0] + bytes(prefix).map { $0 & 31 }
    let sum = polymod(expanded + groups + [UInt8](repeating: 0, count: 6)) ^ 1
    let check = (0..<6).map { UInt8(sum >> UInt32(5 * (5 - $0)) & 31) }
    return prefix + "1" + text((groups + check).map { alphabet[Int($0)] })
  }
}
