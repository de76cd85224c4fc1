/// Detects common mistakes behind a parser error. Replaces libyaml's message with one of mcpauth, with help.
enum YAMLSlips {
  static func problem(_ failure: YAMLParserFailure, in text: YAMLSource) -> YAMLProblem {
    if let line = text.conflictLine {
      return YAMLProblem(
        .syntax, "the file has the markers of a merge conflict", at: YAMLMark(line: line, column: 1, endColumn: 8),
        help: ["resolve the conflict and remove the markers"])
    }
    let failure = text.beforeTheEnd(failure)
    let line = text.line(failure.position.line)
    let indentation = line.unicodeScalars.prefix { $0 == " " || $0 == "\t" }
    if let tab = indentation.firstIndex(of: "\t") {
      let column = indentation.distance(from: indentation.startIndex, to: tab) + 1
      return YAMLProblem(
        .syntax, "a tab where spaces are expected",
        at: YAMLMark(line: failure.position.line, column: column, endColumn: column + 1),
        help: ["indent with spaces: YAML does not allow tabs there"])
    }
    if failure.problem == "did not find expected key", let closed = closedValue(above: failure.position, in: text) {
      return closed
    }
    if let slip = wrongIndentation(failure, in: text) { return slip }
    let character = character(at: failure.position, in: line)
    let isInside = failure.context?.contains("flow") == true || failure.context?.contains("quoted") == true
    let earlier =
      isInside && failure.contextPosition != failure.position
      ? YAMLMark(line: failure.contextPosition.line, column: failure.contextPosition.column) : nil
    let mark = YAMLMark(
      line: failure.position.line, column: failure.position.column,
      endColumn: character.map { _ in failure.position.column + 1 })
    if let placeholder = placeholder(in: line), isInside || character != nil {
      return YAMLProblem(
        .syntax, words(failure, character), at: mark, earlier: earlier,
        help: ["put quotes around the value that holds \(placeholder): without them the brace begins a mapping"])
    }
    if failure.context == "while scanning a quoted scalar", let earlier {
      return YAMLProblem(
        .syntax, "the text in quotes that begins here has no closing quote", at: earlier,
        help: ["close it, or double a quote inside it"]
      )
    }
    return YAMLProblem(.syntax, words(failure, character), at: mark, earlier: earlier, help: help(failure, character))
  }

  /// A line that is indented differently from the lines of its block.
  private static func wrongIndentation(_ failure: YAMLParserFailure, in text: YAMLSource) -> YAMLProblem? {
    let number = failure.position.line
    let line = text.line(number)
    let own = line.prefix { $0 == " " }.count
    guard let above = text.significantLine(above: number) else { return nil }
    let before = text.line(above)
    let other = before.prefix { $0 == " " }.count
    let isDeeper = own > other
    switch failure.problem {
    case "did not find expected key", "did not find expected '-' indicator":
      guard failure.context?.contains("block") == true, own != other, failure.position.column == own + 1 else {
        return nil
      }
    case "mapping values are not allowed in this context":
      guard isDeeper, before.contains(": "), before.last != ":", !before.contains("\"") else { return nil }
    default: return nil
    }
    return YAMLProblem(
      .syntax,
      isDeeper
        ? "this line is indented deeper than the line above it, whose key has a value"
        : "the indentation of this line is that of no block above it",
      at: YAMLMark(line: number, column: own + 1, endColumn: text.endColumn(ofLine: number)),
      help: [
        "indent all keys of one block, or all elements of one list, equally: line \(above) has \(other) space\(other == 1 ? "" : "s"), this line \(own)"
      ])
  }

  static func collectionAsKey(at mark: YAMLMark) -> YAMLProblem {
    YAMLProblem(
      .syntax, "a key must be a word, and this is a list or a mapping", at: mark,
      help: ["put quotes around a value that begins with '{' or '['"])
  }

  /// A character of the text in quotes. An invisible character, or one that hides the text around it, is shown by its number.
  static func shown(_ character: Unicode.Scalar) -> String {
    isVisible(character) ? "'\(character)'" : number(character)
  }

  /// The name of an anchor or a tag, cut to a readable length.
  static func shown(_ name: String) -> String {
    let limit = 64
    let scalars = name.unicodeScalars.prefix(limit).map { isVisible($0) ? String($0) : number($0) }
    return scalars.joined() + (name.unicodeScalars.count > limit ? "…" : "")
  }

