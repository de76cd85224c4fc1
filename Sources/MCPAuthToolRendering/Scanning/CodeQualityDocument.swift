import MCPAuthCore
import MCPAuthToolOutput

/// Diagnostics for GitLab's code quality report: a list, each with a fingerprint that stays the same when lines are added above it.
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

  /// Nothing that another line above would change: the file, the code, the words and the line's own text, but for what is masked in it: no
  /// hash of a secret is ever made.
  private static func identity(_ diagnostic: Diagnostic, _ file: String, _ mask: SourceMask) -> String {
    let line = diagnostic.location.flatMap { $0.file == mask.file ? mask.line($0.line)?.0 : nil } ?? []
    let text = String(String.UnicodeScalarView(line.filter { $0 != " " && $0 != "\t" }))
    return [diagnostic.location?.file ?? file, diagnostic.code.rawValue, withoutPlaces(diagnostic.message), text]
      .joined(separator: "\n")
  }

  /// `first given at line 4`: the number moves with the lines.
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

  /// GitLab knows files as the repository has them.
  private static func relative(_ path: String) -> String {
    path.hasPrefix("./") ? String(path.dropFirst(2)) : path
  }
}
