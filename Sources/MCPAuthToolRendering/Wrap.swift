/// Breaks text into lines that fit a terminal.
package enum Wrap {
  /// A line of text with its line end, broken between words. Further lines are indented.
  ///
  /// - Parameter wrap: columns of the terminal; nil: no limit.
  package static func text(_ line: String, wrap: Int?) -> String {
    let lines = wrap.map { Self.lines(line, first: $0, rest: $0 - 2) } ?? [line]
    return lines.joined(separator: "\n  ") + "\n"
  }

  /// The least number of columns of a line. `lines` does not make shorter ones.
  static let least = 8

  /// Breaks between words, but not before a word that a CI runner would read as a command at the beginning of a line (`::`, `##`). A word that is too
  /// long for a line is not broken, so that a URL can be copied. A word with wide characters is broken, because its script may have no spaces.
  ///
  /// - Parameters:
  ///   - first: columns of the first line.
  ///   - rest: columns of each further line.
  /// - Returns: at least one line.
  static func lines(_ text: String, first: Int, rest: Int) -> [String] {
    guard DisplayWidth.of(text) > first else { return [text] }
    // Indented text is an example to be copied.
    if text.first == " " { return [text] }
    var lines: [String] = []
    var line = ""
    var used = 0
    var room: Int { max(least, lines.isEmpty ? first : rest) }
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
    // After a long label the first line may have less room than the word needs.
    if let word = words.first, !isWide(word), rest > first, DisplayWidth.of(word) > max(least, first) { end() }
    for word in words {
      let width = DisplayWidth.of(word)
      if used > 0, used + 1 + width > room, !word.hasPrefix("::"), !word.hasPrefix("##") {
        // A wide word begins on the current line.
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

  /// The same, but a word that is too long for a line is broken too: no line is wider. For text that is not to be copied.
  static func broken(_ text: String, first: Int, rest: Int) -> [String] {
    var broken: [String] = []
    for line in lines(text, first: first, rest: rest) {
      var part = String.UnicodeScalarView()
      var used = 0
      for scalar in line.unicodeScalars {
        let width = DisplayWidth.of(scalar)
        if used > 0, used + width > max(2, broken.isEmpty ? first : rest) {
          broken.append(String(part))
          part = String.UnicodeScalarView()
          used = 0
        }
        part.append(scalar)
        used += width
      }
      broken.append(String(part))
    }
    return broken
  }

  private static func isWide(_ word: Substring) -> Bool {
    !word.contains("://") && DisplayWidth.of(word) > word.count
  }

  /// Items with commas between them, up to a limit, and the number of the others.
  static func names(_ names: [String], limit: Int) -> String {
    let shown = names.prefix(limit).joined(separator: ", ")
    return names.count > limit ? shown + " and \(names.count - limit) more" : shown
  }
}
