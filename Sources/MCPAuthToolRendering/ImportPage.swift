package import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// `mcpauth import --from`: the servers that were added, and those that were left out.
package struct ImportPage: Presentable {
  package struct Server: Sendable {
    package var source: String
    package var name: String
    package var url: String
    /// How it gets its credentials: `none`, `api_key`, `custom_headers`, `client`, `discovered`.
    package var credentials: String
    /// The keys of stored secrets.
    package var stored: [String]
    /// The variables that it refers to.
    package var variables: [String]
    package var notes: [String]

    package init(
      source: String, name: String, url: String, credentials: String, stored: [String], variables: [String],
      notes: [String]
    ) {
      self.source = source
      self.name = name
      self.url = url
      self.credentials = credentials
      self.stored = stored
      self.variables = variables
      self.notes = notes
    }
  }

  package struct LeftOut: Sendable {
    package var source: String
    package var reason: String
    package var line: Int?

    package init(source: String, reason: String, line: Int?) {
      self.source = source
      self.reason = reason
      self.line = line
    }
  }

  let inventory: String
  let format: String
  let source: String
  package var servers: [Server] = []
  package var leftOut: [LeftOut] = []
  package var isDryRun = false
  package var isWritten = false
  /// Whether the inventory is a new file.
  package var isNew = false
  /// Whether the user has seen the servers, with a question.
  package var isShown = false
  package var difference: LineDifference?
  package var next: [InitPage.Step] = []
  package var warnings: [Diagnostic] = []
  package var problems: [Diagnostic] = []

  package init(inventory: String, format: String, source: String) {
    self.inventory = inventory
    self.format = format
    self.source = source
  }

  package var isDone: Bool { problems.isEmpty }

  package var notes: [Diagnostic] { problems + warnings }

  // MARK: Text

  package func text(_ settings: ReportSettings) -> String {
    var text = settings.isQuiet || isShown ? "" : overview(settings.style)
    guard isDone else {
      return text + settings.style("import: not done", .boldRed) + ": the inventory was not changed\n"
    }
    if isDryRun, !settings.isQuiet, let difference { text += difference.text(settings.style) + "\n" }
    let stored = servers.reduce(0) { $0 + $1.stored.count }
    let verb = isDryRun ? "would be " : ""
    var parts = ["\(counted(servers.count, "server")) \(verb)added to \(Printable.line(inventory))"]
    if stored > 0 { parts.append("\(counted(stored, "secret")) \(verb)stored") }
    if !leftOut.isEmpty { parts.append("\(leftOut.count) left out") }
    text += "import: \(parts.joined(separator: ", "))\n"
    return settings.isQuiet ? text : text + InitPage.steps(next, settings)
  }

  /// The servers, and those that are left out.
  package func overview(_ style: Style) -> String {
    var rows = servers.map { server in
      ["+ " + Printable.line(server.name), Printable.line(CheckedURL.shown(server.url)), Self.words(server)]
    }
    rows += leftOut.map { ["- " + Printable.line($0.source), Self.reason($0)] }
    var lines: [String] = []
    for (index, line) in Columns.align(rows).enumerated() {
      lines.append(style(line, index < servers.count ? .green : .dim))
      guard index < servers.count else { continue }
      lines += servers[index].notes.map { "    note: \(Printable.line($0))" }
    }
    return lines.isEmpty ? "" : lines.map { $0 + "\n" }.joined() + "\n"
  }

  private static func words(_ server: Server) -> String {
    let credentials =
      switch server.credentials {
      case "none": "no authorization"
      case "api_key": "a key"
      case "custom_headers": "headers"
      case "client": "its own client"
      default: "discovered"
      }
    let stored = server.stored.isEmpty ? "" : ", stored: \(server.stored.joined(separator: ", "))"
    return credentials + stored
  }

  private static func reason(_ server: LeftOut) -> String {
    "left out: \(Printable.line(server.reason))" + (server.line.map { " (line \($0))" } ?? "")
  }

  // MARK: JSON

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "from": .string(format), "source": .string(source), "done": .bool(isDone),
      "written": .bool(isWritten), "new_inventory": .bool(isNew),
      "servers": .array(servers.map { .object(Self.json($0)) }),
      "left_out": .array(leftOut.map { .object(Self.json($0)) }), "difference": difference?.json ?? .null,
      "next": InitPage.document(of: next), "diagnostics": Documents.diagnostics(notes),
    ]
  }

  private static func json(_ server: Server) -> JSONObject {
    [
      "name": .string(server.name), "source": .string(Printable.line(server.source)),
      "url": .string(Printable.line(CheckedURL.shown(server.url))), "credentials": .string(server.credentials),
      "stored": .strings(server.stored), "variables": .strings(server.variables),
      "notes": .strings(server.notes.map(Printable.line)),
    ]
  }

  private static func json(_ server: LeftOut) -> JSONObject {
    [
      "source": .string(Printable.line(server.source)), "reason": .string(Printable.line(server.reason)),
      "line": server.line.map { Documents.number($0) } ?? .null,
    ]
  }
}
