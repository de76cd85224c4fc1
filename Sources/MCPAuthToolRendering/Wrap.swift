/// Text in lines that fit a terminal.
enum Wrap {
  /// Breaks between words, but before none that a CI runner would take for a command at the beginning of a line (`::`, `##`); a word that is too long for a line stands on one of its own and is left whole, for a URL is to be copied, unless
  /// it has wide characters, whose script may know no spaces.
  ///
  /// - Parameters:
  ///   - first: columns of the first line.
  ///   - rest: columns of each further one.
  /// - Returns: at least one line.
  static func lines(_ text: String, first: Int, rest: Int) -> [String] {
    guard DisplayWidth.of(text) > first else { return [text] }
    // What is indented is no prose: a sample to be copied.
    if text.first == " " { return [text] }
    var lines: [String] = []
    var line = ""
    var used = 0
    var room: Int { max(8, lines.isEmpty ? first : rest) }
    func end() {
      lines.append(line)
      line = ""
      used = 0
    }
    func append(_ word: Substring, _ width: Int) {
      guard used + width > room, isWide(word) else {
        line += word
        used += width
        return
      }
      for character in word {
        let width = DisplayWidth.of(String(character))
        if used > 0, used + width > room { end() }
        line.append(character)
        used += width
      }
    }
    let words = text.split(separator: " ", omittingEmptySubsequences: true)
    // A word that the first line has no room for, and a further one has: after a long label.
    if let word = words.first, !isWide(word), rest > first, DisplayWidth.of(word) > max(8, first) { end() }
    for word in words {
      let width = DisplayWidth.of(word)
      if used > 0, used + 1 + width > room, !word.hasPrefix("::"), !word.hasPrefix("##") {
        // A wide word fills the line that is there.
        guard isWide(word), room - used > 4 else {
          end()
          append(word, width)
          continue
        }
      }
      if used > 0 {
        line += " "
        used += 1
      }
      append(word, width)
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }

  private static func isWide(_ word: Substring) -> Bool {
    !word.contains("://") && DisplayWidth.of(word) > word.count
  }

  /// Items with commas between them, at most so many of them, and how many more there are.
  static func names(_ names: [String], limit: Int) -> String {
    let shown = names.prefix(limit).joined(separator: ", ")
    return names.count > limit ? shown + " and \(names.count - limit) more" : shown
  }
}
