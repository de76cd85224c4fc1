@testable import MCPAuthCore
@testable import MCPAuthExport
@testable import MCPAuthPlan

/// Merging servers into an existing file: the result is an error or correct. The first byte of the input selects the target.
enum MergeProperty {
  private static let targets: [ExportTarget] = [.claudeCode, .codex, .librechat, .opencode, .goose, .litellm]

  static func check(_ bytes: [UInt8]) throws(Violation) {
    guard let first = bytes.first else { return }
    let existing = Array(bytes.dropFirst())
    if first % 7 == 6 { return try checkDotenv(existing) }
    let target = targets[Int(first % 7)]
    guard let section = target.section else { throw Violation("\(target) has no section") }
    let entries = [
      ExportEntry(
        name: "linear", value: JSONObject([.init("url", "https://linear.example/mcp"), .init("type", "http")])),
      ExportEntry(name: "wiki.2", value: JSONObject([.init("url", "https://wiki.example/a?b=c#d")])),
    ]
    guard let once = try merge(existing, entries, target, section) else { return }
    guard let twice = try merge(once, entries, target, section) else {
      throw Violation("what was written is refused: \(String(decoding: once, as: UTF8.self).debugDescription)")
    }
    try require(once == twice, "it is written again: \(String(decoding: once, as: UTF8.self).debugDescription)")
    let root =
      switch target.format {
      case .json: try read(once, JSONCEditor.self)
      case .yaml: try read(once, YAMLEditor.self)
      default: try read(once, TOMLEditor.self)
      }
    for entry in entries {
      try require(
        (section + [entry.name, "url"]).reduce(root.map(JSON.object)) { $0?.object?[$1] } == entry.value["url"],
        "\(entry.name) is not in \(String(decoding: once, as: UTF8.self).debugDescription)")
    }
  }

  private static func merge(
    _ existing: [UInt8], _ entries: [ExportEntry], _ target: ExportTarget, _ section: [String]
  ) throws(Violation) -> [UInt8]? {
    let options = ExportOptions(target, existing: existing, existingFile: "their file")
    do throws(Diagnostic) {
      return try FileMerge(options: options, section: section, shape: .of(target)).text(entries)
    } catch {
      try DiagnosticProperty.check(error)
      return nil
    }
  }

  private static func read<Editor: MergeEditor>(
    _ text: [UInt8], _ type: Editor.Type
  ) throws(Violation) -> JSONObject? {
    do throws(Diagnostic) {
      return try Editor(text, file: "their file").root
    } catch {
      throw Violation("what was written is not read: \(error.message)")
    }
  }

  private static func checkDotenv(_ existing: [UInt8]) throws(Violation) {
    func set(_ text: [UInt8]) throws(Violation) -> [UInt8]? {
      do throws(Diagnostic) {
        return try DotenvMerge(text, file: ".env").setting([("TOKEN", "TOKEN=new"), ("URL", "URL='https://a.example'")])
      } catch {
        try DiagnosticProperty.check(error)
        return nil
      }
    }
    guard let once = try set(existing) else { return }
    guard let twice = try set(once) else { throw Violation("what was written is refused") }
    try require(once == twice, "it is written again: \(String(decoding: once, as: UTF8.self).debugDescription)")
    try require(String(decoding: once, as: UTF8.self).contains("TOKEN=new"), "it was not set")
  }
}
