import MCPAuthCore
import Testing

@testable import MCPAuthToolOutput
@testable import MCPAuthToolRendering

@Suite struct SourceMaskTests {
  private func shown(_ line: Int, of text: String, secretsAt places: [(Int, Int, Int?)] = []) throws -> String {
    let source = SourceText(file: "s", bytes: Array(text.utf8))
    let diagnostics = places.map { line, column, end in
      Diagnostic(
        .error, .inlineSecret, "x", at: Place(file: "s", line: line, column: column, endColumn: end))
    }
    let masked = try #require(SourceMask(source, diagnostics: diagnostics).line(line))
    return String(String.UnicodeScalarView(masked.scalars))
  }

  @Test(
    "InventoryReference#Secret-references: a line with a literal secret is masked, in every kind of message",
    arguments: [
      ("client_secret: hunter2", "client_secret: <redacted>"),
      ("client_secret: \"hunter2\" # oh", "client_secret: <redacted>"),
      ("\"client_secret\" : hunter2", "\"client_secret\" : <redacted>"),
      ("initial_access_token: abc", "initial_access_token: <redacted>"),
      ("api_key: {header: X-API-Key, value: abc}", "api_key: {header: X-API-Key, value: <redacted>"),
      (
        "custom_headers: {X-Tenant: acme, Authorization: Bearer x}",
        "custom_headers: {X-Tenant: acme, Authorization: <redacted>"
      ),
      ("X-Auth-Token: abc", "X-Auth-Token: <redacted>"),
      ("client_secret: &a hunter2", "client_secret: <redacted>"),
      ("api_key: hunter2", "api_key: <redacted>"),
      ("x-password: hunter2", "x-password: <redacted>"),
      ("client_secret:hunter2", "client_secret:<redacted>"),
      ("{client_secret:\"hunter2\"}", "{client_secret:<redacted>"),
      ("client_secret = hunter2", "client_secret = <redacted>"),
      ("url: https://host/?access-token=none", "url: https://host/?access-token=<redacted>"),
      ("client_secret: {env: NAME}", "client_secret: {env: NAME}"),
      ("client_secret:", "client_secret:"),
      ("token_endpoint: https://x/token", "token_endpoint: https://x/token"),
      ("api_key: {header: X-API-Key, value: {env: A}}", "api_key: {header: X-API-Key, value: {env: A}}"),
      ("my-token: {url: https://x}", "my-token: {url: https://x}"),
    ])
  func literal(_ line: String, _ expected: String) throws {
    #expect(try shown(1, of: line) == expected)
  }

  @Test(
    "InventoryReference#Mistakes: the marked value is masked even without a known key, and the caret covers the mask"
  )
  func marked() throws {
    #expect(try shown(1, of: "  env: hunter2 hunter", secretsAt: [(1, 8, 22)]) == "  env: <redacted>")
    let text = DiagnosticText(style: .plain, width: 80).render(
      [Diagnostic(.error, .inlineSecret, "x", at: Place(file: "s", line: 1, column: 8, endColumn: 15))],
      in: SourceText(file: "s", bytes: Array("  env: hunter2".utf8)))
    #expect(text.contains("    1 |   env: <redacted>\n      |        ^~~~~~~~~~\n"))
  }

  @Test("InventoryReference#Mistakes: a literal before the marked one is masked as well")
  func before() throws {
    let line = "  {x-token: hunter1, env: hunter2}"
    #expect(try shown(1, of: line, secretsAt: [(1, 27, 34)]) == "  {x-token: <redacted>")
  }

  @Test("InventoryReference#Mistakes: if a key is marked, its value is hidden, but not the key")
  func markedKey() throws {
    #expect(try shown(1, of: "  what: hunter2", secretsAt: [(1, 3, 7)]) == "  what: <redacted>")
  }

  private static let block = """
    a:
      client_secret: |
        hunter2
          hunter3

        hunter4
      scopes: [read]
    """

