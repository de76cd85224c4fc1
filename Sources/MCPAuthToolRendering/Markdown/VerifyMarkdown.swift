import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// Servers with a failure come first and are not folded.
extension VerifyPage: MarkdownPresentable {
  func page(_ run: MarkdownRun) -> MarkdownPage {
    let failed = report.servers.filter(isWrong)
    let others = report.servers.filter { !isWrong($0) }
    return run.page(
      report.inventory, summary: summary,
      sections: [
        MarkdownPage.Section(
          title: "\(failed.count) failed", fold: nil, pieces: failed.map { .init(text: item($0), kind: "that failed") }),
        MarkdownPage.Section(
          title: counted(others.count, "other server"), fold: .closed,
          pieces: others.map { .init(text: item($0), kind: "other servers") }),
      ])
  }

  private func item(_ server: VerifiedServer) -> String {
    let redirects = server.redirects.map { redirect -> (name: String, value: String?) in
      ("redirect URI, \(Self.words(redirect.outcome))", redirect.uri)
    }
    let facts: [(name: String, value: String?)] = [
      ("issuer", server.entry?.issuer), ("client", server.entry?.clientID),
    ]
    let problems = server.warnings + [server.error].compactMap(\.self) + server.redirects.compactMap(\.problem)
    return MarkdownText.item(server.server, Self.words(server), facts + redirects) + MarkdownText.blocks(problems)
  }

  var outputs: [(name: String, count: Int)] {
    VerifiedServer.Outcome.allCases.map { ($0.rawValue.replacing("-", with: "_"), report.count($0)) }
  }

  /// The errors of `notes` say it.
  var attentions: [ServerAttention] { [] }
}
