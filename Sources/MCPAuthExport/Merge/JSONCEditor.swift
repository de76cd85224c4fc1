internal import MCPAuthCore

/// Edits JSON with comments. Indentation, order, comments and trailing commas of everything else stay byte for byte.
struct JSONCEditor: MergeEditor {
  private let bytes: [UInt8]
  private let file: String
  private let node: JSONCNode?
  private let newline: String
  /// One level of the file's indentation.
  private let unit: String

  init(_ bytes: [UInt8], file: String) throws(Diagnostic) {
    self.bytes = bytes
    self.file = file
    do throws(JSONCParser.Problem) {
      node = try JSONCParser.parse(bytes)
    } catch {
      throw .unsafeMerge(file, error.message, line: JSONParser.line(of: error.offset, in: bytes))
    }
    if let node, node.members == nil { throw .unsafeMerge(file, "it holds \(node.json.kind), not an object") }
    newline = FileText.newline(bytes)
    let first = node?.members?.first.flatMap { FileText.margin(before: $0.key.lowerBound, in: bytes) }
    unit = first.flatMap { $0.isEmpty ? nil : $0 } ?? "  "
  }

  var root: JSONObject? { node?.json.object }

  func applying(_ edit: MergeEdit) throws(Diagnostic) -> [UInt8] {
    guard let name = edit.path.last, let object = parent(of: edit.path), let members = object.members else {
      throw .unsafeMerge(file, "it does not have the expected form")
    }
    let index = members.firstIndex { $0.name == name }
    switch (index, edit.value) {
    case (let index?, let value?): return replacing(members[index], with: value)
    case (nil, let value?): return inserting(name, value, into: object, members)
    case (let index?, nil): return removing(index, of: members)
    case (nil, nil): return bytes
    }
  }

  private func parent(of path: [String]) -> JSONCNode? {
    path.dropLast().reduce(node) { node, name in node?.members?.first { $0.name == name }?.value }
  }

  private var text: JSONText { JSONText(unit: unit, newline: newline) }

  private func replacing(_ member: JSONCNode.Member, with value: JSON) -> [UInt8] {
    let margin = FileText.indentation(at: member.key.lowerBound, in: bytes)
    return FileText.replacing(member.value.range, in: bytes, with: text.render(value, margin: margin))
  }

  private func inserting(
    _ name: String, _ value: JSON, into object: JSONCNode, _ members: [JSONCNode.Member]
  ) -> [UInt8] {
    let outer = FileText.indentation(at: object.range.lowerBound, in: bytes)
    let close = object.range.upperBound - 1
    guard let last = members.last else {
      // The object may contain comments.
      let end = FileText.endOfText(before: close, in: bytes)
      let line = newline + outer + unit + text.member(name, value, margin: outer + unit) + newline + outer
      return FileText.replacing(end..<close, in: bytes, with: line)
    }
    guard let margin = FileText.margin(before: last.key.lowerBound, in: bytes) else {
      // The object is on one line.
      let addition = Self.inline(name, value)
      if let comma = last.comma {
        return FileText.replacing(comma + 1..<comma + 1, in: bytes, with: " " + addition + ",")
      }
      let end = last.value.range.upperBound
      return FileText.replacing(end..<end, in: bytes, with: ", " + addition)
    }
    let hasComma = last.comma != nil
    // Inserts after a comment on the line of the last member, so that the comment stays with its member.
    let place = FileText.endOfLineComment(after: last.comma.map { $0 + 1 } ?? last.value.range.upperBound, in: bytes)
    let line = newline + margin + text.member(name, value, margin: margin) + (hasComma ? "," : "")
    let edited = FileText.replacing(place..<place, in: bytes, with: line)
    guard !hasComma else { return edited }
    let end = last.value.range.upperBound
    return FileText.replacing(end..<end, in: edited, with: ",")
  }

  private static func inline(_ name: String, _ value: JSON) -> String {
    JSONText.scalar(.string(name)) + ": " + JSONText.scalar(value)
  }

  private func removing(_ index: Int, of members: [JSONCNode.Member]) -> [UInt8] {
    let member = members[index]
    let end = member.comma.map { $0 + 1 } ?? member.value.range.upperBound
    var range = member.key.lowerBound..<end
    if FileText.margin(before: range.lowerBound, in: bytes) != nil {
      let lineEnd = FileText.endOfLineComment(after: end, in: bytes)
      if lineEnd == bytes.count || bytes[lineEnd] == 0x0A || bytes[lineEnd] == 0x0D {
        // The lines of the member, with the line end before them.
        range = FileText.endOfText(before: range.lowerBound, in: bytes, stoppingAtComment: true)..<lineEnd
      }
    } else if let before = index > 0 ? members[index - 1].comma : nil {
      // The object is on one line: removes the comma before the member or after it.
      range = member.comma == nil ? before..<end : before + 1..<end
      return FileText.replacing(range, in: bytes, with: "")
    } else if member.comma != nil, end < bytes.count, bytes[end] == 0x20 {
      range = range.lowerBound..<end + 1
    }
    var edited = FileText.replacing(range, in: bytes, with: "")
    // If the last member is removed, the comma before it must be removed too.
    if member.comma == nil, index > 0, let comma = members[index - 1].comma {
      edited = FileText.replacing(comma..<comma + 1, in: edited, with: "")
    }
    return edited
  }
}
