import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// The requests and findings of an inspection, as text and as JSON.
enum InspectionLines {
  // MARK: Text

  /// A line for each request: `  GET  404  URL  absent: the next address is asked  (step 2.3, RFC 9728 section 3.1)`.
  static func requests(_ requests: [InspectedRequest], _ settings: ReportSettings) -> [String] {
    let rows = requests.map { request in
      var row = [
        request.isFurther ? "+" : " ", request.method, request.status.map(String.init) ?? "---",
        settings.isVerbose ? "\(request.milliseconds) ms" : "",
        Printable.line(request.url), settings.isVerbose ? Printable.line(request.contentType ?? "") : "",
      ]
      let location = request.location.map { " to \($0)" } ?? ""
      let words = request.note + location + (request.isFurther ? "" : "; \(request.decision)")
      // The last column is not padded.
      row.append(Printable.line(words) + "  " + rule(request.rule))
      return row
    }
    return zip(requests, Columns.align(rows)).map { request, line in
      request.isFurther ? settings.style("  " + line, .dim) : "  " + line
    }
  }

  static func finding(_ finding: InspectionFinding, _ settings: ReportSettings) -> [String] {
    let style = settings.style
    let (sign, look): (String, Style.Look) =
      switch finding.grade {
      case .error: ("✗", .boldRed)
      case .warning: ("!", .yellow)
      case .note: ("·", .dim)
      }
    let head = "\(sign) \(finding.grade.rawValue)[\(finding.code)]"
    let tail = rule(finding.rule)
    let words = "\(head) \(Printable.line(finding.message))  \(tail)"
    var lines = wrapped(words, indentation: 2, hanging: 6, settings)
    if let first = lines.first { lines[0] = first.replacing(head, with: style(head, look), maxReplacements: 1) }
    for note in finding.notes { lines += labelled("note", note, settings) }
    for help in finding.help { lines += labelled("help", help, settings) }
    return lines
  }

  /// `      help: …`, with further lines indented below its text.
  private static func labelled(_ label: String, _ text: String, _ settings: ReportSettings) -> [String] {
    Printable.lines(text).enumerated().flatMap { index, line in
      guard index == 0 else { return ["            " + line] }
      var lines = wrapped("\(label): \(line)", indentation: 6, hanging: 12, settings)
      if let first = lines.first {
        lines[0] = first.replacing(label, with: settings.style(label, .bold), maxReplacements: 1)
      }
      return lines
    }
  }

  private static func wrapped(
    _ text: String, indentation: Int, hanging: Int, _ settings: ReportSettings
  ) -> [String] {
    let margins = [indentation, hanging].map { String(repeating: " ", count: $0) }
    guard let columns = settings.wrap else { return [margins[0] + text] }
    return Wrap.lines(text, first: max(20, columns - indentation), rest: max(20, columns - hanging)).enumerated().map {
      margins[min($0.offset, 1)] + $0.element
    }
  }

  private static func rule(_ rule: InspectionRule) -> String { "(step \(rule.step), \(rule.reference))" }

  // MARK: JSON

  static func json(_ request: InspectedRequest) -> JSON {
    [
      "section": .string(request.section.rawValue), "method": .string(request.method),
      "url": .string(Printable.line(request.url)),
      "status": request.status.map { .number(String($0)) } ?? .null,
      "content_type": .string(or: request.contentType.map(Printable.line)),
      "location": .string(or: request.location.map(Printable.line)),
      "milliseconds": .number(String(request.milliseconds)), "note": .string(Printable.line(request.note)),
      "decision": .string(Printable.line(request.decision)), "rule": json(request.rule),
      "further": .bool(request.isFurther),
    ]
  }

  static func json(_ finding: InspectionFinding) -> JSON {
    [
      "severity": .string(finding.grade.rawValue), "section": .string(finding.section.rawValue),
      "code": .string(finding.code), "message": .string(Printable.line(finding.message)), "rule": json(finding.rule),
      "notes": .strings(finding.notes.map(Printable.line)),
      "help": .strings(finding.help.map { Printable.lines($0).joined(separator: "\n") }),
    ]
  }

  private static func json(_ rule: InspectionRule) -> JSON {
    ["step": .string(rule.step), "reference": .string(rule.reference)]
  }
}
