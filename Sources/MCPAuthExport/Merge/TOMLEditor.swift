internal import MCPAuthCore

/// Edits TOML. Every line that does not belong to mcpauth stays byte for byte.
struct TOMLEditor: MergeEditor {
  let root: JSONObject?
  private let bytes: [UInt8]
  private let file: String
  private let statements: [TOMLStatement]
  private let newline: String

  init(_ bytes: [UInt8], file: String) throws(Diagnostic) {
    self.bytes = bytes
    self.file = file
    newline = FileText.newline(bytes)
    do throws(TOMLParser.Problem) {
      statements = try TOMLParser.parse(bytes)
    } catch {
      throw .unsafeMerge(file, error.message, line: JSONParser.line(of: error.offset, in: bytes))
    }
    root = statements.isEmpty ? nil : try TOMLTree.object(statements, bytes, file: file)
  }

  func applying(_ edit: MergeEdit) throws(Diagnostic) -> [UInt8] {
    guard let value = edit.value else { return try removing(edit.path) }
    if let pair = pair(edit.path) { return FileText.replacing(pair.range, in: bytes, with: TOMLText.value(value)) }
    if let edited = settingInline(edit.path, value) { return edited }
    switch value {
    case .object(let object): return adding(edit.path, object)
    case .null, .bool, .number, .string, .array: return adding(edit.path, value)
    }
  }

  // MARK: Finding

  /// The value of a pair with this whole path.
  private func pair(_ path: [String]) -> TOMLValue? {
    for statement in statements where !statement.isInArray {
      if case .pair(_, let value) = statement.content, statement.path == path { return value }
    }
    return nil
  }

  private func isUnder(_ statement: TOMLStatement, _ path: [String]) -> Bool {
    !statement.isInArray && (statement.path ?? statement.table).starts(with: path)
  }

  /// The position of a header with this path.
  private func header(_ path: [String]) -> Int? {
    statements.firstIndex { statement in
      if case .header(path, isArray: false) = statement.content { true } else { false }
    }
  }

  /// The last statement of the table that a header begins; the header itself for an empty table.
  private func lastOfTable(_ header: Int) -> Int {
    var last = header
    while last + 1 < statements.count, !statements[last + 1].isHeader { last += 1 }
    return last
  }

  // MARK: Setting

  /// Sets a value in an inline table.
  private func settingInline(_ path: [String], _ value: JSON) -> [UInt8]? {
    for length in stride(from: path.count - 1, to: 0, by: -1) {
      guard case .table(let pairs, let range) = pair(Array(path.prefix(length))) else { continue }
      return settingInline(Array(path.dropFirst(length)), value, pairs, range)
    }
    return nil
  }

  private func settingInline(_ path: [String], _ value: JSON, _ pairs: [TOMLValue.Pair], _ range: Range<Int>)
    -> [UInt8]?
  {
    for pair in pairs where path.starts(with: pair.key) {
      if pair.key.count == path.count {
        return FileText.replacing(pair.value.range, in: bytes, with: TOMLText.value(value))
      }
      guard case .table(let inner, let innerRange) = pair.value else { continue }
      return settingInline(Array(path.dropFirst(pair.key.count)), value, inner, innerRange)
    }
    let text = path.map(TOMLText.key).joined(separator: ".") + " = " + TOMLText.value(value)
    guard let last = pairs.last else { return FileText.replacing(range, in: bytes, with: "{ \(text) }") }
    let end = last.value.range.upperBound
    return FileText.replacing(end..<end, in: bytes, with: ", " + text)
  }

  /// Adds a value.
  private func adding(_ path: [String], _ value: JSON) -> [UInt8] {
    let parent = Array(path.dropLast())
    let name = path.last ?? ""
    if let header = header(parent) {
      return inserting(TOMLText.pair(name, value), after: statements[lastOfTable(header)])
    }
    // A dotted key further up (`linear.url = "…"`), or no header at all.
    if let last = statements.last(where: {
      $0.path?.starts(with: parent) == true && isUnder($0, parent) && $0.table.count < parent.count
    }) {
      let key = path.dropFirst(last.table.count).map(TOMLText.key).joined(separator: ".")
      return inserting(key + " = " + TOMLText.value(value), after: last)
    }
    return adding(parent, JSONObject([.init(name, value)]))
  }

  /// Adds a table after those of the same kind.
  private func adding(_ path: [String], _ object: JSONObject) -> [UInt8] {
    if let header = header(path) {
      let pairs = object.members.map { TOMLText.pair($0.name, $0.value) }.joined(separator: newline)
      return inserting(pairs, after: statements[header])
    }
    let text: String
    if path.count == 1 {
      text = object.members.map { member in
        TOMLText.table(path + [member.name], member.value.object ?? JSONObject(), newline: newline)
      }.joined(separator: newline)
    } else {
      text = TOMLText.table(path, object, newline: newline)
    }
    let parent = Array(path.dropLast())
    let last = parent.isEmpty ? nil : statements.lastIndex { isUnder($0, parent) && !$0.table.isEmpty }
    if let last, lastOfTable(last) < statements.count - 1 {
      return inserting(newline + String(text.dropLast(1)), after: statements[lastOfTable(last)])
    }
    var edited = bytes
    if let end = edited.last, end != 0x0A { edited += Array(newline.utf8) }
    return edited + Array((newline + text).utf8)
  }

  /// - Parameter text: without a line end.
  private func inserting(_ text: String, after statement: TOMLStatement) -> [UInt8] {
    let end = statement.range.upperBound
    return FileText.replacing(end..<end, in: bytes, with: newline + text)
  }

  // MARK: Removing

  private func removing(_ path: [String]) throws(Diagnostic) -> [UInt8] {
    var edited = bytes
    let gone = statements.indices.filter { isUnder(statements[$0], path) }
    guard !gone.isEmpty else {
      throw .unsafeMerge(
        file, "'\(path.map { ForeignText.printable($0, limit: 64) }.joined(separator: "."))' is in an inline table",
        help: ["remove it by hand, or write the table with its own header"])
    }
    for index in gone.reversed() {
      let statement = statements[index]
      var end = statement.range.upperBound
      if end < bytes.count { end += bytes[end] == 0x0D ? 2 : 1 }
      var start = statement.range.lowerBound
      // The empty line above a table is removed with it.
      if statement.isHeader { start = Self.startOfEmptyLine(above: start, in: bytes) }
      edited = FileText.replacing(start..<end, in: edited, with: "")
    }
    return edited
  }

  private static func startOfEmptyLine(above start: Int, in bytes: [UInt8]) -> Int {
    guard start > 0 else { return start }
    let line = FileText.lineStart(start - 1, in: bytes)
    return bytes[line..<start].allSatisfy { [0x0A, 0x0D, 0x20, 0x09].contains($0) } ? line : start
  }
}
