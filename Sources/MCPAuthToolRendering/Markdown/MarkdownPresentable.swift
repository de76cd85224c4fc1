import MCPAuthCore

/// A result that is also a page for a pull request, and is read by a job of GitHub Actions.
protocol MarkdownPresentable: Presentable {
  func page(_ run: MarkdownRun) -> MarkdownPage
  /// Counts for later steps of the job.
  var outputs: [(name: String, count: Int)] { get }
  /// What a person must do. The diagnostics of `notes` are not among them.
  var attentions: [ServerAttention] { get }
}

/// A server that needs a person, for an annotation.
struct ServerAttention {
  var server: String
  /// The names of its conditions.
  var conditions: String
  /// The place of the server in the inventory.
  var location: SourceLocation?
}

extension MarkdownText {
  /// An item of a list with the name of a server, what is said of it, and its facts below. A fact without a value is left out.
  static func item(_ server: String, _ words: String, _ facts: [(name: String, value: String?)]) -> String {
    let lines = facts.compactMap { fact in
      fact.value.map { "  - \(fact.name): \(code(ForeignText.printable($0)))\n" }
    }
    return "- **\(code(server))**: \(words)\n" + lines.joined()
  }

  /// Diagnostics below an item of a list. They are not inside the list: a shorter fence could end an indented one.
  static func blocks(_ diagnostics: [Diagnostic]) -> String {
    guard !diagnostics.isEmpty else { return "" }
    return "\n" + diagnostics.map { block(MarkdownRun.diagnostics.render($0, mask: nil)) }.joined() + "\n"
  }
}
