/// Finds every syntax error that can be distinguished from the others, and the text without the wrong parts.
///
/// libyaml stops at its first error. Therefore the text is split at the keys of its blocks, by their indentation, and each part is parsed
/// alone. A wrong part is split again, so that the smallest one is found. A part is a key and everything up to the next key of its block.
struct YAMLRecovery {
  /// In the order in which they were found.
  private(set) var problems: [YAMLProblem] = []
  /// The text, in which only the key of a wrong part is left; nil where it would be misleading to read it.
  private(set) var rest: YAMLSource?
  /// The lines of these keys. Their values are unusable.
  private(set) var unusable: Set<Int> = []
  private let text: YAMLSource
  /// Lines of wrong parts, except those of their keys.
  private var removed: Set<Int> = []

  /// A larger file gets only its first error: each part costs a parser, and a part is parsed once for each level around it.
  private static let maximumLines = 10_000
  private static let maximumBytes = 1 << 20
  private static let maximumProblems = 100

  /// - Parameter text: a text that libyaml does not parse.
  init(_ text: YAMLSource) {
    self.text = text
    let lines = 1..<text.lineCount + 1
    guard lines.count <= Self.maximumLines, text.bytes.count <= Self.maximumBytes,
      !lines.contains(where: { hasDocumentMark(text.bytes(ofLines: $0..<$0 + 1)) }),
      let parts = parts(of: lines)
    else { return }
    var isComplete = true
    for part in parts where check(part, depth: 0, isNamed: false) { isComplete = false }
    guard isComplete, !problems.isEmpty, problems.count < Self.maximumProblems else { return }
    rest = try? YAMLSource(lines.flatMap { line($0) })
  }

  // MARK: Parts

  /// - Parameter isNamed: whether the part is a server. Its name is free, so that nothing is missed where it is lost.
  /// - Returns: whether the block around the part is unusable too: keys of the block may be inside the wrong part.
  private mutating func check(_ part: Range<Int>, depth: Int, isNamed: Bool) -> Bool {
    guard problems.count < Self.maximumProblems, let problem = problem(in: part) else { return false }
    let before = problems.count
    if depth < YAMLReader.maximumDepth, let key = keyOfBlock(part),
      let inner = parts(of: firstLine(part) + 1..<part.upperBound)
    {
      var isIncomplete = false
      for part in inner where check(part, depth: depth + 1, isNamed: depth == 0 && key == "servers") {
        isIncomplete = true
      }
      if problems.count > before {
        if isIncomplete { reduce(part) }
        return false
      }
    }
    problems.append(problem)
    guard depth > 0, key(of: part) != nil, isNamed || significantLines(part).count == 1 else { return true }
    reduce(part)
    return false
  }

  /// Removes a part except its key.
  private mutating func reduce(_ part: Range<Int>) {
    unusable.subtract(part)
    removed.formUnion(part)
    removed.remove(firstLine(part))
    unusable.insert(firstLine(part))
  }

  /// The bytes of a line of the rest.
  private func line(_ number: Int) -> [UInt8] {
    let line = text.bytes(ofLines: number..<number + 1)
    let end: [UInt8] = line.last == 0x0A ? [0x0A] : []
    if removed.contains(number) { return end }
    guard unusable.contains(number), let key = key(of: number..<number + 1) else { return Array(line) }
    return Array(line.prefix { $0 == 0x20 }) + Array(key.utf8) + [0x3A] + end
  }

  /// The parts of a block; nil where the lines are not a block of keys, or are not indented equally.
  private func parts(of lines: Range<Int>) -> [Range<Int>]? {
    var starts: [Int] = []
    var base: Int?
    for number in lines {
      let line = text.bytes(ofLines: number..<number + 1)
      let indentation = line.prefix { $0 == 0x20 }.count
      let content = line.dropFirst(indentation)
      guard Self.isSignificant(content), let first = content.first else { continue }
      // A tab is a mistake of the part that it is in.
      if first == 0x09 {
        if base == nil { return nil }
        continue
      }
      let isElement =
        first == UInt8(ascii: "-") && (content.dropFirst().first.map { $0 == 0x20 || $0 == 0x0D || $0 == 0x0A } ?? true)
      if base == nil, isElement || "[]{}?&*!|>".utf8.contains(first) { return nil }
      base = base ?? indentation
      if indentation < base ?? 0 { return nil }
      // A list may be indented like its key, and so may the end of a flow collection.
      if indentation == base, !isElement, first != UInt8(ascii: "]"), first != UInt8(ascii: "}") {
        starts.append(number)
      }
    }
    guard !starts.isEmpty else { return nil }
    return zip(starts, Array(starts.dropFirst()) + [lines.upperBound]).map { $0..<$1 }
  }

