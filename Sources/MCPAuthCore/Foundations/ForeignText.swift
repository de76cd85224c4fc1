/// Makes text of a server safe to print. Text of a server is only data (ThreatModel#Text-of-a-server).
public enum ForeignText {
  /// The most bytes of a server's text that are shown.
  public static let limit = 512

  /// The text with these changes: control characters, the first characters of escape sequences, and bidirectional controls become spaces;
  /// several spaces become one; `##[` and similar CI commands are broken up; the text is cut at `limit` UTF-8 bytes. The result never
  /// contains a line end.
  public static func printable(_ text: String, limit: Int = limit) -> String {
    // Nothing of such a text changes. Most texts are URLs and identifiers.
    let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }
    if isPlain, text.utf8.count <= limit { return text }
    var out = String.UnicodeScalarView()
    var bytes = 0
    var pendingSpace = false
    var signs = 0
    for scalar in text.unicodeScalars {
      if isHarmful(scalar) || scalar == " " {
        pendingSpace = !out.isEmpty
        signs = 0
        continue
      }
      if signs >= 2, isCommandHead(scalar) { pendingSpace = true }
      signs = scalar == "#" ? signs + 1 : 0
      let width = String(scalar).utf8.count + (pendingSpace ? 1 : 0)
      guard bytes + width <= limit else {
        return String(out) + "…"
      }
      if pendingSpace { out.append(" ") }
      pendingSpace = false
      out.append(scalar)
      bytes += width
    }
    return String(out)
  }

  /// The same for bytes that may not be UTF-8.
  public static func printable(_ bytes: some Collection<UInt8>, limit: Int = limit) -> String {
    // A scalar has at most four bytes, so it is not necessary to decode a mebibyte to show 512 bytes.
    printable(String(decoding: bytes.prefix(limit * 4), as: UTF8.self), limit: limit)
  }

  /// Inserts a space in each `##[…` and `##vso[…`. A CI runner executes these commands at any place in a line. (It executes `::` only at
  /// the beginning of a line, and text of a server is never printed there.)
  package static func withoutCommands(_ text: String) -> String {
    // Works scalar by scalar, because a number sign may be part of the same Character as the scalar before it.
    guard text.unicodeScalars.contains("#") else { return text }
    var scalars = Array(text.unicodeScalars)
    for index in commandHeads(in: scalars).reversed() { scalars.insert(" ", at: index) }
    var out = String.UnicodeScalarView()
    out.append(contentsOf: scalars)
    return String(out)
  }

  /// The positions of the `[` of each `##[…` and of the first letter of each `##vso[…` in a text.
  package static func commandHeads(in scalars: [Unicode.Scalar]) -> [Int] {
    var signs = 0
    return scalars.indices.filter { index in
      let isHead = signs >= 2 && isCommandHead(scalars[index])
      signs = scalars[index] == "#" ? signs + 1 : 0
      return isHead
    }
  }

  private static func isCommandHead(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "[" || (scalar.isASCII && scalar.properties.isAlphabetic)
  }

  /// C0, DEL, C1, bidirectional and other invisible format controls, line and paragraph separators, and the replacement character for
  /// undecodable bytes.
  package static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    // The category of a character is found by a search in a table.
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return true
    default: return false
    }
  }
}
