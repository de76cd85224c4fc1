internal import MCPAuthCore

/// Edits the text of a file in one place. All other bytes stay.
protocol MergeEditor {
  /// Parses the text.
  /// - Throws: `unsafe-merge` for a text that cannot be read as a whole.
  init(_ bytes: [UInt8], file: String) throws(Diagnostic)
  /// The value of the text; nil for an empty text.
  var root: JSONObject? { get }
  /// The text with the change.
  /// - Throws: `unsafe-merge` if something else would change too.
  func applying(_ edit: MergeEdit) throws(Diagnostic) -> [UInt8]
}

/// Writes the entries of mcpauth into a file, existing or new.
struct FileMerge {
  let options: ExportOptions
  let section: [String]
  let shape: MergeShape

  /// - Throws: `unsafe-merge`.
  func text(_ entries: [ExportEntry]) throws(Diagnostic) -> [UInt8] {
    guard let existing = options.existing else { return fresh(entries) }
    switch options.target.format {
    case .json: return try merge(existing, entries, JSONCEditor.self)
    case .yaml: return try merge(existing, entries, YAMLEditor.self)
    case .toml: return try merge(existing, entries, TOMLEditor.self)
    case .hcl, .dotenv: return existing
    }
  }

  private func fresh(_ entries: [ExportEntry]) -> [UInt8] {
    let servers = JSONObject(entries.map { .init($0.name, .object($0.value)) })
    let root = servers.wrapped(in: section[...])
    switch options.target.format {
    case .json, .hcl, .dotenv: return JSONText.document(.object(root))
    case .yaml: return Array(YAMLText.block(root, indent: 0).utf8)
    case .toml:
      return Array(entries.map { TOMLText.table(section + [$0.name], $0.value) }.joined(separator: "\n").utf8)
    }
  }

  /// Each edit is checked by reading the text again: its value must be the old value with the one change.
  private func merge<Editor: MergeEditor>(
    _ existing: [UInt8], _ entries: [ExportEntry], _ type: Editor.Type
  ) throws(Diagnostic) -> [UInt8] {
    let file = options.existingFile
    var editor = try Editor(existing, file: file)
    guard var expected = editor.root else {
      // An empty file may still contain comments: without entries it is not changed.
      guard !entries.isEmpty else { return existing }
      return try whole(existing, entries, type)
    }
    var plan = MergePlan(section: section, shape: shape, file: file)
    try plan.compare(expected, entries)
    var text = existing
    for edit in plan.edits {
      text = try editor.applying(edit)
      expected.apply(edit)
      do throws(Diagnostic) {
        editor = try Editor(text, file: file)
      } catch {
        throw unsafe(edit)
      }
      guard let root = editor.root, root.isSame(as: expected) else { throw unsafe(edit) }
    }
    return text
  }

  /// Writes a new file.
  private func whole<Editor: MergeEditor>(
    _ existing: [UInt8], _ entries: [ExportEntry], _ type: Editor.Type
  ) throws(Diagnostic) -> [UInt8] {
    var text = existing
    if options.target.format == .json {
      guard existing.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
        throw .unsafeMerge(options.existingFile, "it has comments, but no object")
      }
      text = []
    } else if let last = text.last, last != 0x0A {
      text.append(0x0A)
    }
    text += fresh(entries)
    let expected = JSONObject(entries.map { .init($0.name, .object($0.value)) }).wrapped(in: section[...])
    guard let root = try Editor(text, file: options.existingFile).root, root.isSame(as: expected) else {
      throw .unsafeMerge(options.existingFile, "it contains something that prevents the update")
    }
    return text
  }

  private func unsafe(_ edit: MergeEdit) -> Diagnostic {
    let place = edit.path.map { ForeignText.printable($0, limit: 64) }.joined(separator: ".")
    return .unsafeMerge(
      options.existingFile,
      "'\(place)' cannot be changed there without changing something else (an anchor, or a merge key)")
  }
}
