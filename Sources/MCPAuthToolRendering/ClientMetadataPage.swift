package import MCPAuthCore
import MCPAuthToolOutput

/// `mcpauth client-metadata --check`: the mistakes of the published document.
package struct ClientMetadataPage: Presentable {
  let url: String
  let found: [Diagnostic]

  package init(url: String, found: [Diagnostic]) {
    self.url = url
    self.found = found
  }

  private var errors: Int { found.count { $0.severity == .error } }

  package var notes: [Diagnostic] { found }

  package func text(_ settings: ReportSettings) -> String {
    let verdict = errors == 0 ? settings.style("is right", .green) : settings.style("is wrong", .boldRed)
    return "client-metadata: \(Printable.line(CheckedURL.shown(url))) \(verdict)\n"
  }

  package var document: JSONObject {
    [
      "url": .string(Printable.line(CheckedURL.shown(url))), "valid": .bool(errors == 0),
      "diagnostics": Documents.diagnostics(found),
    ]
  }
}
