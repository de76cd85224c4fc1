package import MCPAuthCore
import MCPAuthPlan

/// A result of a command, as text and as JSON.
package protocol Presentable: Sendable {
  /// The text for standard output, with its line ends.
  func text(_ settings: ReportSettings) -> String
  /// Diagnostics for standard error. The document contains them too.
  var notes: [Diagnostic] { get }
  /// The document without its `format_version`.
  var document: JSONObject { get }
}

extension Presentable {
  package var notes: [Diagnostic] { [] }
}

/// `1 server`, `2 servers`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// Parts of several documents.
enum Documents {
  static func orphan(_ orphan: Orphan) -> JSONObject { orphan.json.object ?? JSONObject() }

  static func diagnostics(_ list: [Diagnostic]) -> JSON {
    .array(list.map { .object(DiagnosticDocument.full($0)) })
  }

  static func number(_ value: Int) -> JSON { .number(String(value)) }
}
