/// Text in the macros of man(7), with the commands of troff escaped.
struct ManualText {
  private(set) var text = ""
  /// Directly under a heading a paragraph needs no macro.
  private var isUnderHeading = false

  /// - Parameter date: `2026-11-25`.
  mutating func title(_ name: String, section: Int, date: String, source: String) {
    text += ".TH \(name) \(section) \(date) \"\(Self.escaped(source))\"\n.nh\n.ad l\n"
  }

  mutating func section(_ name: String) { heading("SH", name) }

  mutating func subsection(_ name: String) { heading("SS", name) }

  mutating func paragraph(_ words: String) {
    guard !words.isEmpty else { return }
    begin()
    text += lines(words)
  }

  /// Text that is not filled.
  mutating func literal(_ words: String) {
    begin()
    text += ".nf\n" + lines(words) + ".fi\n"
  }

  private mutating func heading(_ macro: String, _ name: String) {
    text += ".\(macro) \(Self.escaped(name))\n"
    isUnderHeading = true
  }

  private mutating func begin() {
    if !isUnderHeading { text += ".PP\n" }
    isUnderHeading = false
  }

  /// A name, with its meaning under it.
  mutating func item(_ name: String, _ meaning: String) {
    isUnderHeading = false
    text += ".TP\n\\fB" + Self.escaped(name) + "\\fR\n" + lines(meaning.isEmpty ? " " : meaning)
  }

  /// The discussion of a command. Paragraphs with indented or aligned lines, and examples, are not filled.
  mutating func discussion(_ words: String) {
    var paragraph: [Substring] = []
    func end(_ page: inout ManualText) {
      guard !paragraph.isEmpty else { return }
      let text = paragraph.joined(separator: "\n")
      let isKept = paragraph.contains { $0.hasPrefix(" ") || $0.contains(":  ") || $0.hasPrefix("example:") }
      if isKept { page.literal(text) } else { page.paragraph(text) }
      paragraph = []
    }
    for line in words.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.allSatisfy({ $0 == " " }) { end(&self) } else { paragraph.append(line) }
    }
    end(&self)
  }

  private func lines(_ words: String) -> String {
    words.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let line = Self.escaped(String(line))
      // Such a line would be a command of troff.
      return (line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" : "") + line + "\n"
    }.joined()
  }

  private static func escaped(_ words: String) -> String {
    words.map { character in
      switch character {
      case "\\": "\\e"
      case "-": "\\-"
      case "\"": "\\(dq"
      case "…": "..."
      case "±": "\\(+-"
      default: String(character)
      }
    }.joined()
  }
}
