import MCPAuthCore
import MCPAuthPlan

/// A plan as a part of the page: the facts of the text, and the servers that stay as they are.
struct PlanHTML {
  let plan: Plan
  let mask: SourceMask
  let now: Timestamp
  /// Only blocked servers and the counts. The secrets that go to new places are shown in every case.
  var isQuiet = false

  /// What matters most is first: decisions, then what users notice.
  private static let order: [Action] = [.blocked, .replace, .remove, .update, .register, .add]

  var node: HTMLNode {
    let shown = plan.changes.filter { !isQuiet || $0.action == .blocked }
    let summary = PlanText(style: .plain, width: 120).summary(plan).dropFirst("plan: ".count)
    let expiries = shown.compactMap { change in Self.expiry(change).map { (server: change.server, expiry: $0) } }
    var content: [HTMLNode] = []
    if !isQuiet {
      if let cost = PlanText.cost(plan) { content.append(.tag("p", ["class": "cost"], [.line(cost)])) }
    }
    content += sends
    if !isQuiet {
      content += HTMLParts.section("Secret store", "store", store)
      let warnings = plan.warnings.map { HTMLParts.diagnostic($0, mask) }
      content += HTMLParts.section("Warnings", "warnings", warnings)
    }
    content += HTMLParts.servers(shown.map(item))
    content += HTMLExpiries(now: now, items: expiries).section
    return HTMLParts.inventory(plan.inventory, String(summary), content)
  }

  // MARK: Parts

  /// Secrets that go to new places: first, and never folded (PlanAndApply#Secrets-that-are-sent).
  private var sends: [HTMLNode] {
    let rows = SecretSendText.new(plan.changes).map { new -> HTMLNode in
      let name: [HTMLNode] = [.tag("strong", [HTMLParts.code(new.server)]), .line(" ")]
      return HTMLNode.tag("li", name + Self.words(new.send))
    }
    return HTMLParts.section("Secrets go to new places", "sends", rows.isEmpty ? [] : [.tag("ul", rows)])
  }

  private static func words(_ send: SecretSend) -> [HTMLNode] {
    let parts = SecretSendText.parts(send)
    let place = parts.place.map { HTMLParts.code($0) } ?? HTMLNode.line(SecretSendText.unknownPlace)
    return [.line("sends "), HTMLParts.code(parts.reference), .line(" to "), place, .line(parts.end)]
  }

  private var store: [HTMLNode] {
    guard !plan.storeChanges.isEmpty else { return [] }
    let words = HTMLNode.tag("p", [.line(PlanText.storeWords)])
    return HTMLParts.facts(plan.storeChanges.map(HTMLParts.field)) + [words]
  }

  private func item(_ change: Change) -> HTMLParts.Item {
    HTMLParts.Item(
      server: change.server, issuer: change.issuer ?? change.entry?.issuer,
      rank: Self.order.firstIndex(of: change.action) ?? Self.order.count, expiry: Self.expiry(change),
      look: change.action.rawValue, sign: change.action.sign, details: details(change))
  }

  private func details(_ change: Change) -> [HTMLNode] {
    var what: [HTMLNode] = [.line(PlanText.words(change))]
    if !change.reasons.isEmpty {
      what += [.line(" ("), HTMLParts.code(change.reasons.map(\.name).joined(separator: ", ")), .line(")")]
    }
    var nodes: [HTMLNode] = [.tag("p", ["class": "what"], what)]
    if let cost = PlanText.cost(change) { nodes.append(.tag("p", ["class": "cost"], [.line(cost)])) }
    nodes += HTMLParts.facts(facts(change) + change.fields.map(HTMLParts.field) + Self.client(change))
    nodes += change.advice.map { HTMLNode.tag("p", ["class": "advice"], [.line("help: "), HTMLParts.code($0)]) }
    nodes += change.sends.filter { !$0.isNew }.map { HTMLNode.tag("p", ["class": "send"], Self.words($0)) }
    nodes += ([change.error].compactMap(\.self) + change.warnings).map { HTMLParts.diagnostic($0, mask) }
    return nodes
  }

  /// The issuer is the title of the group, unless it changes: then it is a field.
  private func facts(_ change: Change) -> [(name: HTMLNode, value: [HTMLNode])] {
    let client = change.clientID.map { [("client", $0)] } ?? []
    return (client + PlanText.facts(change)).filter { fact in !change.fields.contains { $0.field == fact.0 } }
      .map { (name: HTMLNode.line($0.0), value: [HTMLParts.code(ForeignText.printable($0.1))]) }
  }

  /// What the client will be, and what becomes of the old one.
  private static func client(_ change: Change) -> [(name: HTMLNode, value: [HTMLNode])] {
    // Printable text has no control characters: this one marks where foreign text begins and ends.
    let mark = "\u{1}"
    return PlannedClientText.rows(change, code: { mark + $0 + mark }).map {
      name, text -> (name: HTMLNode, value: [HTMLNode]) in
      let parts = text.split(separator: mark, omittingEmptySubsequences: false).map(String.init)
      let nodes = parts.enumerated().filter { !$0.element.isEmpty || $0.offset % 2 == 1 }
        .map { $0.offset % 2 == 1 ? HTMLParts.code($0.element) : HTMLNode.line($0.element) }
      return (name: HTMLNode.line(name), value: nodes)
    }
  }

  private static func expiry(_ change: Change) -> Timestamp? {
    guard let entry = change.entry, entry.needsSecret else { return nil }
    return entry.secretExpiresAt
  }
}
