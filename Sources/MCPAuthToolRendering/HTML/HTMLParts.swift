import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// What the pages of `plan` and `status` share. All foreign text is in `code` and `pre`.
enum HTMLParts {
  /// A server in its group.
  struct Item {
    var server: String
    /// nil: none, or not known.
    var issuer: String?
    /// 0 is shown first.
    var rank: Int
    var expiry: Timestamp?
    /// The name of its look in the style: an action, or `attention`.
    var look: String
    /// The sign before the name.
    var sign = ""
    var details: [HTMLNode]
  }

  static func section(_ title: String, _ name: String, _ content: [HTMLNode]) -> [HTMLNode] {
    guard !content.isEmpty else { return [] }
    let head = HTMLNode.tag("h3", [.line(title)])
    return [.tag("section", ["class": name], [head] + content)]
  }

  static func inventory(_ file: String, _ counts: String, _ content: [HTMLNode]) -> HTMLNode {
    let head: [HTMLNode] = [.tag("h2", [code(file)]), .tag("p", ["class": "counts"], [.line(counts)])]
    return .tag("section", ["class": "inventory"], head + content)
  }

  /// Foreign text, or a name. Never empty.
  static func code(_ text: String) -> HTMLNode {
    let line = Printable.line(text)
    guard line.contains(where: { $0 != " " }) else { return none("(empty)") }
    return .tag("code", [.text(line)])
  }

  /// A word of mcpauth in place of a value.
  private static func none(_ word: String) -> HTMLNode { .tag("span", ["class": "none"], [.line(word)]) }

  /// Rows of a name and a value.
  static func facts(_ rows: [(name: HTMLNode, value: [HTMLNode])]) -> [HTMLNode] {
    guard !rows.isEmpty else { return [] }
    return [.tag("dl", rows.map { HTMLNode.tag("div", [.tag("dt", [$0.name]), .tag("dd", $0.value)]) })]
  }

  static func field(_ change: FieldChange) -> (name: HTMLNode, value: [HTMLNode]) {
    let arrow = HTMLNode.line(" → ")
    return (code(change.field), value(change.old) + [arrow] + value(change.new))
  }

  private static func value(_ value: FieldChange.Value?) -> [HTMLNode] {
    switch value {
    case nil: return [none("(none)")]
    case .text(let text): return [code(ForeignText.printable(text))]
    case .list(let elements):
      guard !elements.isEmpty else { return [none("(empty)")] }
      return Array(elements.map { [code(ForeignText.printable($0))] }.joined(separator: [HTMLNode.line(", ")]))
    }
  }

  /// A mistake or warning with its line of the file. Text wraps. Lines that are aligned with each other do not: the keyboard can scroll them.
  static func diagnostic(_ diagnostic: Diagnostic, _ mask: SourceMask?) -> HTMLNode {
    let parts = DiagnosticText(style: .plain, width: 120).parts(diagnostic, mask: mask)
    func text(_ lines: [String]) -> HTMLNode { .lines(lines.map { $0 + "\n" }.joined()) }
    func aligned(_ lines: [String]) -> [HTMLNode] {
      lines.isEmpty ? [] : [.tag("span", ["class": "aligned", "tabindex": "0"], [text(lines)])]
    }
    let advice = parts.advice.isEmpty ? [] : [text(parts.advice)]
    return .tag(
      "pre", ["class": diagnostic.severity.rawValue],
      [text(parts.head)] + aligned(parts.excerpt) + advice + aligned(parts.requests))
  }

  static func time(_ time: Timestamp) -> HTMLNode {
    .tag("time", ["datetime": time.rfc3339], [.line(String(time.rfc3339.prefix(10)))])
  }

  // MARK: Servers

  /// The servers by authorization server. The group with the lowest rank is first; the servers without one are last of their rank.
  static func servers(_ items: [Item]) -> [HTMLNode] {
    let byIssuer = Dictionary(grouping: items.enumerated()) { $0.element.issuer }
    let groups = byIssuer.map { issuer, own in
      Group(
        issuer: issuer, rank: own.map { $0.element.rank }.min() ?? 0,
        servers: own.sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
          .map { server($0.element, $0.offset) })
    }
    return section("Servers by authorization server", "servers", groups.sorted { $0.isBefore($1) }.map(\.node))
  }

  private struct Group {
    var issuer: String?
    var rank: Int
    var servers: [HTMLNode]

    func isBefore(_ other: Group) -> Bool {
      if rank != other.rank { return rank < other.rank }
      guard let issuer, let otherIssuer = other.issuer else { return issuer != nil }
      return issuer < otherIssuer
    }

    var node: HTMLNode {
      let unknown = HTMLNode.line("No authorization server, or not known yet")
      let name = issuer.map { HTMLParts.code(ForeignText.printable($0)) } ?? unknown
      let count = servers.count == 1 ? "1 server" : "\(servers.count) servers"
      let number = HTMLNode.tag("span", ["class": "count"], [.line(count)])
      let summary = HTMLNode.tag("summary", [.tag("h4", [name]), .line(" "), number])
      return .tag("details", ["class": "group", "open": ""], [summary, .tag("ul", servers)])
    }
  }

  private static func server(_ item: Item, _ index: Int) -> HTMLNode {
    let sign: [HTMLNode] = item.sign.isEmpty ? [] : [.tag("span", ["class": "sign"], [.line(item.sign)]), .line(" ")]
    let head = HTMLNode.tag("h5", sign + [code(item.server)])
    return .tag(
      "li",
      [
        "class": "server " + item.look, "data-rank": String(item.rank), "data-index": String(index),
        "data-expiry": item.expiry.map { String($0.seconds) } ?? "",
      ], [head] + item.details)
  }
}
