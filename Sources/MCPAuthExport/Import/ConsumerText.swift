internal import MCPAuthCore
internal import MCPAuthPlan

/// A text of a consumer's file, with the placeholders that the consumer replaces.
struct ConsumerText {
  enum Part: Equatable {
    case text(String)
    /// A variable of the environment, or a value that the consumer asks its user for.
    case variable(String, fallback: String?)
    /// A placeholder that has no meaning outside of the consumer, as a message shows it.
    case unknown(String)
  }

  private(set) var parts: [Part] = []

  init(_ text: String, format: ImportFormat) {
    let openers: [(open: String, close: String)] =
      switch format {
      case .claudeCode, .vscode, .cursor: [("${", "}")]
      case .librechat: [("${", "}"), ("{{", "}}")]
      case .registry: [("{", "}")]
      case .codex, .coder: []
      }
    var rest = text[...]
    while let (range, close) = Self.next(openers, in: rest) {
      guard let end = rest[range.upperBound...].firstRange(of: close) else { break }
      append(.text(String(rest[..<range.lowerBound])))
      let inside = String(rest[range.upperBound..<end.lowerBound])
      append(rest[range] == "{{" ? .unknown("{{\(Self.shown(inside))}}") : Self.placeholder(inside, format))
      rest = rest[end.upperBound...]
    }
    append(.text(String(rest)))
  }

  private static func next(
    _ openers: [(open: String, close: String)], in text: Substring
  ) -> (range: Range<String.Index>, close: String)? {
    var nearest: (range: Range<String.Index>, close: String)?
    for (open, close) in openers {
      guard let range = text.firstRange(of: open) else { continue }
      if let nearest, nearest.range.lowerBound <= range.lowerBound { continue }
      nearest = (range, close)
    }
    return nearest
  }

  private mutating func append(_ part: Part) {
    if part != .text("") { parts.append(part) }
  }

  private static func placeholder(_ inside: String, _ format: ImportFormat) -> Part {
    if format == .registry { return .variable(inside, fallback: nil) }
    if inside.hasPrefix("input:"), inside.utf8.count > 6 {
      return .variable(variableName(String(inside.dropFirst(6))), fallback: nil)
    }
    let name = inside.hasPrefix("env:") ? String(inside.dropFirst(4)) : inside
    if InventoryVariables.isName(name) { return .variable(name, fallback: nil) }
    if let mark = name.firstRange(of: ":-"), InventoryVariables.isName(String(name[..<mark.lowerBound])) {
      return .variable(String(name[..<mark.lowerBound]), fallback: String(name[mark.upperBound...]))
    }
    return .unknown("${\(shown(inside))}")
  }

  /// The inside of a placeholder for a message. What is not a name may be a part of a secret.
  private static func shown(_ inside: String) -> String { InventoryVariables.isName(inside) ? inside : "…" }

  /// The name of a variable that is similar to a text: `api-key` becomes `API_KEY`.
  private static func variableName(_ text: String) -> String {
    let name = String(
      decoding: text.utf8.map { byte -> UInt8 in
        switch byte {
        case 0x41...0x5A, 0x30...0x39: byte
        case 0x61...0x7A: byte - 0x20
        default: UInt8(ascii: "_")
        }
      }, as: UTF8.self)
    return InventoryVariables.isName(name) ? name : "MCP_" + name
  }

  /// The text, if it has no placeholders.
  var literal: String? {
    if parts.isEmpty { return "" }
    if parts.count == 1, case .text(let text) = parts[0] { return text }
    return nil
  }

  /// The variable, if the text is nothing else.
  var variable: String? {
    if parts.count == 1, case .variable(let name, _) = parts[0] { name } else { nil }
  }

  /// The first placeholder without a meaning outside of the consumer.
  var unknown: String? {
    for case .unknown(let text) in parts { return text }
    return nil
  }

  /// The form of the text for a message. Other words than those of HTTP authentication are not shown: they may be part of a secret.
  var shape: String {
    parts.map { part in
      switch part {
      case .text(let text): ["bearer ", "basic ", "token "].contains(text.lowercased()) ? text : "…"
      case .variable(let name, _): "${\(Self.shown(name))}"
      case .unknown(let text): text
      }
    }.joined()
  }

  /// The text with variables of an inventory, which need a fallback; nil where one has none.
  var inventoryText: String? {
    var out = ""
    for part in parts {
      switch part {
      case .text(let text): out += text.replacing("$", with: "$$")
      case .variable(let name, let fallback?) where !fallback.contains("$") && !fallback.contains("}"):
        out += "${\(name):-\(fallback)}"
      case .variable, .unknown: return nil
      }
    }
    return out
  }

  /// Whether a name says that its value is a secret.
  static func namesSecret(_ name: String) -> Bool {
    let lower = name.lowercased()
    return InventoryServer.isSecretHeader(name)
      || ["auth", "password", "credential"].contains(where: { lower.contains($0) })
  }

  /// Whether a text looks like a secret, independent of the name that it belongs to. Each of its words is looked at: `SSWS 00ab…`.
  static func looksSecret(_ text: String) -> Bool {
    let lower = text.lowercased()
    if ["bearer ", "basic ", "token "].contains(where: { lower.hasPrefix($0) }) { return true }
    return text.split { " ,;".contains($0) }.contains { isSecretWord(String($0)) }
  }

  private static func isSecretWord(_ word: String) -> Bool {
    if word.contains("://") { return hasSecret(url: word) }
    if hasSecretPrefix(word) { return true }
    let isToken = word.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-_+/=.~:".utf8.contains($0) }
    return isToken && word.utf8.count >= 20 && word.utf8.contains { $0.isASCIIDigit }
  }

  private static func hasSecretPrefix(_ word: String) -> Bool {
    let lower = word.lowercased()
    return ["sk-", "ghp_", "gho_", "github_pat_", "glpat-", "xox", "eyj"].contains(where: { lower.hasPrefix($0) })
  }

  /// Whether a path segment or a value of the query looks like a secret: it has 16 letters and digits without another character between them, and one
  /// of them is a digit. Neither a name of several words nor a UUID has that.
  static func hasSecret(url: String) -> Bool {
    guard let scheme = url.firstRange(of: "://") else { return false }
    let rest = url[scheme.upperBound...].drop { !"/?#".contains($0) }
    for part in rest.split(whereSeparator: { "/?&=#".contains($0) }) where part.utf8.count >= 16 {
      if hasSecretPrefix(String(part)) { return true }
      let runs = part.utf8.split(whereSeparator: { !$0.isASCIIAlphanumeric })
      if runs.contains(where: { run in run.count >= 16 && run.contains { $0.isASCIIDigit } }) { return true }
    }
    return false
  }
}
