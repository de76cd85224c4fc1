import MCPAuthCore
import MCPAuthToolOutput

/// The document of `--format html`. It needs no other file and no network (ThreatModel#Text-of-a-server).
struct HTMLPage {
  /// `mcpauth plan`.
  var title: String
  var made: Timestamp
  /// The counts of several inventories; empty for one.
  var summary: [String]
  var inventories: [HTMLNode]

  /// Only the style and the script of mcpauth itself are used, by their hashes. Everything else is refused, also requests.
  static let policy =
    "default-src 'none'; style-src 'sha256-\(Fingerprint.base64(Array(HTMLAssets.style.utf8)))'; "
    + "script-src 'sha256-\(Fingerprint.base64(Array(HTMLAssets.script.utf8)))'; base-uri 'none'; form-action 'none'"

  /// - Parameter redact: replaces secrets in each text before it is escaped.
  func text(redact: @escaping (String) -> String) -> String {
    var writer = HTMLWriter(redact: redact)
    writer.write(body)
    let head: [String] = [
      "<!DOCTYPE html>", "<html lang=\"en\">", "<head>", "<meta charset=\"utf-8\">",
      "<meta http-equiv=\"Content-Security-Policy\" content=\"\(Self.policy)\">",
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
      "<meta name=\"color-scheme\" content=\"light dark\">",
      "<meta name=\"referrer\" content=\"no-referrer\">",
      "<title>\(HTMLWriter.escaped(title))</title>", "<style>\(HTMLAssets.style)</style>", "</head>", "<body>",
    ]
    let end: [String] = ["", "<script>\(HTMLAssets.script)</script>", "</body>", "</html>", ""]
    return head.joined(separator: "\n") + "\n" + writer.text + end.joined(separator: "\n")
  }

  private var body: [HTMLNode] {
    let skip = HTMLNode.tag("a", ["class": "skip", "href": "#servers"], [.line("Skip to the results")])
    let source = "made at \(made.rfc3339) by mcpauth \(ToolVersion.current)"
    let counts = summary.map { HTMLNode.tag("p", ["class": "counts"], [.line($0)]) }
    let head: [HTMLNode] = [.tag("h1", [.line(title)]), .tag("p", ["class": "made"], [.line(source)])]
    let header = HTMLNode.tag("header", head + counts)
    return [skip, header, Self.tools, .tag("main", ["id": "servers"], inventories)]
  }

  /// Search and sort. The script shows them: without it they do nothing.
  private static var tools: HTMLNode {
    let orders: [(String, String)] = [
      ("rank", "what matters most"), ("inventory", "order of the inventory"), ("name", "name"), ("expiry", "expiry"),
    ]
    let options = orders.map { HTMLNode.tag("option", ["value": $0.0], [.line($0.1)]) }
    let search = HTMLNode.tag("input", ["id": "search", "type": "search", "autocomplete": "off"], [])
    return .tag(
      "div", ["id": "tools", "role": "search", "hidden": ""],
      [
        .tag("label", [.line("Search "), search]),
        .tag("label", [.line("Sort by "), .tag("select", ["id": "sort"], options)]),
        .tag("span", ["id": "found", "role": "status"], []),
      ])
  }
}
