import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// The lines of a text that an edit changes, with some lines before and after them.
package struct LineDifference: Sendable, Equatable {
  /// Each line begins with `+`, `-` or a space.
  package let lines: [String]

  package init(from before: [UInt8], to after: [UInt8], context: Int = 3) {
    let (old, new) = (Self.split(before), Self.split(after))
    let head = zip(old, new).prefix { $0 == $1 }.count
    let tail = min(
      zip(old.reversed(), new.reversed()).prefix { $0 == $1 }.count, min(old.count, new.count) - head)
    let removed = old[head..<(old.count - tail)]
    let added = new[head..<(new.count - tail)]
    var lines: [String] = []
    if !removed.isEmpty || !added.isEmpty {
      lines += old[max(0, head - context)..<head].map { Self.line(" ", $0) }
      lines += removed.map { Self.line("-", $0) }
      lines += added.map { Self.line("+", $0) }
      lines += old[(old.count - tail)...].prefix(context).map { Self.line(" ", $0) }
    }
    self.lines = lines
  }

  var json: JSON { .strings(lines) }

  func text(_ style: Style) -> String {
    lines.map { line in
      let look: Style.Look = line.hasPrefix("+") ? .green : line.hasPrefix("-") ? .red : .dim
      return style(line, look) + "\n"
    }.joined()
  }

  /// The lines without their ends. A line end at the end of the text begins no further line.
  private static func split(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  private static func line(_ sign: String, _ line: ArraySlice<UInt8>) -> String {
    let text = line.last == 0x0D ? line.dropLast() : line
    return sign + " " + Printable.line(String(decoding: text, as: UTF8.self))
  }
}