  @Test("InventoryReference#Mistakes: a block scalar is masked on all its lines", arguments: [3, 4, 6])
  func block(_ line: Int) throws {
    #expect(try shown(line, of: Self.block, secretsAt: [(2, 18, nil)]).hasSuffix("<redacted>"))
    // The same if the file could not be read, and so nothing was marked.
    #expect(try shown(line, of: Self.block).hasSuffix("<redacted>"))
  }

  @Test(
    "InventoryReference#Mistakes: a block scalar is masked with any indentation of its text, and the next key is not"
  )
  func ragged() throws {
    let secret = "  client_secret: |\n      one\n        two\n\n      three\n       four\n"
    let text = "a:\n" + secret + "  url: x\n  more:\n      text\n"
    for line in [3, 4, 6, 7] { #expect(try shown(line, of: text).hasSuffix("<redacted>"), "line \(line)") }
    #expect(try shown(10, of: text) == "      text")
  }

  @Test("an extremely long line is not shown: a file of one line with thousands of mistakes took minutes")
  func endless() {
    let longest = String(repeating: "a", count: SourceMask.longestLine)
    let source = SourceText(file: "servers.yaml", bytes: Array((longest + "\n" + longest + "a\n").utf8))
    let mask = SourceMask(source, diagnostics: [])
    #expect(mask.line(1) != nil)
    #expect(mask.line(2) == nil)
  }

  @Test(
    "InventoryReference#Mistakes: a value is masked where the colon was forgotten, and in the query of a URL",
    arguments: [
      ("    client_secret hunter2 hunter2", "    client_secret <redacted>"),
      ("  Token hunter2", "  Token <redacted>"), ("  client_secret {env: NAME}", "  client_secret {env: NAME}"),
      ("  client_secret", "  client_secret"), ("  url https://host/mcp", "  url https://host/mcp"),
      ("url: http://host/mcp?v=1&api_key=hunter2", "url: http://host/mcp?v=1&api_key=<redacted>"),
      ("url: http://host/mcp?Token=hunter2", "url: http://host/mcp?Token=<redacted>"),
      ("url: https://host/mcp?tenant=1", "url: https://host/mcp?tenant=1"),
    ])
  func slips(_ line: String, _ expected: String) throws {
    #expect(try shown(1, of: line) == expected)
  }

  @Test("InventoryReference#Secret-references: the text after the secret is shown")
  func after() throws {
    #expect(try shown(7, of: Self.block, secretsAt: [(2, 18, nil)]) == "  scopes: [read]")
  }

  @Test("InventoryReference#Mistakes: a value on the line below its key is masked")
  func below() throws {
    let text = "client_secret:\n  hunter2 hunter2\n"
    #expect(try shown(2, of: text, secretsAt: [(2, 3, 18)]) == "  <redacted>")
    #expect(try shown(2, of: text) == "  <redacted>")
    #expect(try shown(2, of: "client_secret:\n  env: NAME\n") == "  env: NAME")
  }

  @Test(
    "InventoryReference#Mistakes: a password in a URL is masked",
    arguments: [
      ("url: https://user:pass@host/mcp", "url: https://<redacted>@host/mcp"),
      ("url: https://ghp_token@host/mcp", "url: https://<redacted>@host/mcp"),
      (
        "url: \"https://u:p@ss@host/mcp\" # https://a:b@c",
        "url: \"https://<redacted>@host/mcp\" # https://<redacted>@c"
      ),
      ("url: https://u:p/ss@host", "url: https://<redacted>@host"),
      ("url: https://host/path@v1", "url: https://host/path@v1"),
      ("url: https://host:8080/@scope/x", "url: https://host:8080/@scope/x"),
      ("contacts: [a@b.example]", "contacts: [a@b.example]"),
    ])
  func userInfo(_ line: String, _ expected: String) throws {
    #expect(try shown(1, of: line) == expected)
    #expect(Printable.line(line) == expected)
  }
}
