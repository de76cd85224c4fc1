import MCPAuthCore

/// Makes text from any source safe to print: it cannot move the cursor or set a colour, and passwords in URLs are masked.
package enum Printable {
  /// One line: control characters, line ends and bidirectional controls become spaces, passwords in URLs are masked, and commands of a CI runner are
  /// broken up. Nothing is cut here: text of a server was already limited when it was received.
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
