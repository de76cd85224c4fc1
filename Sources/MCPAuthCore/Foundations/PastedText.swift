/// Text for something that a user copies from a message: one word of a shell command, or one scalar of YAML. It is read back as exactly the
/// same text, even if an attacker chose it (ThreatModel#Text-of-a-server).
package enum PastedText {
  /// One word of a POSIX shell command.
  package static func shell(_ text: String) -> String {
    if !text.isEmpty, !text.hasPrefix("-"), text.utf8.allSatisfy({ isPlain($0) || "@%+=,".utf8.contains($0) }) {
      return text
    }
    return "'" + text.replacing("'", with: "'\\''") + "'"
  }

  /// One scalar of YAML 1.1 and 1.2, in block or flow context.
  package static func yaml(_ text: String) -> String {
    // A text of only these characters that begins with a letter is a plain scalar. A short one could still be read as a boolean or as null.
    let first = text.utf8.first.map { isLetter($0) } ?? false
    if first, text.utf8.count > 5, text.utf8.last != UInt8(ascii: ":"), text.utf8.allSatisfy(isPlain) { return text }
    var out = "\""
    for unit in text.utf16 {
      let isKept = (0x20..<0x7F).contains(unit) && !"\"\\#".utf16.contains(unit)
      // All other characters are escaped. This includes `#`, because the output would otherwise break up `##[`.
      out += isKept ? String(Unicode.Scalar(UInt8(unit))) : escape(unit)
    }
    return out + "\""
  }

  private static func escape(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    isLetter(byte) || (0x30...0x39).contains(byte) || "-._~/:".utf8.contains(byte)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
