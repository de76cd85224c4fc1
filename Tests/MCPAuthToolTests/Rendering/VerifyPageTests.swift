import Foundation
import MCPAuthCore
import Testing

@testable import MCPAuthReconciler
@testable import MCPAuthToolRendering

/// `verify` as text, and as a page for a pull request (PlanAndApply#Formats).
@Suite struct VerifyPageTests {
  static var page: VerifyPage {
    let place = Place(file: "servers.yaml", line: 3, column: 3)
    let lost = Diagnostic(.error, .registrationLost, "the client `c-1` is unknown", at: place, help: ["rotate it"])
    var refused = VerifiedRedirect(uri: "https://coder.example.com/mcp/github/callback", outcome: .refused)
    refused.problem = Diagnostic(.error, .redirectURIRejected, "it is refused", at: place)
    let report = VerifyReport(
      inventory: "servers.yaml",
      servers: [
        VerifiedServer(
          server: "linear", entry: Samples.entry("https://mcp.linear.app", "c-1"), outcome: .dead, error: lost),
        VerifiedServer(
          server: "github", entry: Samples.entry("https://auth.example.com", "c-2"), outcome: .known,
          redirects: [refused]),
        VerifiedServer(server: "docs", entry: nil, outcome: .skipped, skip: .noClient),
      ])
    return VerifyPage(report: report, isStrict: false)
  }

  private func text(_ wrap: Int?) -> String {
    var settings = ReportSettings()
    settings.wrap = wrap
    return Self.page.text(settings)
  }

  @Test("PlanAndApply#Commands: verify prints one row per server, and its redirect URIs below")
  func golden() {
    #expect(
      text(nil) == """
        STATE                     SERVER  ISSUER                    CLIENT
        dead (registration-lost)  linear  https://mcp.linear.app    c-1
        known                     github  https://auth.example.com  c-2
          redirect URI https://coder.example.com/mcp/github/callback: refused
        skipped: no client        docs    -                         -
        verify: 1 known, 1 dead, 0 blocked, 0 cannot tell, 1 skipped; 1 redirect URI refused

        """)
    #expect(
      text(60) == """
        STATE                     SERVER  ISSUER            CLIENT
        dead (registration-lost)  linear  mcp.linear.app    c-1
        known                     github  auth.example.com  c-2
          redirect URI coder.example.com/…p/github/callback: refused
        skipped: no client        docs    -                 -
        verify: 1 known, 1 dead, 0 blocked, 0 cannot tell,
          1 skipped; 1 redirect URI refused

        """)
  }

  @Test("PlanAndApply#Formats: verify as Markdown: failures first with their errors, the others folded")
  func markdown() throws {
    let text = Self.page.page(MarkdownRun(command: "verify")).render()
    let marks = [
      "<!-- mcpauth verify servers.yaml -->\n### mcpauth verify: 1 known, 1 dead, 0 blocked, 0 cannot tell, 1 skipped;",
      "#### 2 failed\n\n- **`linear`**: dead (registration-lost)\n  - issuer: `https://mcp.linear.app`\n",
      "```text\nservers.yaml:3:3: error[registration-lost]: the client `c-1` is unknown\n", "- **`github`**: known\n",
      "  - redirect URI, refused: `https://coder.example.com/mcp/github/callback`\n", "error[redirect-uri-rejected]",
      "<details><summary>1 other server</summary>\n\n- **`docs`**: skipped: no client\n",
    ]
    let places = try marks.map { mark in try #require(text.range(of: mark), "\(mark)\n\(text)").lowerBound }
    #expect(places == places.sorted())
  }

  @Test("PlanAndApply#Formats: the counts of verify for later steps of a job have the names of its JSON")
  func outputs() throws {
    let summary = try #require(Self.page.document["summary"]?.object)
    #expect(Self.page.outputs.map(\.name) == summary.members.map(\.name))
    #expect(Self.page.outputs.map { Int64($0.count) } == summary.members.compactMap { $0.value.integer })
  }
}
