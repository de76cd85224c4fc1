import MCPAuthCore
import MCPAuthPlan

/// Servers that need attention come first and are not folded.
extension StatusPage: MarkdownPresentable {
  func page(_ run: MarkdownRun) -> MarkdownPage {
    let others = report.servers.filter { !$0.needsAttention }
    return run.page(
      report.inventory, summary: summary,
      sections: [
        MarkdownPage.Section(
          title: attentionWords, fold: nil,
          pieces: report.servers.filter(\.needsAttention).map { .init(text: item($0), kind: "that need attention") }),
        MarkdownPage.Section(
          title: counted(others.count, "other server"), fold: .closed,
          pieces: others.map { .init(text: item($0), kind: "other servers") }),
        MarkdownPage.Section(
          title: counted(report.orphans.count, "orphan"), fold: .closed,
          pieces: report.orphans.map { .init(text: Self.item($0), kind: "orphans") }),
      ])
  }

  private func item(_ status: ServerStatus) -> String {
    let conditions = status.conditions.map { MarkdownText.code($0.name) }.joined(separator: ", ")
    let references = status.withoutValue.map { (name: "no value here", value: Optional(Self.words($0))) }
    let facts: [(name: String, value: String?)] = [
      ("secret", secret(status)), ("issuer", status.entry?.issuer), ("client", status.entry?.clientID),
      ("mode", Self.mode(status)), ("changed", Self.changed(status)),
    ]
    return MarkdownText.item(status.server, conditions.isEmpty ? "ok" : conditions, references + facts)
      + MarkdownText.blocks(status.warnings)
  }

  private static func item(_ orphan: Orphan) -> String {
    MarkdownText.item(
      orphan.server, OrphanListPage.state(orphan),
      [
        ("client", orphan.clientID), ("issuer", orphan.issuer), ("reason", orphan.reason.rawValue),
        ("since", orphan.since.rfc3339),
      ])
  }

  var outputs: [(name: String, count: Int)] {
    [("servers", report.servers.count), ("needs_attention", attention), ("orphans", report.orphans.count)]
  }

  var attentions: [ServerAttention] {
    report.servers.filter(\.needsAttention).map {
      ServerAttention(server: $0.server, conditions: Self.state($0), location: $0.location)
    }
  }
}
