import MCPAuthYAML

/// A tree as one line of text: `{a: "x", b: [1]}`. Quoted scalars are in double quotes, merged keys have a `+`.
func shown(_ node: YAMLNode?) -> String {
  guard let node else { return "nothing" }
  switch node.content {
  case .unusable: return "?"
  case .scalar(let scalar):
    return scalar.value == .string && scalar.style == .quoted ? "\"\(scalar.text)\"" : scalar.text
  case .sequence(let elements): return "[" + elements.map(shown).joined(separator: ", ") + "]"
  case .mapping(let entries):
    return "{" + entries.map { ($0.isMerged ? "+" : "") + $0.name + ": " + shown($0.value) }.joined(separator: ", ")
      + "}"
  }
}

func read(_ text: String) -> YAMLDocument { YAMLReader.read(Array(text.utf8)) }

/// `line:column-end message`.
func shown(_ problem: YAMLProblem) -> String {
  "\(problem.mark.line):\(problem.mark.column) \(problem.message)"
}

extension YAMLNode {
  /// The value at a path of keys and indices.
  func at(_ path: String...) -> YAMLNode? {
    path.reduce(self as YAMLNode?) { node, step in
      switch node?.content {
      case .mapping(let entries): entries.first { $0.name == step }?.value
      case .sequence(let elements): Int(step).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
      default: nil
      }
    }
  }
}
