#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Searches for work that grows faster than its input. The inputs are repetitions of a word of the dictionary, or of a part of a seed in
/// its place, with 16, 64 and 256 KiB.
///
/// Four times the bytes may take four times as long, and a little more with a logarithm or a bad cache. Sixteen times as long means that
/// the work for each byte grows with the length of the input.
struct Growth {
  /// In seconds. Shorter measurements are not reliable.
  private static let smallest = 0.05
  private static let steepest = 9.0
  private let target: FuzzTarget

  init(_ target: FuzzTarget) {
    self.target = target
  }

  /// - Parameters:
  ///   - dictionary: a file in the format of libFuzzer.
  ///   - seeds: files.
  /// - Returns: 0, or 1 if the time grows too fast or a property is violated.
  func run(dictionary: String, seeds: [String]) -> Int32 {
    let shapes = Self.shapes(Self.words(Self.read(dictionary))) + seeds.flatMap { Self.shapes(seed: Self.read($0)) }
    var worst: (seconds: Double, shape: String) = (0, "")
    var bad = 0
    for shape in shapes {
      do throws(Violation) {
        let small = try time(shape, 16 << 10)
        guard small > Self.smallest / 16 else { continue }
        let middle = try time(shape, 64 << 10)
        if middle > worst.seconds { worst = (middle, shape.name) }
        guard middle > Self.smallest / 4, middle / small > Self.steepest / 1.5 else { continue }
        let large = try time(shape, 256 << 10)
        guard large > Self.smallest, large / middle > Self.steepest else { continue }
        tell("GROWTH \(shape.name): \(ms(small)), \(ms(middle)), \(ms(large)) ms for 16, 64, 256 KiB")
      } catch {
        tell("VIOLATION \(shape.name): \(String(error.description.prefix(300)))")
      }
      bad += 1
    }
    tell("\(target.name): \(shapes.count) shapes, the slowest takes \(ms(worst.seconds)) ms for 64 KiB: \(worst.shape)")
    return bad == 0 ? 0 : 1
  }

  private func tell(_ line: String) { Chosen.tell(line) }

  private func ms(_ seconds: Double) -> Int { Int(seconds * 1000) }

  private func time(_ shape: Shape, _ size: Int) throws(Violation) -> Double {
    let input = shape.input(size)
    let start = clock()
    try target.check(input)
    return Double(clock() - start) / Double(CLOCKS_PER_SEC)
  }

  struct Shape {
    var head: ArraySlice<UInt8>
    var piece: ArraySlice<UInt8>
    var tail: ArraySlice<UInt8>

    var name: String {
      let shown = [head.suffix(40), piece.prefix(60), tail.prefix(40)]
      return shown.map { String(decoding: $0, as: UTF8.self).debugDescription }.joined(separator: " ")
    }

    func input(_ size: Int) -> [UInt8] {
      var out = Array(head)
      out.reserveCapacity(size + piece.count + tail.count)
      while out.count < size { out += piece }
      return out + tail
    }
  }

  /// Each word alone, each word on its own line, and each pair of words.
  private static func shapes(_ words: [[UInt8]]) -> [Shape] {
    var shapes: [Shape] = []
    for word in words {
      shapes.append(Shape(head: [], piece: word[...], tail: []))
      shapes.append(Shape(head: [], piece: (word + [0x0A])[...], tail: []))
    }
    for head in words.prefix(16) {
      for word in words where head != word {
        shapes.append(Shape(head: head[...], piece: word[...], tail: []))
        shapes.append(Shape(head: [], piece: (head + word)[...], tail: []))
      }
    }
    return shapes
  }

  /// Repeats the text between two separator characters in its place, so that the rest of the seed stays valid.
  private static func shapes(seed: [UInt8]) -> [Shape] {
    var shapes: [Shape] = []
    for separators in ["\n", ",", " ,\n:;{}[]\"'%&=/?"] {
      let marks = seed.indices.filter { separators.utf8.contains(seed[$0]) }
      let starts = [0] + marks.map { $0 + 1 }
      for (index, start) in starts.enumerated() {
        // One part, or one part with its two neighbours, for example `"name":"value",`.
        for width in [1, 4] where index + width < starts.count {
          let end = starts[index + width]
          shapes.append(Shape(head: seed[..<end], piece: seed[start..<end], tail: seed[end...]))
        }
      }
    }
    // A few hundred parts of a long seed are enough.
    let step = max(1, shapes.count / 300)
    return stride(from: 0, to: shapes.count, by: step).map { shapes[$0] }
  }

  private static func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return bytes
  }

  /// Reads one `"word"` per line, with the escapes `\xNN`, `\\` and `\"`.
  private static func words(_ dictionary: [UInt8]) -> [[UInt8]] {
    dictionary.split(separator: 0x0A).compactMap { line in
      guard let open = line.firstIndex(of: 0x22), let close = line.lastIndex(of: 0x22), open < close else { return nil }
      var word: [UInt8] = []
      var rest = line[(open + 1)..<close]
      while let byte = rest.popFirst() {
        guard byte == 0x5C, let next = rest.popFirst() else {
          word.append(byte)
          continue
        }
        if next == UInt8(ascii: "x"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
          word.append(value)
          rest = rest.dropFirst(2)
        } else {
          word.append(next)
        }
      }
      return word
    }
  }
}
