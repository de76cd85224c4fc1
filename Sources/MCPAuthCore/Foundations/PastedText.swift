/// Text for something that a user copies from a message: one word of a shell command, or one scalar of an inventory. It is read back as exactly the
/// same text, even if an attacker chose it (ThreatModel#Text-of-a-server).
package enum PastedText {
  /// One word of a POSIX shell command.
  package static func shell(_ text: String) -> String {
    // Shells replace `~` with a home folder, and some replace `=NAME` with the path of a program.
    let isSafe = text.utf8.allSatisfy { $0 != UInt8(ascii: "~") && (isPlain($0) || "@%+=,".utf8.contains($0)) }
    if isSafe, let first = text.utf8.first, !"-=".utf8.contains(first) { return text }
    // Works scalar by scalar, because a quote may be part of the same Character as a combining mark after it.
    return "'" + String(text.unicodeScalars.replacing("'".unicodeScalars, with: "'\\''".unicodeScalars)) + "'"
  }

  /// One scalar of an inventory: YAML 1.1 and 1.2, in block or flow context. `$$` is a dollar there (InventoryReference#Values).
  package static func yaml(_ text: String) -> String {
    // A text of only these characters that begins with a letter is a plain scalar. A short one could still be read as a boolean or as null.
    let first = text.utf8.first?.isASCIILetter ?? false
    if first, text.utf8.count > 5, text.utf8.last != UInt8(ascii: ":"), text.utf8.allSatisfy(isPlain) { return text }
    var out = "\""
    var last: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if scalar == "$" { out += "$" }
      // Of two `#`, the second is escaped, because the output would otherwise break up `##[`.
      let isKept = isReadable(scalar) && !(scalar == "#" && last == "#")
      out += isKept ? String(scalar) : escape(scalar)
      last = scalar
    }
    return out + "\""
  }

  /// ASCII, and the letters from Latin-1 to Armenian: all are written from left to right, and none is a mark on another character.
  private static func isReadable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return (0x20..<0x7F).contains(scalar.value) && scalar != "\"" && scalar != "\\" }
    guard scalar.value < 0x590 else { return false }
    return [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter].contains(
      scalar.properties.generalCategory)
  }

  /// YAML has no surrogate pairs: a scalar of more than four digits is one `\U`.
  private static func escape(_ scalar: Unicode.Scalar) -> String {
    let isLong = scalar.value >= 0x10000
    return (isLong ? "\\U" : "\\u") + scalar.value.hex(width: isLong ? 8 : 4, uppercase: false)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || "-._~/:".utf8.contains(byte)
  }
}
