internal import MCPAuthCore
internal import MCPAuthYAML

/// Edits YAML in block style. Every line that does not belong to mcpauth stays byte for byte.
struct YAMLEditor: MergeEditor {
  let lines: YAMLLines
  let root: JSONObject?
  /// The root of the text's tree; nil for an empty text.
  let node: YAMLNode?
  private let file: String

  init(_ bytes: [UInt8], file: String) throws(Diagnostic) {
    self.file = file
    lines = YAMLLines(bytes)
    let document = YAMLReader.read(bytes)
    if let problem = document.problems.first {
      throw .unsafeMerge(file, problem.message, line: problem.mark.line)
    }
    node = document.root
    switch document.root?.content {
    case nil: root = nil
    case .scalar(let scalar) where scalar.value == .null && scalar.text.isEmpty: root = nil
    case .mapping: root = try Self.json(node, file: file).object
    case .scalar, .sequence, .unusable: throw .unsafeMerge(file, "it does not hold a mapping")
    }
  }

  func applying(_ edit: MergeEdit) throws(Diagnostic) -> [UInt8] {
    let place = try place(of: edit.path)
    guard let name = edit.path.last else { return lines.bytes }
    let entry = place.mapping.entries.first { $0.name == name && !$0.isMerged }
    switch (entry, edit.value) {
    case (let entry?, let value?): return try replacing(entry, with: value, place)
    case (nil, let value?): return try inserting([.init(name, value)], place)
    case (let entry?, nil):
      try refuseShared(entry)
      return lines.replacing(entry.mark.line..<end(of: entry, place, keepsComments: true), with: "")
    case (nil, nil): return lines.bytes
    }
  }

  /// The text with new members at the end of a mapping, which has members and is in block style.
  func adding(_ members: [JSONObject.Member], to path: [String]) throws(Diagnostic) -> [UInt8] {
    try inserting(members, try place(of: path + [""]))
  }

  // MARK: Finding

  private struct Mapping {
    var entries: [YAMLEntry]
    /// The entries that are written in the mapping itself, without merged ones.
    var own: [YAMLEntry] { entries.filter { !$0.isMerged } }
  }

  private struct Place {
    var mapping: Mapping
    /// The mappings around it, the outermost first, and the mapping itself.
    var path: [Mapping]
  }

  /// The mapping that holds the last name of a path.
  private func place(of path: [String]) throws(Diagnostic) -> Place {
    guard let node, case .mapping(let entries) = node.content else {
      throw .unsafeMerge(file, "it does not hold a mapping")
    }
    try refuseFlow(node, called: "the file")
    var place = Place(mapping: Mapping(entries: entries), path: [Mapping(entries: entries)])
    for name in path.dropLast() {
      let shown = ForeignText.printable(name, limit: 64)
      guard let entry = place.mapping.own.first(where: { $0.name == name }),
        case .mapping(let entries) = entry.value.content
      else { throw .unsafeMerge(file, "'\(shown)' comes from a merge key, which others may use too") }
      guard (entry.mark.line, entry.mark.column) < (entry.value.mark.line, entry.value.mark.column) else {
        throw .unsafeMerge(file, "'\(shown)' is an alias of a node above", line: entry.mark.line)
      }
      try refuseFlow(entry.value, called: "'\(shown)'")
      try refuseShared(entry)
      place.mapping = Mapping(entries: entries)
      place.path.append(place.mapping)
    }
    return place
  }

  private func refuseFlow(_ node: YAMLNode, called name: String) throws(Diagnostic) {
    guard lines.firstByte(of: node.mark) == UInt8(ascii: "{") else { return }
    throw .unsafeMerge(
      file, "\(name) is written in braces", line: node.mark.line,
      help: ["write it in block style, with one key per line"])
  }

  /// Refuses a key that is not the first on its line.
  private func refuseShared(_ entry: YAMLEntry) throws(Diagnostic) {
    guard !lines.isFirstOnLine(entry.mark) else { return }
    throw .unsafeMerge(
      file, "'\(ForeignText.printable(entry.name, limit: 64))' does not begin its line", line: entry.mark.line,
      help: ["write it in block style, with one key per line"])
  }

  /// The line after an entry.
  ///
  /// - Parameter keepsComments: comment lines after the entry never belong to it.
  private func end(of entry: YAMLEntry, _ place: Place, keepsComments: Bool) -> Int {
    let following = place.path.flatMap(\.own).map(\.mark.line).filter { $0 > entry.mark.line }.min()
    let isBlockScalar: Bool
    if case .scalar = entry.value.content { isBlockScalar = true } else { isBlockScalar = false }
    return lines.endOfBlock(
      from: entry.mark.line, to: following, indent: entry.mark.column - 1,
      keepsComments: keepsComments && !isBlockScalar)
  }

