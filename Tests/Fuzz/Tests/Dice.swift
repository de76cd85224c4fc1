/// Random numbers that are equal on all machines for the same seed. A test prints its seed, with which a failure can be repeated.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: Int) {
    state = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1
  }

  /// The SplitMix64 algorithm.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }
  mutating func maybe(_ oneIn: Int = 2) -> Bool { number(0..<oneIn) == 0 }

  mutating func one<Element>(of elements: [Element]) -> Element { elements[number(0..<elements.count)] }

  mutating func bytes(_ count: Range<Int>) -> [UInt8] {
    (0..<number(count)).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// Text with characters that have a meaning in some format.
  mutating func text(_ count: Range<Int> = 0..<12) -> String {
    (0..<number(count)).map { _ in one(of: Self.pieces) }.joined()
  }

  /// `token` of RFC 9110 section 5.6.2.
  mutating func token(_ count: Range<Int> = 1..<10) -> String {
    String((0..<number(count)).map { _ in one(of: Self.tokenCharacters) })
  }

  private static let tokenCharacters = Array("abcdefghijklmnopqrstuvwxyzABCDEFXYZ0123456789!#$%&'*+-.^_`|~")
  private static let pieces = [
    "a", "Z", "0", "9", " ", "  ", "\"", "'", "\\", "/", "\n", "\r", "\t", "\u{0}", "\u{1B}[31m", "\u{7F}", "\u{85}",
    "\u{2028}", "\u{FEFF}", "\u{202E}", "é", "e\u{301}", "ß", "😀", "\u{10FFFF}", "${x}", "%{y}", "%41", "+", "=", "&",
    ":", ": ", " #", "#", "- ", "-", "{", "}", "[", "]", ",", "?", "*a", "&a", "!", "|", ">", "@", "`", "~", "null",
    "true", "1e5", "0x1F", ".", "..", "<<", "---", "https://a.example/", "\u{FFFD}",
  ]
}
