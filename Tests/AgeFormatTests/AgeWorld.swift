@testable import AgeFormat

/// Pseudo-random numbers that are the same in every run (SplitMix64). For tests only.
struct FixedNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}

enum AgeWorld {
  /// The identity and the recipient of the age specification.
  static let identityText = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
  static let recipientText = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

  static func identities(_ count: Int, seed: UInt64 = 1) throws -> [AgeIdentity] {
    var numbers = FixedNumbers(seed)
    var identities: [AgeIdentity] = []
    for _ in 0..<count { identities.append(try AgeIdentity.generate(using: &numbers)) }
    return identities
  }

  static func plaintext(_ count: Int) -> [UInt8] {
    var numbers = FixedNumbers(UInt64(count))
    return RandomBytes.make(count, using: &numbers)
  }

  /// Sizes around the end of a stanza's last line, of armor lines and of chunks, up to 1 MiB.
  static let sizes = [
    0, 1, 15, 16, 17, 47, 48, 49, 63, 64, 65, 1000, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 200_000, 1 << 20,
  ]
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
