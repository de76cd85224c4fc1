import MCPAuthCore
import MCPAuthPlan
import Testing

@Suite struct ConsumersTests {
  private static func text(_ consumers: String, oauth2: String = "{}", client: String = "name: Acme") -> String {
    """
    version: 1
    client: {\(client), consumers: \(consumers)}
    servers:
      linear: {url: "https://mcp.linear.app/mcp", oauth2: \(oauth2)}
    """
  }

  private static func client(_ text: String) throws -> ClientMetadata? {
    try inventory(text).servers.first?.mode.oauth2?.client
  }

  @Test(
    "InventoryReference#Consumers: each consumer contributes its redirect URIs",
    arguments: [
      ("{claude-code: {callback_port: 33418}}", ["http://localhost:33418/callback"]),
      ("{codex: {callback_port: 33419}}", ["http://127.0.0.1:33419/callback"]),
      (
        "{vscode: }",
        ["https://vscode.dev/redirect", "https://insiders.vscode.dev/redirect", "http://127.0.0.1:33418/"]
      ),
      (
        "{cursor: {}}",
        [
          "http://localhost:8787/callback", "cursor://anysphere.cursor-mcp/oauth/callback",
          "https://www.cursor.com/agents/mcp/oauth/callback",
        ]
      ),
      ("{gemini: {}}", ["http://localhost:7777/oauth/callback"]),
      ("{gemini: {callback_port: 7000}}", ["http://localhost:7000/oauth/callback"]),
      ("{opencode: }", ["http://127.0.0.1:19876/mcp/oauth/callback"]),
      ("{goose: {callback_port: 9000}}", ["http://127.0.0.1:9000/oauth_callback"]),
      (
        "{librechat: {url: \"https://chat.acme.dev/\"}}",
        ["https://chat.acme.dev/api/mcp/linear/oauth/callback"]
      ),
      ("{litellm: {url: \"https://llm.acme.dev\"}}", ["https://llm.acme.dev/callback"]),
      ("{toolhive: }", ["http://localhost:8666/callback"]),
    ])
  func redirectURIs(consumers: String, uris: [String]) throws {
    #expect(try Self.client(Self.text(consumers))?.redirectURIs == uris)
  }

  @Test("InventoryReference#Consumers: the inventory's own redirect URIs come first, and none is listed twice")
  func together() throws {
    let own = "name: Acme, redirect_uris: [\"https://acme.dev/{server}/cb\", \"http://localhost:1/callback\"]"
    let text = Self.text("{claude-code: {callback_port: 1}, codex: {callback_port: 2}}", client: own)
    #expect(
      try Self.client(text)?.redirectURIs == [
        "https://acme.dev/linear/cb", "http://localhost:1/callback", "http://127.0.0.1:2/callback",
      ])
    #expect(try inventory(text).client?.redirectURIs.count == 3)
  }

  @Test("InventoryReference#Consumers: programs on the user's machine make a client native, also together with others")
  func applicationType() throws {
    let mixed = "{claude-code: {callback_port: 1}, librechat: {url: \"https://chat.acme.dev\"}}"
    #expect(try Self.client(Self.text(mixed))?.applicationType == .native)
    #expect(try Self.client(Self.text(mixed, oauth2: "{application_type: web}"))?.applicationType == .web)
    let hosted = try Self.client(Self.text("{librechat: {url: \"https://chat.acme.dev\"}}"))
    #expect(hosted?.applicationType == nil)
    #expect(ApplicationType.inferred(from: hosted?.redirectURIs ?? []) == .web)
  }

  @Test("InventoryReference#Consumers: a server lists some of the consumers, or none")
  func subset() throws {
    let consumers = "{claude-code: {callback_port: 1}, codex: {callback_port: 2}}"
    let one = try inventory(Self.text(consumers, oauth2: "{consumers: [codex]}")).servers[0].mode.oauth2
    #expect(one?.consumers.map(\.consumer) == [.codex])
    #expect(one?.client?.redirectURIs == ["http://127.0.0.1:2/callback"])
    #expect(one?.client?.signInMethods.map(\.consumer) == ["codex"])
    let client = "name: Acme, redirect_uris: [\"https://acme.dev/cb\"]"
    let none = try inventory(Self.text(consumers, oauth2: "{consumers: []}", client: client)).servers[0].mode.oauth2
    #expect(none?.consumers.isEmpty == true)
    #expect(none?.client?.redirectURIs == ["https://acme.dev/cb"])
  }

  @Test(
    "InventoryReference#Consumers: mistakes are reported with their place",
    arguments: [
      ("{claude-code: {}}", "{}", DiagnosticCode.missingKey, "'claude-code' needs callback_port"),
      ("{codex: }", "{}", .missingKey, "'codex' needs callback_port"),
      ("{librechat: {}}", "{}", .missingKey, "'librechat' needs url"),
      ("{claude_code: {callback_port: 1}}", "{}", .unknownKey, "unknown key 'claude_code' in 'consumers'"),
      ("{copilot-cli: {}}", "{}", .unknownKey, "unknown key 'copilot-cli' in 'consumers'"),
      ("{vscode: {callback_port: 1}}", "{}", .unknownKey, "'vscode' does not have the key callback_port"),
      ("{codex: {url: \"https://a.example\"}}", "{}", .unknownKey, "'codex' does not have the key url"),
      ("{codex: {callback_port: 70000}}", "{}", .invalidValue, "'callback_port' is over 65535"),
      (
        "{vscode: }", "{consumers: [codex]}", .invalidValue,
        "'linear' names the consumer 'codex', which is not in client.consumers"
      ),
      ("{vscode: }", "{consumers: [vscod]}", .invalidValue, "'vscod' is not a known consumer"),
      (
        "{gemini: }", "{token_endpoint_auth_method: client_secret_basic}", .consumersDisagree,
        "'linear' has token_endpoint_auth_method client_secret_basic, which gemini does not send"
      ),
    ])
  func mistakes(consumers: String, oauth2: String, code: DiagnosticCode, message: String) {
    let found = diagnostics(Self.text(consumers, oauth2: oauth2))
    #expect(found.map(\.code) == [code])
    #expect(found.map(\.message) == [message])
  }

  @Test("InventoryReference#Consumers: coder contributes nothing, so its client has no redirect URI")
  func coder() {
    #expect(diagnostics(Self.text("{coder: {url: \"https://coder.acme.dev\"}}")).map(\.code) == [.missingKey])
  }
}
