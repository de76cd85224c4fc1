import MCPAuthCore

/// Text on its way to a person: whoever wrote it, it moves no cursor, sets no colour and hides no password.
package enum Printable {
  /// One line: control characters, line ends and bidirectional controls become spaces, passwords in URLs are masked, and what a CI
  /// runner would obey in the middle of a line is broken up. Nothing is cut: what a server sent was bounded where it came in.
  package static func line(_ text: String) -> String {
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) {
      return ForeignText.withoutCommands(UserInfo.hidden(in: text))
    }
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { out.append(ForeignText.isHarmful(scalar) ? " " : scalar) }
    return ForeignText.withoutCommands(UserInfo.hidden(in: String(out)))
  }

  /// Several lines; indentation is kept.
  package static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line(String($0)) }
  }
}
