import MCPAuthCore
import MCPAuthPlan
import Testing

@Suite struct InventorySecretsTests {
  private func words(of diagnostics: [Diagnostic]) -> [String] {
    var words: [String] = []
    for diagnostic in diagnostics { words += [diagnostic.message] + diagnostic.notes + diagnostic.help }
    return words
  }

  @Test(
    "InventoryReference#Secret-references: a literal is inline-secret; its place is exactly the value, and its text is in no message",
    arguments: [
      ("client_secret: hunter2hunter2", "hunter2hunter2"),
      ("client_secret: \"hunter2 hunter2\"", "\"hunter2 hunter2\""),
      ("client_secret: 'hünter2 hunter2' # why", "'hünter2 hunter2'"),
      ("client_secret: &a hunter2hunter2", "&a hunter2hunter2"),
      ("client_secret: [hunter2hunter2]", "[hunter2hunter2]"),
      ("client_secret:\n  - hunter2hunter2", "hunter2hunter2"),
      ("client_secret: {value: hunter2hunter2}", "hunter2hunter2"),
      ("client_secret: {env: hunter2-hunter2}", "hunter2-hunter2"),
      ("client_secret: {stored: Hunter2_Hunter2}", "Hunter2_Hunter2"),
      ("client_secret: \"hunter2\n  hunter2\"", "\"hunter2"),
      ("client_secret: ${HUNTER2}", "${HUNTER2}"),
    ])
  func inline(_ line: String, _ value: String) {
    let text = server("registration: preregistered\nclient_id: a\n" + line)
    let found = diagnostics(text)
    #expect(found.map(\.code) == [.inlineSecret])
    #expect(marked(found.first, in: text) == value)
    #expect(found.first?.help.contains { $0.contains("client_secret: {env: MCP_GITHUB_CLIENT_SECRET}") } == true)
    #expect(!words(of: found).contains { $0.lowercased().contains("hunter") })
  }

  @Test(
    "InventoryReference#Servers: a literal under a mistyped or duplicate key is found too, because its line is printed"
  )
  func inlineElsewhere() {
    let head = "registration: preregistered\nclient_id: a\n"
    for line in ["clientSecret: hunter2hunter2", "client_secret: {env: A}\nclient_secret: hunter2hunter2"] {
      let text = server(head + line)
      let inline = diagnostics(text).first { $0.code == .inlineSecret }
      #expect(marked(inline, in: text) == "hunter2hunter2")
    }
  }

  @Test(
    "SecretStores#Records: a secret on a line that is not valid YAML is marked to the end of the line",
    arguments: [
      ("    client_secret: \"hunter2 hunter2", "\"hunter2 hunter2"), ("\tclient_secret: hunter2", "hunter2"),
      ("  oauth2: {scopes: [a, \"client_secret\": hunter2, b}", "hunter2, b}"),
      ("  api_key: {header: X-Key, value: @hunter2}", "@hunter2}"),
      ("  ü: a, Authorization: Bearer: hunter2", "Bearer: hunter2"),
      ("  client_secret hunter2 hunter2\n  a: {}", "hunter2 hunter2"),
      ("  client_secret:hunter2\n  a: {}", "hunter2"),
    ])
  func inlineInBrokenLine(_ line: String, _ literal: String) {
    let text = "version: 1\nservers:\n" + line + "\n"
    let found = diagnostics(text)
    #expect(found.contains { $0.code == .yamlSyntax && $0.location?.line == 3 })
    #expect(marked(found.first { $0.code == .inlineSecret }, in: text) == literal)
    #expect(!words(of: found).contains { $0.contains("hunter") })
  }

  @Test(
    "SecretStores#Records: an invalid line with references only has no secret",
    arguments: ["  client_secret: {env: A", "  tokens: \"a", "  api_key: {"])
  func noneInBrokenLine(_ line: String) {
    #expect(diagnostics("version: 1\nservers:\n" + line + "\n").map(\.code) == [.yamlSyntax])
  }

  @Test("InventoryReference#Servers: a password in a URL is invalid-url at exactly the value, and is in no message")
  func passwordInURL() {
    let text = "version: 1\nservers:\n  a: {url: \"https://me:hunter2@a.example.com/\", auth: none}\n"
    let found = diagnostics(text)
    #expect(found.map(\.code) == [.invalidURL])
    #expect(marked(found.first, in: text) == "\"https://me:hunter2@a.example.com/\"")
    #expect(!words(of: found).contains { $0.contains("hunter2") })
  }

