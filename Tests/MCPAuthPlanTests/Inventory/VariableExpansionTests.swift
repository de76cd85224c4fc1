import MCPAuthCore
import MCPAuthPlan
import Testing

@Suite struct VariableExpansionTests {
  private func described(_ value: String, _ variables: [String: String] = [:]) -> (String?, [Diagnostic]) {
    let text = "version: 1\nservers:\n  a: {url: https://a.example.com/mcp, auth: none, description: '\(value)'}\n"
    let read = read(text, variables: variables)
    return ((try? read.get())?.servers.first?.summary, diagnostics(text, variables: variables))
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
    "InventoryReference#Values: each unset variable without a default is an error",
    arguments: ["${NO}", "${NO} ${NO2:-x} ${NO}"])
  func unset(_ written: String) {
    let (_, found) = described(written)
    #expect(found.map(\.code) == [.unsetVariable])
    #expect(found.first?.message == "${NO} has no value: MCPAUTH_VAR_NO is not set")
    #expect(found.first?.help == ["set MCPAUTH_VAR_NO, or give --var NO=VALUE, or write a default: ${NO:-value}"])
    #expect(described("${NO} ${NONE}").1.count == 2)
  }

  @Test(
    "InventoryReference#Values: a value comes from MCPAUTH_VAR_NAME or the command line, never from NAME itself",
    arguments: ["HOST", "GITHUB_TOKEN", "CI_JOB_TOKEN", "MCPAUTH_AGE_KEY", "lower_case"])
  func onlyOwnVariables(_ name: String) throws {
    let text = "version: 1\nservers:\n  a: {url: https://a.example.com/mcp, auth: none, description: '${\(name)}'}\n"
    func read(_ environment: [String: String], _ assignments: [String: String] = [:]) -> Result<
      Inventory, InventoryMistakes
    > {
      InventoryReader.read(
        Array(text.utf8), file: "servers.yaml",
        variables: InventoryVariables(environment: environment, assignments: assignments))
    }
    let refused = try #require(throws: InventoryMistakes.self) { try read([name: "s3cret-value"]).get() }
    #expect(refused.diagnostics.map(\.code) == [.unsetVariable])
    #expect(refused.diagnostics.first?.notes.first?.hasPrefix("\(name) itself is set, and is not used") == true)
    let own = ["MCPAUTH_VAR_\(name)": "own", name: "s3cret-value"]
    #expect(try read(own).get().servers.first?.summary == "own")
    #expect(try read(own, [name: "assigned"]).get().servers.first?.summary == "assigned")
  }

  @Test(
    "InventoryReference#Values: a '${' that does not begin a variable is a mistake",
    arguments: ["${", "${}", "${1}", "${A-x}", "${A:x}", "${A:-${B}}"])
  func malformed(_ written: String) {
    #expect(described(written, ["A": "a", "B": "b"]).1.map(\.code) == [.invalidValue])
  }

  @Test(
    "InventoryReference#Redirect-URIs: any placeholder except {server} that is left in a redirect URI is unresolved",
    arguments: [
      ("https://x.example/{id}", " {id}"), ("https://<host>/cb", " <host>"), ("https://x.example/$HOME", ""),
      ("https://x.example/${", ""), ("https://x.example/{server}/{a b}", " {a b}"), ("https://x.example/}", ""),
      ("https://x.example/${BRACE}", ""),
    ])
  func placeholders(_ uri: String, _ shown: String) {
    let text = "version: 1\nclient: {name: A, redirect_uris: ['\(uri)']}\nservers: {}\n"
    let found = diagnostics(text, variables: ["BRACE": "{secret}"])
    #expect(found.map(\.code) == [.unresolvedPlaceholder])
    #expect(marked(found.first, in: text) == "'\(uri)'")
    if !shown.isEmpty {
      #expect(found.first?.message == "a redirect URI has a placeholder\(shown) that is not replaced")
    }
    #expect(found.first?.message.contains("secret") == false)
  }

  @Test("InventoryReference#Redirect-URIs: {server} becomes the server's name everywhere; $$ is a dollar")
  func server() throws {
    let read = try inventory(
      "version: 1\nclient: {name: A, redirect_uris: ['https://{server}.x.example/{server}?a=$$']}\nservers:\n  a-b: {url: https://a.example.com}\n"
    )
    #expect(read.servers.first?.mode.oauth2?.client?.redirectURIs == ["https://a-b.x.example/a-b?a=$"])
  }
}
