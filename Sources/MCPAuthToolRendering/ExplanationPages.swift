package import MCPAuthCore
import MCPAuthPlan

/// `mcpauth explain CODE`.
package struct ExplanationPage: Presentable {
  let explanation: Explanation

  package init(explanation: Explanation) {
    self.explanation = explanation
  }

  /// The greatest width of a line.
  private static let widest = 100

  package func text(_ settings: ReportSettings) -> String {
    let style = settings.style
    let width = min(settings.width, Self.widest)
    func wrapped(_ text: String, first: String = "  ", rest: String = "  ") -> String {
      Wrap.lines(text, first: width - first.count, rest: width - rest.count).enumerated()
        .map { ($0.offset == 0 ? first : rest) + $0.element + "\n" }.joined()
    }
    var text = style(explanation.name, .bold) + ": " + explanation.title + "\n"
    for paragraph in explanation.paragraphs { text += "\n" + wrapped(paragraph) }
    if !explanation.help.isEmpty {
      text += "\n" + style("what to do", .bold) + "\n"
      text += explanation.help.map { wrapped($0, first: "  - ", rest: "    ") }.joined()
    }
    if let example = explanation.example {
      text += "\n" + style("example", .bold) + "\n"
      text += example.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 + "\n" }.joined()
    }
    if !explanation.sources.isEmpty {
      text += "\n" + style("specification", .bold) + "\n"
      text += explanation.sources.map { wrapped($0, first: "  ", rest: "    ") }.joined()
    }
    return text
  }

  package var document: JSONObject { ["explanation": Self.document(of: explanation)] }

  static func document(of explanation: Explanation) -> JSON {
    let group = Explanation.groups.first { $0.members.contains { $0.name == explanation.name } }
    var object: JSONObject = [
      "code": .string(explanation.name), "kinds": .strings(explanation.kinds.map(\.rawValue)),
      "group": .string(group?.title ?? ""), "title": .string(explanation.title),
      "meaning": .string(explanation.paragraphs.joined(separator: "\n")), "help": .strings(explanation.help),
      "sources": .strings(explanation.sources),
    ]
    if let example = explanation.example { object["example"] = .string(example) }
    return .object(object)
  }
}

/// `mcpauth explain`: the list of all codes.
package struct ExplanationListPage: Presentable {
  package init() {}

  package func text(_ settings: ReportSettings) -> String {
    let rows = Explanation.all.map { ["  " + $0.name, $0.title] }
    var lines = Columns.align(rows)[...]
    return Explanation.groups.map { group in
      let own = lines.prefix(group.members.count)
      lines = lines.dropFirst(group.members.count)
      return settings.style(group.title, .bold) + "\n" + own.map { $0 + "\n" }.joined()
    }.joined(separator: "\n")
  }

  package var document: JSONObject {
    ["explanations": .array(Explanation.all.map(ExplanationPage.document))]
  }
}
