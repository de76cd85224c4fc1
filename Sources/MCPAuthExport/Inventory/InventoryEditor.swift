package import MCPAuthCore
internal import MCPAuthYAML

/// Adds servers to the text of an inventory. Every other byte stays, in block style and in braces.
package struct InventoryEditor: Sendable {
  private static let section = "servers"

  private let editor: YAMLEditor
  private let root: JSONObject
  private let file: String

  /// - Throws: `unsafe-merge` for a text that cannot be read as a whole.
  package init(_ bytes: [UInt8], file: String) throws(Diagnostic) {
    editor = try YAMLEditor(bytes, file: file)
    root = editor.root ?? JSONObject()
    self.file = file
  }

  /// Whether there is no `servers`, or nothing below it. Such a text is not a valid inventory yet.
  package var lacksServers: Bool {
    switch root[Self.section] {
    case nil, .some(.null): true
    default: false
    }
  }

  /// A text with the same values, and an empty `servers` where it is missing. It is only for reading.
  package var withServers: [UInt8] {
    var root = root
    if lacksServers { root[Self.section] = .object(JSONObject()) }
    return Array(YAMLText.block(root, indent: 0).utf8)
  }

  /// The lines for servers, for a person to write.
  package static func lines(of servers: [NewServer]) -> String {
    let all = JSONObject(servers.map(\.member))
    return YAMLText.block(JSONObject([.init(section, .object(all))]), indent: 0)
  }

  /// The text with the servers after those that are there. It was read again: its value is the old value and the new servers.
  ///
  /// - Throws: `unsafe-merge` if something else would change too.
  package func adding(_ servers: [NewServer]) throws(Diagnostic) -> [UInt8] {
    guard !servers.isEmpty else { return editor.lines.bytes }
    let members = servers.map(\.member)
    let edited = try edited(members)
    var there = root[Self.section]?.object ?? JSONObject()
    there.members += members
    var expected = root
    expected[Self.section] = .object(there)
    let result: JSONObject?
    do throws(Diagnostic) {
      result = try YAMLEditor(edited, file: file).root
    } catch {
      throw impossible
    }
    guard let result, result.isSame(as: expected) else { throw impossible }
    return edited
  }

  private func edited(_ members: [JSONObject.Member]) throws(Diagnostic) -> [UInt8] {
    let all = JSON.object(JSONObject(members))
    guard let node = editor.node, case .mapping(let entries) = node.content else {
      throw .unsafeMerge(file, "it does not hold a mapping")
    }
    let entry = entries.first { $0.name == Self.section && !$0.isMerged }
    switch root[Self.section] {
    case nil, .some(.null), .some(.object): break
    case .some(let other): throw .unsafeMerge(file, "'\(Self.section)' is \(other.kind), not a mapping")
    }
    if let whole = braces(node) {
      guard let entry else { return whole.adding([.init(Self.section, all)], isQuoted: whole.isQuoted) }
      guard let inner = braces(entry.value) else {
        throw .unsafeMerge(file, "'\(Self.section)' has no value", line: entry.mark.line)
      }
      return inner.adding(members, isQuoted: whole.isQuoted)
    }
    let hasServers = root[Self.section]?.object?.members.isEmpty == false
    if let entry, let inner = braces(entry.value) {
      // Empty braces beside their key are replaced by a block below it.
      if hasServers || !inner.isOnOneLine || entry.value.mark.line != entry.mark.line {
        return inner.adding(members, isQuoted: inner.isQuoted)
      }
    }
    return hasServers
      ? try editor.adding(members, to: [Self.section])
      : try editor.applying(MergeEdit(path: [Self.section], value: all))
  }

  private func braces(_ node: YAMLNode) -> YAMLBraces? {
    YAMLBraces(editor.lines.bytes, open: editor.lines.content(of: node.mark))
  }

  private var impossible: Diagnostic {
    .unsafeMerge(file, "servers cannot be added there without changing something else (an anchor, or a merge key)")
  }
}