  // MARK: Changing

  private func replacing(_ entry: YAMLEntry, with value: JSON, _ place: Place) throws(Diagnostic) -> [UInt8] {
    try refuseShared(entry)
    let line = entry.mark.line
    let end = end(of: entry, place, keepsComments: true)
    let old = entry.value
    let isNamed = lines.firstByte(at: old.mark) != lines.firstByte(of: old.mark)
    if old.mark.line == line, let endColumn = old.mark.endColumn, end == line + 1, !isNamed {
      let range = lines.offset(line, old.mark.column)..<lines.offset(line, endColumn)
      let isEmpty = range.isEmpty
      switch value {
      case .object:
        if isEmpty || lines.bytes[range.lowerBound] == UInt8(ascii: "{") || Self.isNull(old) {
          return opening(entry, at: range, with: value, place)
        }
      case .array where isEmpty || lines.bytes[range.lowerBound] != UInt8(ascii: "["): break
      case .array, .null, .bool, .number, .string:
        return FileText.replacing(range, in: lines.bytes, with: (isEmpty ? " " : "") + YAMLText.scalar(value))
      }
    }
    // An empty value with comments below it.
    if Self.isNull(old), old.mark.line == line, case .object = value {
      let at = lines.offset(line, old.mark.column)
      if old.mark.endColumn == old.mark.column { return opening(entry, at: at..<at, with: value, place) }
    }
    return lines.replacing(
      line..<end,
      with: YAMLText.entry(entry.name, value, indent: entry.mark.column - 1, unit: unit(place), newline: lines.newline))
  }

  /// Writes a block below a key with an empty value. The rest of the key's line stays.
  private func opening(_ entry: YAMLEntry, at range: Range<Int>, with value: JSON, _ place: Place) -> [UInt8] {
    guard case .object(let object) = value else { return lines.bytes }
    let unit = unit(place)
    let block = YAMLText.block(object, indent: entry.mark.column - 1 + unit, unit: unit, newline: lines.newline)
    let edited = lines.inserting(block, after: entry.mark.line)
    var start = range.lowerBound
    while !range.isEmpty, start > 0, edited[start - 1] == 0x20 { start -= 1 }
    return FileText.replacing(start..<range.upperBound, in: edited, with: "")
  }

  private func inserting(_ members: [JSONObject.Member], _ place: Place) throws(Diagnostic) -> [UInt8] {
    guard let first = members.first else { return lines.bytes }
    guard let last = place.mapping.own.max(by: { $0.mark.line < $1.mark.line }) else {
      throw .unsafeMerge(
        file, "there are only merge keys where '\(ForeignText.printable(first.name, limit: 64))' belongs")
    }
    try refuseShared(last)
    var end = end(of: last, place, keepsComments: false)
    // Empty lines may belong to a block scalar (`|+`).
    if case .scalar = last.value.content, end > last.mark.line + 1 { end = lines.endOfEmptyLines(from: end) }
    let text = YAMLText.block(
      JSONObject(members), indent: last.mark.column - 1, unit: unit(place), newline: lines.newline)
    return lines.inserting(text, after: end - 1)
  }

  /// The indentation of the file.
  private func unit(_ place: Place) -> Int {
    for mapping in place.path.reversed() {
      for entry in mapping.own {
        guard case .mapping(let inner) = entry.value.content, let first = inner.first(where: { !$0.isMerged }),
          first.mark.line > entry.mark.line, first.mark.column > entry.mark.column
        else { continue }
        return first.mark.column - entry.mark.column
      }
    }
    return 2
  }

  private static func isNull(_ node: YAMLNode) -> Bool {
    if case .scalar(let scalar) = node.content { scalar.value == .null } else { false }
  }

  // MARK: Its value

  static func json(_ node: YAMLNode?, file: String) throws(Diagnostic) -> JSON {
    switch node?.content {
    case nil, .unusable: return .null
    case .scalar(let scalar):
      switch scalar.value {
      case .null: return .null
      case .bool(let flag): return .bool(flag)
      case .integer(let number): return .number(String(number))
      case .number: return .number(scalar.text)
      case .string: return .string(scalar.text)
      }
    case .sequence(let nodes):
      var elements: [JSON] = []
      for node in nodes { elements.append(try json(node, file: file)) }
      return .array(elements)
    case .mapping(let entries):
      var object = JSONObject()
      var names: Set<String> = []
      for entry in entries {
        guard names.insert(entry.name).inserted else {
          throw .unsafeMerge(
            file, "'\(ForeignText.printable(entry.name, limit: 64))' is defined twice", line: entry.mark.line)
        }
        object.members.append(.init(entry.name, try json(entry.value, file: file)))
      }
      return .object(object)
    }
  }
}
