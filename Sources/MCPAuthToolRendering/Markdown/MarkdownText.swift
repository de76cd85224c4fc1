import MCPAuthCore
import MCPAuthToolOutput

/// Foreign text in the Markdown of GitHub and GitLab. It cannot end its span or block (ThreatModel#Text-of-a-server).
enum MarkdownText {
  /// A code span. It is enclosed in more backticks than any row of backticks inside, so nothing inside is Markdown, HTML or a mention. Never empty.
  static func code(_ text: String) -> String {
    // One line: a line end could begin a block.
    let text = Printable.line(text)
    guard text.contains(where: { $0 != " " }) else { return "`(empty)`" }
    let fence = String(repeating: "`", count: longestRun(in: text) + 1)
    let padding = text.hasPrefix("`") || text.hasSuffix("`") ? " " : ""
    return fence + padding + text + padding + fence
  }

  /// A fenced block with its line ends. Its fence is longer than any row of backticks inside, so nothing inside ends it.
  static func block(_ text: String) -> String {
    let fence = String(repeating: "`", count: max(3, longestRun(in: text) + 1))
    return fence + "text\n" + text + (text.hasSuffix("\n") ? "" : "\n") + fence + "\n"
  }

  /// A hidden comment by which a tool finds its comment on a pull request. Characters that could end it are percent-encoded.
  static func marker(_ words: [String]) -> String {
    let safe = words.map { word in
      var out = ""
      for byte in word.utf8 {
        let isPlain =
          switch byte {
          case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "/"): true
          case UInt8(ascii: "-"): out.last != "-"
          default: byte.isASCIIAlphanumeric
          }
        out += isPlain ? String(Unicode.Scalar(byte)) : "%" + byte.hex(width: 2)
      }
      return out
    }
    return "<!-- mcpauth " + safe.joined(separator: " ") + " -->"
  }

  private static func longestRun(in text: String) -> Int {
    var longest = 0
    var run = 0
    for byte in text.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}
