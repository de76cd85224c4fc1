package import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// Diagnostics as JSON (PlanAndApply#JSON).
package enum DiagnosticDocument {
  static let formatVersion: JSON = "1.0"

  /// The result of `validate`, and of `plan` and `apply` for an invalid inventory.
  ///
  /// - Parameters:
  ///   - serverCount: nil for an inventory with a mistake.
  package static func inventory(_ file: String, diagnostics: [Diagnostic], serverCount: Int?) -> JSONObject {
    var object: JSONObject = [
      "inventory": .string(file), "diagnostics": .array(DiagnosticText.sorted(diagnostics).map { .object(full($0)) }),
    ]
    if let serverCount { object["server_count"] = .number(String(serverCount)) }
    return object
  }

  package static func document(_ object: JSONObject) -> JSON {
    .object(JSONObject([.init("format_version", formatVersion)] + object.members))
  }

  /// A member of `diagnostics`, which also has a severity.
  static func full(_ diagnostic: Diagnostic) -> JSONObject {
    JSONObject([.init("severity", .string(diagnostic.severity.rawValue))] + error(diagnostic).members)
  }

  /// A server's `error`, a member of its `warnings`, and the `error` of the whole run.
  static func error(_ diagnostic: Diagnostic) -> JSONObject {
    var object: JSONObject = [
      "code": .string(diagnostic.code.rawValue), "message": .string(Printable.line(diagnostic.message)),
    ]
    if let place = diagnostic.location {
      object["file"] = .string(place.file)
      object["line"] = .number(String(place.line))
      object["column"] = .number(String(place.column))
      if let end = place.endColumn { object["end_column"] = .number(String(end)) }
    }
    if !diagnostic.help.isEmpty { object["help"] = .string(text(diagnostic.help)) }
    if !diagnostic.notes.isEmpty { object["notes"] = .strings(diagnostic.notes.map(Printable.line)) }
    if !diagnostic.requests.isEmpty { object["requests"] = .array(diagnostic.requests.map(request)) }
    return object
  }

  /// The help texts, one per line.
  private static func text(_ help: [String]) -> String {
    help.flatMap(Printable.lines).joined(separator: "\n")
  }

  static func request(_ record: RequestRecord) -> JSON {
    var object: JSONObject = [
      "method": .string(record.method), "url": .string(Printable.line(record.url)),
      "status": record.status.map { .number(String($0)) } ?? .null,
    ]
    if let contentType = record.contentType { object["content_type"] = .string(Printable.line(contentType)) }
    if let note = record.note { object["note"] = .string(Printable.line(note)) }
    return .object(object)
  }
}