  static func number(_ character: Unicode.Scalar) -> String {
    let digits = String(character.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private static func isVisible(_ character: Unicode.Scalar) -> Bool {
    switch character.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
    default: true
    }
  }

  /// Detects indented lines below a value that ended with its brace or bracket, as in `servers: {}` with servers below it.
  private static func closedValue(above position: YAMLEvent.Position, in text: YAMLSource) -> YAMLProblem? {
    guard let number = text.significantLine(above: position.line) else { return nil }
    let value = withoutComment(text.line(number))
    guard let close = value.unicodeScalars.last, close == "}" || close == "]",
      value.unicodeScalars.prefix(while: { $0 == " " }).count < position.column - 1
    else { return nil }
    let empty = ["{}", "[]"].first { value.hasSuffix($0) }
    return YAMLProblem(
      .syntax,
      "the value on line \(number) ends with '\(empty ?? String(close))', so the indented lines below do not belong to it",
      at: YAMLMark(line: position.line, column: position.column, endColumn: position.column + 1),
      help: [
        empty.map { "remove '\($0)' from line \(number)" }
          ?? "write everything inside the brackets, or everything as indented lines without them"
      ])
  }

  /// The line without a comment after a value and without the spaces at its end.
  private static func withoutComment(_ line: String) -> String {
    let text = line.firstRange(of: " #").map { line[..<$0.lowerBound] } ?? line[...]
    return text.lastIndex { $0 != " " }.map { String(text[...$0]) } ?? ""
  }

  private static func words(_ failure: YAMLParserFailure, _ character: Unicode.Scalar?) -> String {
    switch failure.problem {
    case "mapping values are not allowed in this context": "a ':' cannot begin a value here"
    case "found character that cannot start any token":
      switch character {
      case "\t"?: "a tab cannot begin a value"
      case let character?: "\(shown(character)) cannot begin a value"
      case nil: "a value cannot begin like this"
      }
    case "did not find expected ',' or ']'": "the list is not closed: a ',' or a ']' is missing here"
    case "did not find expected ',' or '}'": "the mapping is not closed: a ',' or a '}' is missing here"
    case "did not find expected key": "this line does not continue the block above it: a key of that block is expected"
    case "block sequence entries are not allowed in this context": "a '-' cannot begin a list here"
    case "did not find expected '-' indicator": "this line does not continue the list above it: a '-' is expected"
    case "could not find expected ':'": "a ':' is missing after the key"
    case "did not find expected node content": "a value is missing here"
    default: failure.problem + (failure.context.map { " " + $0 } ?? "")
    }
  }

  private static func help(_ failure: YAMLParserFailure, _ character: Unicode.Scalar?) -> [String] {
    switch failure.problem {
    case "mapping values are not allowed in this context":
      ["indent all keys of one block equally", "put quotes around a value that holds ': '"]
    case "found character that cannot start any token": ["put quotes around the value"]
    case "did not find expected key", "did not find expected '-' indicator":
      ["indent all keys of one block, or all elements of one list, equally"]
    case "block sequence entries are not allowed in this context": ["begin the list on a new line"]
    case "could not find expected ':'": ["write 'key: value'", "indent the lines of a value deeper than its key"]
    default: []
    }
  }

  private static func character(at position: YAMLEvent.Position, in line: String) -> Unicode.Scalar? {
    let scalars = line.unicodeScalars
    return scalars.index(scalars.startIndex, offsetBy: position.column - 1, limitedBy: scalars.endIndex).flatMap {
      $0 < scalars.endIndex ? scalars[$0] : nil
    }
  }

  /// `{server}` and similar placeholders in a line: a word between braces. nil for a placeholder in quotes.
  private static func placeholder(in line: String) -> String? {
    guard let open = line.firstIndex(of: "{"), let close = line[open...].firstIndex(of: "}") else { return nil }
    let before = line[..<open]
    // An odd number of quotes before the brace: it is inside of quotes.
    guard before.count(where: { $0 == "\"" }) % 2 == 0, before.count(where: { $0 == "'" }) % 2 == 0 else { return nil }
    let word = line[line.index(after: open)..<close]
    guard !word.isEmpty, word.utf8.allSatisfy({ (0x61...0x7A).contains($0) || $0 == 0x5F }) else { return nil }
    return "{\(word)}"
  }
}
