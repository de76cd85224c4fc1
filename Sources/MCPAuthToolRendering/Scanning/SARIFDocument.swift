import MCPAuthCore
import MCPAuthToolOutput

/// Diagnostics in the Static Analysis Results Interchange Format 2.1.0.
enum SARIFDocument {
  @Sendable static func document(_ checks: [InventoryCheck]) -> JSON {
    let found = checks.flatMap { check in
      DiagnosticText.sorted(check.diagnostics).map { (file: check.source.file, diagnostic: $0) }
    }
    var rules: [String] = []
    for (_, diagnostic) in found where !rules.contains(diagnostic.code.rawValue) {
      rules.append(diagnostic.code.rawValue)
    }
    let results = found.map { file, diagnostic in result(diagnostic, file, rules) }
    return [
      "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        [
          "tool": [
            "driver": [
              "name": "mcpauth", "version": .string(ToolVersion.current),
              "rules": .array(rules.map { ["id": .string($0), "shortDescription": ["text": .string(words($0))]] }),
            ]
          ],
          // Columns count Unicode scalars, as everywhere.
          "columnKind": "unicodeCodePoints", "results": .array(results),
        ]
      ],
    ]
  }

  private static func result(_ diagnostic: Diagnostic, _ file: String, _ rules: [String]) -> JSON {
    let code = diagnostic.code.rawValue
    let lines = [diagnostic.message] + diagnostic.notes.map { "note: " + $0 } + diagnostic.help.map { "help: " + $0 }
    return [
      "ruleId": .string(code), "ruleIndex": .number(String(rules.firstIndex(of: code) ?? 0)),
      "level": .string(diagnostic.severity.rawValue),
      "message": ["text": .string(lines.flatMap(Printable.lines).joined(separator: "\n"))],
      "locations": [["physicalLocation": location(diagnostic.location, file)]],
    ]
  }

  private static func location(_ place: MCPAuthCore.SourceLocation?, _ file: String) -> JSON {
    let artifact: JSON = ["uri": .string(uri(place?.file ?? file))]
    guard let place else { return ["artifactLocation": artifact] }
    var region = JSONObject([
      .init("startLine", Documents.number(place.line)), .init("startColumn", Documents.number(place.column)),
    ])
    if let end = place.endColumn { region["endColumn"] = Documents.number(end) }
    return ["artifactLocation": artifact, "region": .object(region)]
  }

  /// The path as a URI. A relative path stays relative; characters that a URI cannot have are percent-encoded.
  private static func uri(_ path: String) -> String {
    let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
    let text = path.utf8.map { allowed.contains($0) ? String(Unicode.Scalar($0)) : "%" + $0.hex(width: 2) }.joined()
    return path.hasPrefix("/") ? "file://" + text : text
  }

  /// `partial-oauth2-config` as text.
  private static func words(_ code: String) -> String { code.replacing("-", with: " ") }
}
