import MCPAuthCore
import Testing

@testable import MCPAuthHTTP

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Every notation of an address is checked as the address that the system parses.
@Suite struct AddressSpellingTests {
  private static let interesting: [UInt32] = [
    0, 0x7F00_0001, 0x7FFF_FFFF, 0x0A00_0001, 0xA9FE_A9FE, 0xAC10_0001, 0xAC1F_FFFF, 0xAC20_0000, 0xC0A8_0001,
    0x6440_0001,
    0x0808_0808, 0xFFFF_FFFF, 0xE000_0001, 0xA83F_8110, 0x0100_0000, 0xBFFF_FFFF,
  ]

  /// SplitMix64: the same seed gives the same numbers on every platform.
  struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }
  }

  @Test(
    "Discovery#Addresses: decimal, octal, hexadecimal and short forms of one address are the same address",
    arguments: 0..<200)
  func v4(_ seed: Int) throws {
    var dice = Dice(state: UInt64(seed))
    let number = seed < Self.interesting.count ? Self.interesting[seed] : UInt32(truncatingIfNeeded: dice.next())
    let address = IPAddress.v4(number)
    for parts in 1...4 {
      let text = Self.spelled(number, parts: parts, &dice)
      #expect(IPAddress(literal: text) == address, "\(text)")
      // The host of a URL is what is checked, so the URL must not change it.
      let url = try CheckedURL("https://\(text)/", plaintext: .refused)
      #expect(IPAddress(literal: url.host) == address, "\(url.host)")
      #expect(!url.isLoopback || number >> 24 == 127, "\(text)")
    }
  }

  @Test(
    "Discovery#Addresses: an IPv4 address inside an IPv6 address is checked as that IPv4 address",
    arguments: 0..<200)
  func embedded(_ seed: Int) throws {
    var dice = Dice(state: UInt64(seed))
    let number = seed < Self.interesting.count ? Self.interesting[seed] : UInt32(truncatingIfNeeded: dice.next())
    let kind = SpecialAddresses.kind(of: .v4(number))
    let hex = (0..<2).map { String(UInt16(truncatingIfNeeded: number >> (16 - 16 * $0)), radix: 16) }.joined(
      separator: ":")
    let dotted = (0..<4).map { String(number >> (24 - 8 * $0) & 0xFF) }.joined(separator: ".")
    var texts = [
      "::ffff:\(hex)", "::FFFF:\(dotted)", "0:0:0:0:0:ffff:\(dotted)", "64:ff9b::\(hex)", "64:ff9b::\(dotted)",
      "2002:\(hex)::", "2002:\(hex):1:2:3:4:5", "2001:0:\(hex)::f7f7:f7f7", "::ffff:\(dotted)%eth0",
    ]
    // The lowest two addresses, `::` and `::1`, have their own meaning.
    if number > 1 { texts += ["::\(hex)", "::\(dotted)"] }
    for text in texts {
      let address = try #require(IPAddress(literal: text), "\(text)")
      #expect(SpecialAddresses.kind(of: address) == kind, "\(text), which holds \(dotted)")
      guard !text.contains("%") else { continue }
      let url = try CheckedURL("https://[\(text)]/", plaintext: .refused)
      #expect(IPAddress(literal: url.host) == address, "\(url.host)")
    }
  }

  @Test(
    "Discovery#Addresses: text that inet_aton parses as an address is that address, and not a name",
    arguments: 0..<100)
  func secondOpinion(_ seed: Int) {
    var dice = Dice(state: UInt64(seed))
    let pieces = [
      "0", "1", "7", "8", "9", "127", "255", "256", "0x", "0X7f", "x", "a", "f", "00", "017", ".", ".", ".", "-", "+",
      "4294967295", "4294967296",
    ]
    for _ in 0..<100 {
      let text = (0..<dice.number(1..<8)).map { _ in pieces[dice.number(0..<pieces.count)] }.joined()
      var found = in_addr()
      let known = inet_aton(text, &found) == 1 ? IPAddress.v4(UInt32(bigEndian: found.s_addr)) : nil
      #expect(IPAddress(literal: text) == known, "\(text)")
      guard let url = try? CheckedURL("http://\(text)/", plaintext: .loopback) else { continue }
      #expect(known.map(SpecialAddresses.isLoopback) == true, "\(text) gets plain HTTP")
      #expect(IPAddress(literal: url.host) == known, "\(text)")
    }
  }

  /// Writes the address in one to four parts, each in one of three bases. The last part contains the remaining bytes.
  private static func spelled(_ number: UInt32, parts: Int, _ dice: inout Dice) -> String {
    var texts: [String] = []
    for index in 0..<parts {
      let isLast = index == parts - 1
      let value = isLast ? number & UInt32.max >> UInt32(8 * index) : number >> UInt32(24 - 8 * index) & 0xFF
      switch dice.number(0..<3) {
      case 0: texts.append(String(value))
      case 1: texts.append("0" + String(value, radix: 8))
      default:
        texts.append(
          (dice.number(0..<2) == 0 ? "0x" : "0X") + String(value, radix: 16, uppercase: dice.number(0..<2) == 0))
      }
    }
    return texts.joined(separator: ".")
  }
}
