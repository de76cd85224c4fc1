/// User names and passwords in URLs (RFC 3986 section 3.2.1), in any text.
package enum UserInfo {
  package static let replacement = Array("<redacted>".unicodeScalars)

  /// The text with the user information of its URLs replaced. It may be a token: GitHub takes a token as the user name.
  package static func hidden(in text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "@")), text.contains("://") else { return text }
    var scalars = Array(text.unicodeScalars)
    for range in ranges(in: scalars).reversed() { scalars.replaceSubrange(range, with: replacement) }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// The ranges between `://` and the `@` of an authority (RFC 3986 section 3.2.1).
  package static func ranges(in line: [Unicode.Scalar]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var at = 0
    while at + 2 < line.count {
      guard line[at] == ":", line[at + 1] == "/", line[at + 2] == "/" else {
        at += 1
        continue
      }
      let start = at + 3
      let end = line[start...].firstIndex { "\"' \t<>,}".unicodeScalars.contains($0) } ?? line.count
      if let sign = userInfoEnd(line[start..<end]) { found.append(start..<sign) }
      at = end
    }
    return found
  }

  private static func userInfoEnd(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
    let authority = text.prefix { !"/?#".unicodeScalars.contains($0) }
    if let sign = authority.lastIndex(of: "@") { return sign }
    // A slash in a password ends the authority too early. Then the text after the colon is not a port.
    guard let colon = authority.firstIndex(of: ":"), !authority[(colon + 1)...].allSatisfy(\.properties.isASCIIDigit)
    else { return nil }
    return text.lastIndex(of: "@")
  }
}

extension Unicode.Scalar.Properties {
  fileprivate var isASCIIDigit: Bool { numericType == .decimal }
}
