import MCPAuthCore
import MCPAuthToolOutput

/// A command for a runner of GitHub Actions: an annotation at a place in a file, or a notice.
enum WorkflowCommand {
  /// `::error file=servers.yaml,line=14,col=7,endColumn=16,title=…::message`, with its line end.
  ///
  /// - Parameters:
  ///   - path: gives the path relative to the repository.
  ///   - redact: replaces secrets. This is done before the escapes, because an escaped secret is not found.
  static func annotation(_ diagnostic: Diagnostic, path: (String) -> String, redact: (String) -> String) -> String {
    let lines = [diagnostic.message] + diagnostic.notes.map { "note: " + $0 } + diagnostic.help.map { "help: " + $0 }
    return annotation(
      diagnostic.severity.rawValue, title: diagnostic.code.rawValue, lines, at: diagnostic.location, path: path,
      redact: redact)
  }

  /// A warning at the server in the inventory whose secret goes to a new place.
  static func annotation(
    _ new: SecretSendText.New, path: (String) -> String, redact: (String) -> String
  ) -> String {
    annotation(
      Diagnostic.Severity.warning.rawValue, title: "secret goes to a new place",
      [new.server + " " + SecretSendText.line(new.send)], at: new.location, path: path, redact: redact)
  }

  /// A warning at the server in the inventory that needs a person.
  static func annotation(
    _ attention: ServerAttention, path: (String) -> String, redact: (String) -> String
  ) -> String {
    annotation(
      Diagnostic.Severity.warning.rawValue, title: "needs attention",
      [attention.server + ": " + attention.conditions], at: attention.location, path: path, redact: redact)
  }

  private static func annotation(
    _ name: String, title: String, _ lines: [String], at place: SourceLocation?, path: (String) -> String,
    redact: (String) -> String
  ) -> String {
    var properties: [(String, String)] = []
    if let place {
      properties.append(("file", redact(path(place.file))))
      properties.append(("line", String(place.line)))
      properties.append(("col", String(place.column)))
      if let end = place.endColumn { properties.append(("endColumn", String(end))) }
    }
    properties.append(("title", title))
    let text = lines.flatMap(Printable.lines).joined(separator: "\n")
    return command(name, properties, redact(text))
  }

  /// `::notice::…`
  static func notice(_ text: String) -> String { command("notice", [], Printable.line(text)) }

  private static func command(_ name: String, _ properties: [(String, String)], _ text: String) -> String {
    let list = properties.map { $0.0 + "=" + escaped(property: $0.1) }.joined(separator: ",")
    return "::" + name + (list.isEmpty ? "" : " " + list) + "::" + escaped(data: text) + "\n"
  }

  /// The inverse of what the runner does (actions/toolkit, `escapeData`).
  static func escaped(data text: String) -> String { escaping("%\r\n", in: text) }

  /// The inverse of what the runner does (actions/toolkit, `escapeProperty`).
  static func escaped(property text: String) -> String { escaping("%\r\n:,", in: text) }

  /// Works on scalars: a carriage return and a line feed are one Character, and so are a comma and a combining accent.
  private static func escaping(_ signs: String, in text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      guard signs.unicodeScalars.contains(scalar) else {
        out.append(scalar)
        continue
      }
      out.append(contentsOf: ("%" + scalar.value.hex(width: 2)).unicodeScalars)
    }
    return String(out)
  }
}
