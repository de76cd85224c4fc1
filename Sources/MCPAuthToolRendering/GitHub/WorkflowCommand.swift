import MCPAuthCore
import MCPAuthToolOutput

/// A line that a runner of GitHub's Actions takes for a command: an annotation at a place in a file.
enum WorkflowCommand {
  /// `::error file=servers.yaml,line=14,col=7,endColumn=16,title=…::message`, with its line end.
  ///
  /// - Parameter path: a file's name as the repository has it.
  static func annotation(_ diagnostic: Diagnostic, path: (String) -> String) -> String {
    var properties: [(String, String)] = []
    if let place = diagnostic.location {
      properties.append(("file", path(place.file)))
      properties.append(("line", String(place.line)))
      properties.append(("col", String(place.column)))
      if let end = place.endColumn { properties.append(("endColumn", String(end))) }
    }
    properties.append(("title", diagnostic.code.rawValue))
    let lines = [diagnostic.message] + diagnostic.notes.map { "note: " + $0 } + diagnostic.help.map { "help: " + $0 }
    let text = lines.flatMap(Printable.lines).joined(separator: "\n")
    return command(diagnostic.severity.rawValue, properties, text)
  }

  /// `::notice::…`
  static func notice(_ text: String) -> String { command("notice", [], Printable.line(text)) }

  private static func command(_ name: String, _ properties: [(String, String)], _ text: String) -> String {
    let list = properties.map { $0.0 + "=" + escaped(property: $0.1) }.joined(separator: ",")
    return "::" + name + (list.isEmpty ? "" : " " + list) + "::" + escaped(data: text) + "\n"
  }

  /// As the runner reads it back (actions/toolkit, `escapeData`).
  static func escaped(data text: String) -> String { escaping("%\r\n", in: text) }

  /// As the runner reads it back (actions/toolkit, `escapeProperty`).
  static func escaped(property text: String) -> String { escaping("%\r\n:,", in: text) }

  /// Scalar by scalar: a carriage return and a line feed are one Character, and so are a comma and the accent behind it.
  private static func escaping(_ signs: String, in text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      guard signs.unicodeScalars.contains(scalar) else {
        out.append(scalar)
        continue
      }
      let digits = String(scalar.value, radix: 16, uppercase: true)
      out.append(contentsOf: ("%" + (digits.count == 1 ? "0" : "") + digits).unicodeScalars)
    }
    return String(out)
  }
}
