package import MCPAuthCore
import MCPAuthPlan

/// A result that says itself in each format.
package protocol Presentable: Sendable {
  /// For standard output, with its line ends.
  func text(_ settings: ReportSettings) -> String
  /// What goes to standard error beside the text; the document has it too.
  var notes: [Diagnostic] { get }
  /// Without its `format_version`.
  var document: JSONObject { get }
}

/// Pieces that several documents have.
enum Documents {
  static func orphan(_ orphan: Orphan) -> JSONObject { orphan.json.object ?? JSONObject() }

  static func diagnostics(_ list: [Diagnostic]) -> JSON {
    .array(list.map { .object(DiagnosticDocument.full($0)) })
  }

  static func number(_ value: Int) -> JSON { .number(String(value)) }
}
