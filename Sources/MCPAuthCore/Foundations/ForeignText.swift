/// Text that a server sent, made fit to be shown: what a server sends is data (ThreatModel#Text-of-a-server).
public enum ForeignText {
  /// Most bytes of a server's text that are ever shown.
  public static let limit = 512

  /// The text with control characters, escape sequences' introducers and bidirectional controls replaced by a space, runs of spaces
  /// folded, `##[` and the like broken up, cut at `limit` UTF-8 bytes. It never holds a line end.
  public static func printable(_ text: String, limit: Int = limit) -> String {
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

  /// The same of bytes that may not be UTF-8.
  public static func printable(_ bytes: some Collection<UInt8>, limit: Int = limit) -> String {
    // Four bytes a scalar at the most: no need to decode a mebibyte to show 512 bytes.
    printable(String(decoding: bytes.prefix(limit * 4), as: UTF8.self), limit: limit)
  }

  /// With a space in each `##[…` and `##vso[…`: a CI runner obeys them wherever they stand in a line. (`::` it obeys at the beginning of
  /// one only, where nothing foreign ever stands.)
  package static func withoutCommands(_ text: String) -> String {
    // Scalar by scalar: a sign may be part of the Character before it.
    guard text.unicodeScalars.contains("#") else { return text }
    var scalars = Array(text.unicodeScalars)
    for index in commandHeads(in: scalars).reversed() { scalars.insert(" ", at: index) }
    var out = String.UnicodeScalarView()
    out.append(contentsOf: scalars)
    return String(out)
  }

  /// Where in a text the `[` of a `##[…`, or the letter of a `##vso[…`, stands.
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

  /// C0, DEL, C1, bidirectional and other invisible format controls, line and paragraph separators, and the replacement of undecodable bytes.
  package static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
    default: false
    }
  }
}
