/// Inflates RFC 1951 data in the RFC 1950 format, for compressed test vectors. Not for untrusted input: it fails only where it cannot continue.
struct Inflate {
  struct Malformed: Error {}

  private let input: ArraySlice<UInt8>
  private var position: Int
  private var bits: UInt32 = 0
  private var bitCount = 0
  private var out: [UInt8] = []

  static func zlib(_ bytes: [UInt8]) throws -> [UInt8] {
    guard bytes.count > 6, bytes[0] & 15 == 8 else { throw Malformed() }
    var inflate = Inflate(bytes[2..<(bytes.count - 4)])
    let out = try inflate.run()
    var a: UInt32 = 1
    var b: UInt32 = 0
    // 5552: the longest run of bytes whose sums stay within 32 bits (zlib).
    for start in stride(from: 0, to: out.count, by: 5552) {
      for byte in out[start..<min(start + 5552, out.count)] {
        a += UInt32(byte)
        b += a
      }
      a %= 65521
      b %= 65521
    }
    guard bytes.suffix(4).reduce(0, { $0 << 8 | UInt32($1) }) == b << 16 | a else { throw Malformed() }
    return out
  }

  private init(_ input: ArraySlice<UInt8>) {
    self.input = input
    position = input.startIndex
  }

  private mutating func run() throws -> [UInt8] {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try stored()
      case 1:
        let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
        try block(Huffman(lengths), Huffman([Int](repeating: 5, count: 30)))
      case 2:
        let (literals, distances) = try tables()
        try block(literals, distances)
      default: throw Malformed()
      }
    }
    return out
  }

  private mutating func stored() throws {
    bits = 0
    bitCount = 0
    let length = try take(16)
    guard try take(16) == ~length & 0xFFFF, position + length <= input.endIndex else { throw Malformed() }
    out += input[position..<(position + length)]
    position += length
  }

  private mutating func tables() throws -> (Huffman, Huffman) {
    let literals = try take(5) + 257
    let distances = try take(5) + 1
    let codes = try take(4) + 4
    var lengths = [Int](repeating: 0, count: 19)
    for place in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].prefix(codes) {
      lengths[place] = try take(3)
    }
    let code = Huffman(lengths)
    var all: [Int] = []
    while all.count < literals + distances {
      switch try symbol(code) {
      case let length where length < 16: all.append(length)
      case 16:
        guard let last = all.last else { throw Malformed() }
        all += [Int](repeating: last, count: try take(2) + 3)
      case 17: all += [Int](repeating: 0, count: try take(3) + 3)
      default: all += [Int](repeating: 0, count: try take(7) + 11)
      }
    }
    return (Huffman(Array(all[..<literals])), Huffman(Array(all[literals...])))
  }

  private mutating func block(_ literals: Huffman, _ distances: Huffman) throws {
    while true {
      let value = try symbol(literals)
      if value == 256 { return }
      if value < 256 {
        out.append(UInt8(value))
        continue
      }
      var length = Self.lengthBase[value - 257] + (try take(Self.lengthExtra[value - 257]))
      let code = try symbol(distances)
      let distance = Self.distanceBase[code] + (try take(code < 4 ? 0 : code / 2 - 1))
      guard distance <= out.count else { throw Malformed() }
      let start = out.count - distance
      while length > 0 {
        let piece = min(length, out.count - start)
        out += Array(out[start..<(start + piece)])
        length -= piece
      }
    }
  }

  private mutating func take(_ count: Int) throws -> Int {
    while bitCount < count {
      guard position < input.endIndex else { throw Malformed() }
      bits |= UInt32(input[position]) << UInt32(bitCount)
      position += 1
      bitCount += 8
    }
    defer {
      bits >>= UInt32(count)
      bitCount -= count
    }
    return Int(bits & (1 << UInt32(count) - 1))
  }

  private mutating func symbol(_ huffman: Huffman) throws -> Int {
    var code = 0
    var first = 0
    var index = 0
    for length in 1...15 {
      code |= try take(1)
      let count = huffman.counts[length]
      if code - count < first { return huffman.symbols[index + code - first] }
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw Malformed()
  }

  private struct Huffman {
    /// The number of codes of each length.
    var counts = [Int](repeating: 0, count: 16)
    /// The symbols in the order of their codes.
    var symbols: [Int]

    init(_ lengths: [Int]) {
      for length in lengths { counts[length] += 1 }
      counts[0] = 0
      symbols = (1...15).flatMap { length in lengths.indices.filter { lengths[$0] == length } }
    }
  }

  private static let lengthBase = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let lengthExtra = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBase = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577,
  ]
}