  /// A line that is not empty and not a comment.
  private static func isSignificant(_ content: ArraySlice<UInt8>) -> Bool {
    guard let first = content.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D && $0 != 0x0A }) else {
      return false
    }
    return first != UInt8(ascii: "#")
  }

  private func significantLines(_ part: Range<Int>) -> [Int] {
    part.filter { Self.isSignificant(text.bytes(ofLines: $0..<$0 + 1)) }
  }

  private func firstLine(_ part: Range<Int>) -> Int { significantLines(part).first ?? part.lowerBound }

  /// The word at the beginning of a part, if it is or was meant to be a key.
  private func key(of part: Range<Int>) -> String? {
    let content = text.line(firstLine(part)).drop { $0 == " " }
    let word = content.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == ".") }
    guard !word.isEmpty, word.first != "-" else { return nil }
    let next = content.dropFirst(word.count).first
    return next == nil || next == ":" || next == " " ? String(word) : nil
  }

  /// The key of a part whose value is a block on the lines below it.
  private func keyOfBlock(_ part: Range<Int>) -> String? {
    guard let key = key(of: part) else { return nil }
    let after = text.line(firstLine(part)).drop { $0 == " " }.dropFirst(key.count)
    guard after.first == ":" else { return nil }
    let value = after.dropFirst().drop { $0 == " " }
    return value.isEmpty || (value.first == "#" && after.dropFirst().first == " ") ? key : nil
  }

  private func hasDocumentMark(_ line: ArraySlice<UInt8>) -> Bool {
    line.starts(with: "---".utf8) || line.starts(with: "...".utf8) || line.first == UInt8(ascii: "%")
  }

  // MARK: Problems

  /// What is wrong in a part that is parsed alone; nil where nothing is.
  private func problem(in part: Range<Int>) -> YAMLProblem? {
    let events = YAMLEventStream(text.bytes(ofLines: part))
    var isMapping: Bool?
    do throws(YAMLParserFailure) {
      while true {
        let event = try events.next()
        switch event.kind {
        case .streamEnd:
          return isMapping == false ? missingColon(in: part) ?? noKey(part) : nil
        case .streamStart, .documentStart, .documentEnd: continue
        case .mappingStart: isMapping = isMapping ?? true
        case .alias, .scalar, .sequenceStart, .sequenceEnd, .mappingEnd: isMapping = isMapping ?? false
        }
      }
    } catch {
      if error.problem == "mapping values are not allowed in this context", let missing = missingColon(in: part) {
        return missing
      }
      return YAMLSlips.problem(moved(error, into: part), in: text)
    }
  }

  /// The places of a failure in the whole text. A failure at the end of the part is after its last line that is not empty.
  private func moved(_ failure: YAMLParserFailure, into part: Range<Int>) -> YAMLParserFailure {
    let last = significantLines(part).last ?? part.lowerBound
    func place(_ position: YAMLEvent.Position) -> YAMLEvent.Position {
      let line = position.line + part.lowerBound - 1
      guard line > last else { return YAMLEvent.Position(line: line, column: position.column) }
      return YAMLEvent.Position(line: last, column: text.endColumn(ofLine: last))
    }
    var moved = failure
    moved.position = place(failure.position)
    moved.contextPosition = place(failure.contextPosition)
    return moved
  }

  /// `auth:none`, `url https://…`, and a name on a line of its own without a colon.
  private func missingColon(in part: Range<Int>) -> YAMLProblem? {
    let number = firstLine(part)
    let line = text.line(number)
    guard let key = key(of: part) else { return nil }
    let column = line.unicodeScalars.prefix { $0 == " " }.count + key.unicodeScalars.count + 1
    let mark = YAMLMark(line: number, column: column, endColumn: min(column + 1, text.endColumn(ofLine: number)))
    let after = line.drop { $0 == " " }.dropFirst(key.count)
    guard after.first == ":" else {
      return YAMLProblem(.syntax, "a ':' is missing after the key", at: mark, help: ["write 'key: value'"])
    }
    guard let next = after.dropFirst().first, next != " " else { return nil }
    return YAMLProblem(.syntax, "a space is missing after the ':' of a key", at: mark, help: ["write 'key: value'"])
  }

  private func noKey(_ part: Range<Int>) -> YAMLProblem {
    let number = firstLine(part)
    let column = text.line(number).unicodeScalars.prefix { $0 == " " }.count + 1
    return YAMLProblem(
      .syntax, "a key is missing here",
      at: YAMLMark(line: number, column: column, endColumn: text.endColumn(ofLine: number)),
      help: ["write 'key: value'"])
  }
}
