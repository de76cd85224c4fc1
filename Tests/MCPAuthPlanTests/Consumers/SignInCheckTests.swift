import MCPAuthCore
import MCPAuthPlan
import Testing

@Suite struct SignInCheckTests {
  private static func reasons(
    _ consumer: Consumer, method: String = "none", redirects: [String], asked: String? = nil, oauth2: String = "{}",
    transport: String = "streamable_http", consumers: String? = nil
  ) throws -> [String] {
    let named = consumers.map { ", consumers: \($0)" } ?? ""
    let text = """
      version: 1
      client: {name: Acme, redirect_uris: ["http://localhost:1/callback"]\(named)}
      servers: {linear: {url: "https://mcp.linear.app/mcp", transport: \(transport), oauth2: \(oauth2)}}
      """
    let server = try inventory(text).servers[0]
    let client = LockedClient(.dcr, id: "client", authMethod: AuthMethod(method), redirectURIs: redirects)
    var entry = LockEntry(mode: .discovered, url: server.url, client: client)
    entry.inputs = JSONObject([.init("token_endpoint_auth_method", .string(asked ?? method))])
    let found = SignInCheck(server, entry).warnings(for: consumer)
    #expect(found.allSatisfy { $0.code == .consumerCannotSignIn && $0.severity == .warning })
    return found.map(\.message)
  }

  @Test("Consumers#Sign-in: Claude Code sends the name of the host, never its address")
  func localhost() throws {
    #expect(try Self.reasons(.claudeCode, redirects: ["http://localhost:3118/callback"]).isEmpty)
    #expect(
      try Self.reasons(.claudeCode, redirects: ["http://127.0.0.1:3118/callback"]) == [
        "claude-code cannot sign in to 'linear': the client does not have the redirect URI that this program sends, http://localhost:PORT/callback"
      ])
    #expect(try Self.reasons(.codex, redirects: ["http://127.0.0.1:3118/any"]).isEmpty)
  }

  @Test("Consumers#Sign-in: a consumer that prefers Basic cannot use client_secret_post if the server lists both")
  func post() throws {
    let redirects = ["http://localhost:3118/callback"]
    // The rules chose client_secret_post: the server lists no other method with a secret.
    #expect(try Self.reasons(.codex, method: "client_secret_post", redirects: redirects).isEmpty)
    let answered = try Self.reasons(
      .codex, method: "client_secret_post", redirects: redirects, asked: "client_secret_basic")
    #expect(answered.count == 1)
    let named = try Self.reasons(
      .claudeCode, method: "client_secret_post", redirects: redirects,
      oauth2: "{token_endpoint_auth_method: client_secret_post}")
    #expect(
      named == [
        "claude-code cannot sign in to 'linear': the client is registered with client_secret_post, and this program sends client_secret_basic wherever the server lists that"
      ])
  }

  @Test("Consumers#Sign-in: gemini does not support Basic")
  func gemini() throws {
    let redirects = ["http://localhost:7777/oauth/callback"]
    #expect(try Self.reasons(.gemini, method: "client_secret_post", redirects: redirects).isEmpty)
    #expect(
      try Self.reasons(.gemini, method: "client_secret_basic", redirects: redirects) == [
        "gemini cannot sign in to 'linear': the client is registered with client_secret_basic, which this program does not send"
      ])
  }

  @Test("Consumers#Sign-in: the callback of Coder is below the URL of the installation that the inventory names")
  func coder() throws {
    let consumers = "{coder: {url: \"https://coder.acme.dev/\"}}"
    let redirects = ["https://coder.acme.dev/api/experimental/mcp/servers/0a1b/oauth2/callback"]
    #expect(try Self.reasons(.coder, redirects: redirects, consumers: consumers).isEmpty)
    let others = ["https://coder.acme.dev.example/api/experimental/mcp/servers/0a1b/oauth2/callback"]
    #expect(
      try Self.reasons(.coder, redirects: others, consumers: consumers) == [
        "coder cannot sign in to 'linear': the client does not have the redirect URI that this program sends, https://coder.acme.dev/api/experimental/mcp/servers/ID/oauth2/callback"
      ])
    #expect(try Self.reasons(.coder, redirects: others).isEmpty)
  }

  @Test("Consumers#Sign-in: what is only reported by users is marked as reported")
  func hedged() throws {
    let found = try Self.reasons(.cursor, redirects: ["https://acme.dev/cb"])
    #expect(found.count == 1 && found[0].hasSuffix(" (reported: cursor.com/docs/mcp)"))
  }

  @Test(
    "Consumers#Sign-in: a transport that the consumer does not support",
    arguments: [Consumer.codex, .goose, .opencode])
  func events(consumer: Consumer) throws {
    let own = try #require(ConsumerUse(consumer, port: 1).redirectURIs.first)
    #expect(
      try Self.reasons(consumer, redirects: [own], transport: "sse") == [
        "\(consumer.rawValue) cannot sign in to 'linear': it does not support the transport sse"
      ])
  }

  @Test("Consumers#Sign-in: what a consumer contributes is what it sends", arguments: Consumer.nameable)
  func own(consumer: Consumer) throws {
    let use = ConsumerUse(consumer, port: 5000, url: "https://app.example.com")
    let uris = use.redirectURIs.map { $0.replacing("{server}", with: "linear") }
    guard !uris.isEmpty else { return }
    #expect(try Self.reasons(consumer, redirects: uris).isEmpty)
  }
}
