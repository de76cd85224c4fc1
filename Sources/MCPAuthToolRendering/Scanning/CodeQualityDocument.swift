import MCPAuthCore
import MCPAuthToolOutput

/// Diagnostics as GitLab's code quality report. The fingerprint of each stays the same when lines are added above it.
enum CodeQualityDocument {
  @Sendable static func document(_ checks: [InventoryCheck]) -> JSON {
    var seen: [String: Int] = [:]
    return .array(
      checks.flatMap { check in
        let mask = SourceMask(check.source, diagnostics: check.diagnostics)
        return DiagnosticText.sorted(check.diagnostics).map { diagnostic in
          // The same mistake twice in a file is two issues.
          let key = identity(diagnostic, check.source.file, mask)
          defer { seen[key, default: 0] += 1 }
          return issue(diagnostic, check.source.file, fingerprint: Fingerprint.of([.string(key), count(seen[key])]))
        }
      })
  }

  private static func count(_ earlier: Int?) -> JSON { Documents.number(earlier ?? 0) }

  /// The text that identifies a diagnostic: the file, the code, the message and the text of the line without masked parts. So no secret is ever
  /// hashed, and new lines above the place do not change it.
  private static func identity(_ diagnostic: Diagnostic, _ file: String, _ mask: SourceMask) -> String {
    let line = diagnostic.location.flatMap { $0.file == mask.file ? mask.line($0.line)?.0 : nil } ?? []
    let text = String(String.UnicodeScalarView(line.filter { $0 != " " && $0 != "\t" }))
    return [diagnostic.location?.file ?? file, diagnostic.code.rawValue, withoutPlaces(diagnostic.message), text]
      .joined(separator: "\n")
  }

  /// The message without line numbers, as in `first given at line 4`: they change with lines above.
  private static func withoutPlaces(_ message: String) -> String {
    message.replacing(/\bline \d+/, with: "line")
  }

  private static func issue(_ diagnostic: Diagnostic, _ file: String, fingerprint: String) -> JSON {
    let place = diagnostic.location
    let lines = [diagnostic.message] + diagnostic.help.map { "help: " + $0 }
    return [
      "description": .string(lines.flatMap(Printable.lines).joined(separator: "\n")),
      "check_name": .string(diagnostic.code.rawValue), "fingerprint": .string(fingerprint),
      "severity": diagnostic.severity == .error ? "major" : "minor",
      "location": [
        "path": .string(relative(place?.file ?? file)),
        "lines": ["begin": Documents.number(place?.line ?? 1)],
      ],
    ]
  }

  /// GitLab needs paths relative to the repository.
  private static func relative(_ path: String) -> String {
    path.hasPrefix("./") ? String(path.dropFirst(2)) : path
  }
}