  @Test(
    "InventoryReference#Secret-references: headers accept literals, but not Authorization, Cookie, …key, …token, …secret",
    arguments: [
      ("X-Tenant", false), ("Accept", false), ("X-Keyboard", false), ("Authorization", true), ("COOKIE", true),
      ("X-Api-Key", true), ("X-TOKEN", true), ("MySecret", true),
    ])
  func headers(_ name: String, _ isSecret: Bool) {
    let found = diagnostics(
      "version: 1\nservers:\n  a:\n    url: https://a.example.com\n    auth: custom_headers\n    custom_headers: {\(name): abc}\n"
    )
    #expect(found.map(\.code) == (isSecret ? [.inlineSecret] : []))
  }

  @Test("InventoryReference#Servers: a header that begins with x- is ignored, with a warning")
  func ignoredHeader() throws {
    let read = try inventory(
      "version: 1\nservers:\n  a:\n    url: https://a.example.com\n    auth: custom_headers\n    custom_headers: {x-a: 1, X-B: b}\n"
    )
    #expect(read.warnings.map(\.code) == [.unknownKey])
    #expect(read.servers.first?.mode == .customHeaders([("X-B", .literal("b"))]))
  }

  @Test(
    "InventoryReference#Secret-references: a secret in the query of a URL is refused, and exactly its value is marked",
    arguments: [
      ("https://a.example/mcp?api_key=hunter2", "hunter2"), ("\"https://a.example/mcp?api_key=hunter2\"", "hunter2"),
      ("https://a.example/mcp?v=1&exaApiKey=hunter2&w=2", "hunter2"), ("'https://a.example?token=hunter2'", "hunter2"),
      ("https://a.example/mcp?api_key=", nil), ("https://a.example/mcp?api_key", nil),
      ("https://a.example/mcp?tenant=1", nil),
      ("https://a.example/mcp?${N:-token}=hunter2", "https://a.example/mcp?${N:-token}=hunter2"),
    ] as [(String, String?)])
  func query(_ url: String, _ secret: String?) {
    let text = "version: 1\nservers:\n  a:\n    url: \(url)\n    auth: none\n"
    let found = diagnostics(text)
    #expect(found.map(\.code) == (secret == nil ? [] : [.inlineSecret]))
    #expect(marked(found.first, in: text) == secret)
    #expect(!found.contains { $0.message.contains("hunter2") || $0.help.joined().contains("hunter2") })
  }

  @Test(
    "InventoryReference#API-key-and-custom-headers: a bearer token is refused in the text of any header",
    arguments: [
      ("Bearer hunter2", true), ("bearer  hunter2", true), ("Bearer", false), ("bearer of news", false),
      ("acme", false),
    ])
  func bearer(_ value: String, _ isSecret: Bool) {
    let text =
      "version: 1\nservers:\n  a:\n    url: https://a.example.com\n    auth: custom_headers\n    custom_headers:\n      X-Auth: \(value)\n"
    let found = diagnostics(text)
    #expect(found.map(\.code) == (isSecret ? [.inlineSecret] : []))
    if isSecret { #expect(marked(found.first, in: text) == value) }
  }

  @Test("SecretStores#Records: a private key in the recipients is reported as a secret in the file")
  func privateKey() {
    let text = "version: 1\nsecrets: {store: age, recipients: [AGE-SECRET-KEY-1QQQQ]}\nservers: {}\n"
    let found = diagnostics(text)
    #expect(found.map(\.code) == [.inlineSecret])
    #expect(marked(found.first, in: text) == "AGE-SECRET-KEY-1QQQQ")
  }

  @Test("SecretStores#Records: a store is set only if the inventory names it")
  func storeNamed() throws {
    #expect(try inventory("version: 1\nservers: {}\n").secrets.isNamed == false)
    #expect(try inventory("version: 1\nsecrets: {path: x}\nservers: {}\n").secrets.isNamed == false)
    let named = try inventory("version: 1\nsecrets: {store: directory}\nservers: {}\n").secrets
    #expect(named.isNamed && named.location?.column == 18)
  }
}
