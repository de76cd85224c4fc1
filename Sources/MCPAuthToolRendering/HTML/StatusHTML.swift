import MCPAuthCore
import MCPAuthPlan

/// The state of each server, and the orphans, as a part of the page.
struct StatusHTML {
  let report: StatusReport
  /// Only the servers that need attention, and the counts.
  var isQuiet = false

  var node: HTMLNode {
    let shown = report.servers.filter { !isQuiet || $0.needsAttention }
    let expiries = shown.compactMap { status in
      status.secretExpiresAt.map { (server: status.server, expiry: $0) }
    }
    let orphans = report.orphans.map { HTMLNode.tag("li", Self.words($0)) }
    var content = HTMLParts.servers(shown.map(item))
    content += HTMLExpiries(now: report.now, items: expiries).section
    content += HTMLParts.section("Orphans", "orphans", orphans.isEmpty ? [] : [HTMLNode.tag("ul", orphans)])
    return HTMLParts.inventory(report.inventory, StatusPage(report: report).summary, content)
  }

  private func item(_ status: ServerStatus) -> HTMLParts.Item {
    let names = status.conditions.map(\.name)
    let state = HTMLNode.tag("span", ["class": "state"], [.line(StatusPage.state(status))])
    var details = [HTMLNode.tag("p", ["class": "what"], [state])]
    details += HTMLParts.facts(facts(status))
    details += status.warnings.map { HTMLParts.diagnostic($0, nil) }
    return HTMLParts.Item(
      server: status.server, issuer: status.entry?.issuer,
      rank: status.needsAttention ? 0 : names.isEmpty ? 2 : 1, expiry: status.secretExpiresAt,
      look: status.needsAttention ? "attention" : "settled", details: details)
  }

  private func facts(_ status: ServerStatus) -> [(name: HTMLNode, value: [HTMLNode])] {
    let entry = status.entry
    let registration = entry?.registration.map(\.rawValue)
    var rows: [(String, [HTMLNode])] = [("mode", [.line(status.mode.rawValue)])]
    if let registration, registration != status.mode.rawValue { rows.append(("registration", [.line(registration)])) }
    if let url = entry?.url { rows.append(("URL", [HTMLParts.code(ForeignText.printable(url))])) }
    if let id = entry?.clientID { rows.append(("client", [HTMLParts.code(ForeignText.printable(id))])) }
    if let expiry = status.secretExpiresAt {
      let left = HTMLExpiries.words(expiry.seconds - report.now.seconds)
      rows.append(("client secret", [.line("until "), HTMLParts.time(expiry), .line(", \(left)")]))
    } else if let words = StatusPage.withoutExpiry(status) {
      rows.append(("client secret", [.line(words)]))
    }
    if let renewal = status.renewsAt { rows.append(("renewal from", [HTMLParts.time(renewal)])) }
    for use in status.withoutValue { rows.append(("no value here", [HTMLParts.code(StatusPage.words(use))])) }
    if let changed = entry?.registeredAt { rows.append(("changed", [HTMLParts.time(changed)])) }
    return rows.map { (name: HTMLNode.line($0.0), value: $0.1) }
  }

  /// `linear: client 1a2b at https://auth.example.com, replaced since 2026-11-20, deletable`
  private static func words(_ orphan: Orphan) -> [HTMLNode] {
    var words: [HTMLNode] = [HTMLParts.code(orphan.server)]
    if let id = orphan.clientID {
      words += [HTMLNode.line(": client "), HTMLParts.code(ForeignText.printable(id))]
    } else {
      words.append(.line(": client unknown"))
    }
    words += [HTMLNode.line(" at "), HTMLParts.code(ForeignText.printable(orphan.issuer))]
    words += [HTMLNode.line(", \(orphan.reason.rawValue) since "), HTMLParts.time(orphan.since)]
    let state = OrphanListPage.state(orphan)
    words.append(.line(state == OrphanListPage.byHand ? ", to be deleted by hand" : ", " + state))
    return words
  }
}
