/// The number of terminal columns of a text (Unicode Standard Annex 11).
enum DisplayWidth {
  static func of(_ text: some StringProtocol) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.unicodeScalars.reduce(0) { $0 + of($1) }
  }

  /// 0 for combining marks, 2 for wide and fullwidth characters, otherwise 1.
  static func of(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if scalar.properties.isEmojiPresentation { return 2 }
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }

  /// Blocks of East Asian Width W and F. Emoji are detected by their property.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
    0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60,
    0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1B000...0x1B2FF, 0x20000...0x3FFFD,
  ]

  /// The text with spaces at the end.
  static func pad(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - of(text)))
  }
}

extension DisplayWidth {
  /// The text, or as much of its beginning as fits, with an ellipsis.
  static func cut(_ text: String, to width: Int) -> String {
    guard of(text) > width else { return text }
    var out = String.UnicodeScalarView()
    var used = 0
    for scalar in text.unicodeScalars {
      used += of(scalar)
      if used > width - 1 { break }
      out.append(scalar)
    }
    return String(out) + "…"
  }

  /// The text, or as much of its beginning and its end as fits, with an ellipsis between them.
  static func middle(_ text: String, to width: Int) -> String {
    guard of(text) > width else { return text }
    let scalars = Array(text.unicodeScalars)
    let room = max(0, width - 1)
    var head = 0
    var used = 0
    // The beginning gets the larger half.
    while head < scalars.count, used + of(scalars[head]) <= room - room / 2 {
      used += of(scalars[head])
      head += 1
    }
    var tail = scalars.count
    while tail > head, used + of(scalars[tail - 1]) <= room {
      used += of(scalars[tail - 1])
      tail -= 1
    }
    // A combining mark would be combined with the ellipsis.
    while tail < scalars.count, of(scalars[tail]) == 0 { tail += 1 }
    var out = String.UnicodeScalarView()
    out.append(contentsOf: scalars[..<head])
    out.append("…")
    out.append(contentsOf: scalars[tail...])
    return String(out)
  }
}
