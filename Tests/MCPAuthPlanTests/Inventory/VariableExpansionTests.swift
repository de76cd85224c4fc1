import MCPAuthCore
import MCPAuthPlan
import Testing

@Suite struct VariableExpansionTests {
  private func described(_ value: String, _ environment: [String: String] = [:]) -> (String?, [Diagnostic]) {
    let text = "version: 1\nservers:\n  a: {url: https://a.example.com/mcp, auth: none, description: '\(value)'}\n"
    let read = read(text, environment: environment)
    return ((try? read.get())?.servers.first?.summary, diagnostics(text, environment: environment))
  }

  @Test(
    "InventoryReference#Values: ${NAME}, ${NAME:-default} and $$",
    arguments: [
      ("${A}", "a"), ("x${A}y${A}", "xaya"), ("${NONE:-d}", "d"), ("${NONE:-}x", "x"), ("${EMPTY:-d}", "d"),
      ("${A:-d}", "a"),
      ("$$", "$"), ("$${A}", "${A}"), ("$$$$", "$$"), ("$A costs $5", "$A costs $5"), ("a$", "a$"), ("é${U}", "éü"),
      ("${DOLLAR}", "${A}"), ("${EMPTY}x", "x"),
    ])
  func expands(_ written: String, _ expected: String) {
    let (text, found) = described(written, ["A": "a", "EMPTY": "", "U": "ü", "DOLLAR": "${A}"])
    #expect(found.isEmpty)
    #expect(text == expected)
  }

  @Test(
    "InventoryReference#Values: unset without a default is an error, each of them",
    arguments: ["${NO}", "${NO} ${NO2:-x} ${NO}"])
  func unset(_ written: String) {
    let (_, found) = described(written)
    #expect(found.map(\.code) == [.unsetVariable])
    #expect(found.first?.help == ["set NO, or give a default: ${NO:-value}"])
    #expect(described("${NO} ${NONE}").1.count == 2)
  }

  @Test(
    "InventoryReference#Values: names that carry credentials do not expand, set or not, with a default or not",
    arguments: ["MCPAUTH_AGE_KEY", "MCPAUTH_X", "GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
  func withheld(_ name: String) {
    for written in ["${\(name)}", "${\(name):-x}"] {
      let (_, found) = described(written, [name: "s3cret-value"])
      #expect(found.map(\.code) == [.unsetVariable])
      #expect(found.first?.message == "${\(name)} does not expand, for the variable carries a credential")
      #expect(found.first?.notes.first?.contains("never expand") == true)
    }
  }

  @Test(
    "InventoryReference#Secret-references: a name that a secret reference uses does not expand anywhere, before it or after it"
  )
  func usedByReference() {
    let found = diagnostics(
      """
      version: 1
      servers:
        a: {url: "https://${KEY}.example.com", auth: none}
        b: {url: https://b.example.com, auth: api_key, api_key: {header: X-K, value: {env: KEY}}}
      """, environment: ["KEY": "s3cret-value"])
    #expect(found.map(shown) == ["3:12 unset-variable"])
    #expect(found.first?.notes == ["a secret reference uses it at servers.yaml:4:86"])
  }

  @Test(
    "InventoryReference#Values: names that only look like credentials expand",
    arguments: ["GITHUB_TOKENS", "XMCPAUTH_A", "MCPAUTHOR"])
  func notWithheld(_ name: String) {
    #expect(described("${\(name)}", [name: "v"]).0 == "v")
  }

  @Test(
    "InventoryReference#Values: a '${' that begins no variable is a mistake",
    arguments: ["${", "${}", "${1}", "${A-x}", "${A:x}", "${A:-${B}}"])
  func malformed(_ written: String) {
    #expect(described(written, ["A": "a", "B": "b"]).1.map(\.code) == [.invalidValue])
  }

  @Test(
    "InventoryReference#Redirect-URIs: any placeholder but {server} that is left in a redirect URI is unresolved",
    arguments: [
      ("https://x.example/{id}", " {id}"), ("https://<host>/cb", " <host>"), ("https://x.example/$HOME", ""),
      ("https://x.example/${", ""), ("https://x.example/{server}/{a b}", " {a b}"), ("https://x.example/}", ""),
      ("https://x.example/${BRACE}", ""),
    ])
  func placeholders(_ uri: String, _ shown: String) {
    let text = "version: 1\nclient: {name: A, redirect_uris: ['\(uri)']}\nservers: {}\n"
    let found = diagnostics(text, environment: ["BRACE": "{secret}"])
    #expect(found.map(\.code) == [.unresolvedPlaceholder])
    #expect(marked(found.first, in: text) == "'\(uri)'")
    if !shown.isEmpty {
      #expect(found.first?.message == "a redirect URI with a placeholder\(shown) that nothing replaces")
    }
    #expect(found.first?.message.contains("secret") == false)
  }

  @Test("InventoryReference#Redirect-URIs: {server} becomes the server's name wherever it stands; $$ is a dollar")
  func server() throws {
    let read = try inventory(
      "version: 1\nclient: {name: A, redirect_uris: ['https://{server}.x.example/{server}?a=$$']}\nservers:\n  a-b: {url: https://a.example.com}\n"
    )
    #expect(read.servers.first?.mode.oauth2?.client?.redirectURIs == ["https://a-b.x.example/a-b?a=$"])
  }
}
