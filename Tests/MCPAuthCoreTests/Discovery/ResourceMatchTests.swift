import Testing

@testable import MCPAuthCore

@Suite struct ResourceMatchTests {
  enum Due { case equal, broader, mismatch }

  @Test(
    "Discovery#Resource-check, RFC 9728 3.3: equal except for a slash, or a prefix of whole segments of the same origin",
    arguments: [
      ("https://h/mcp", "https://h/mcp", .equal), ("https://h/mcp/", "https://h/mcp", .equal),
      ("https://h/mcp", "https://h/mcp/", .equal), ("https://h", "https://h/", .equal),
      ("HTTPS://H:443/mcp", "https://h/mcp", .equal), ("https://h/mcp", "https://H:443/mcp", .equal),
      ("https://h/", "https://h/mcp", .broader), ("https://h", "https://h/mcp", .broader),
      ("https://h/a", "https://h/a/b", .broader), ("https://h/a/", "https://h/a/b", .broader),
      ("https://h/mcp", "https://h/mcp-other", .mismatch), ("https://h/mcp/x", "https://h/mcp", .mismatch),
      ("https://h/a//", "https://h/a", .mismatch), ("https://h/MCP", "https://h/mcp", .mismatch),
      ("https://h/%6dcp", "https://h/mcp", .mismatch), ("https://o/mcp", "https://h/mcp", .mismatch),
      ("https://h:8443/mcp", "https://h/mcp", .mismatch), ("http://h/mcp", "https://h/mcp", .mismatch),
      ("https://h/mcp?x", "https://h/mcp?x", .equal), ("https://h/mcp/?x", "https://h/mcp?x", .equal),
      ("https://h/mcp", "https://h/mcp?x", .broader), ("https://h/mcp?y", "https://h/mcp?x", .mismatch),
      ("https://h/mcp?x", "https://h/mcp", .mismatch), ("https://h/?x", "https://h/mcp?x", .broader),
      ("https://h/mcp#f", "https://h/mcp", .mismatch), ("urn:x", "https://h/mcp", .mismatch),
      ("https://u@h/mcp", "https://h/mcp", .mismatch), ("https://h.evil/mcp", "https://h/mcp", .mismatch),
      ("https://h/e\u{301}", "https://h/\u{e9}", .mismatch),
    ] as [(String, String, Due)])
  func match(resource: String, serverURL: String, due: Due) throws {
    let url = try CheckedURL(serverURL.replacing("\u{e9}", with: "x"), plaintext: .refused)
    let match = ResourceMatch.of(resource, ServerTrust(url, written: serverURL, allowPrivate: [])).match
    switch match {
    case .equal: #expect(due == .equal)
    case .broader: #expect(due == .broader)
    case .mismatch: #expect(due == .mismatch)
    }
  }

  @Test("Discovery#Requests, RealServers#30: an http resource gets the hint about TLS proxies")
  func plaintext() throws {
    let help = ResourceMatch.of("http://h/mcp", try ServerTrust("https://h/mcp")).help
    #expect(help.joined().contains("X-Forwarded-Proto"))
  }
}
