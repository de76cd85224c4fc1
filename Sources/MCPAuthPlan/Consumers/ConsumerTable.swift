internal import MCPAuthCore

/// The table of facts, with one row for each consumer. When the facts about a consumer change, change its row.
extension Consumer {
  package var facts: ConsumerFacts {
    switch self {
    case .claudeCode:
      row(
        redirect: seen(.loopback("localhost", path: "/callback"), "claude-code 2.1.332"),
        methods: seen(.basicFirst, "claude-code 2.1.332"),
        secret: seen(
          .elsewhere("its credential store: claude mcp add-json --client-secret"), "claude-code 2.1.332"),
        speaksSSE: read(true, "code.claude.com/docs/en/mcp"),
        names: read(.withoutDots, "code.claude.com/docs/en/mcp"), tools: read(.none, "code.claude.com/docs/en/mcp"))
    case .vscode:
      row(
        redirect: read(
          .fixed(["https://vscode.dev/redirect", "https://insiders.vscode.dev/redirect", "http://127.0.0.1:33418/"]),
          "vscode#319440"),
        methods: reported(.any, "vscode#317950"),
        secret: read(.elsewhere("the secret storage of VS Code: it asks for it at the sign-in"), "vscode#317950"),
        speaksSSE: read(true, "vscode-docs#9798"), names: read(.all, "vscode-docs#9798"),
        tools: read(.none, "vscode-docs#9798"))
    case .cursor:
      row(
        redirect: reported(
          .fixed([
            "http://localhost:8787/callback", "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
          ]), "cursor.com/docs/mcp"),
        methods: reported(.any, "cursor.com/docs/mcp"), secret: read(.file, "docs.pipeshub.com/mcp/cursor.md"),
        speaksSSE: read(true, "cursor.com/docs/mcp"), names: read(.all, "cursor.com/docs/mcp"),
        tools: read(.none, "cursor.com/docs/mcp"))
    case .gemini:
      row(
        redirect: read(
          .loopback("localhost", alsoOn: "127.0.0.1", path: "/oauth/callback", port: 7777),
          "gemini-cli oauth-provider.ts @5411f113"),
        methods: read(.body, "gemini-cli oauth-flow.ts:498 @5411f113"),
        secret: read(.file, "gemini-cli settingsSchema.ts @5411f113"),
        speaksSSE: read(true, "gemini-cli config.ts:487 @5411f113"),
        names: read(.withoutUnderscores, "gemini-cli mcp-server.md:610 @5411f113"),
        tools: read(.allowAndDeny, "gemini-cli mcp-server.md @5411f113"))
    case .codex:
      row(
        redirect: seen(
          .loopback("127.0.0.1", alsoOn: "localhost", path: "/callback", takesAnyPath: true), "codex 0.163.0"),
        methods: seen(.basicFirst, "codex 0.163.0, codex#40928"), secret: seen(.file, "codex 0.163.0"),
        speaksSSE: read(false, "codex-rs/config/src/mcp_types.rs"),
        names: read(.withoutDots, "codex-rs/cli/src/mcp_cmd.rs"),
        tools: read(.allowAndDeny, "codex-rs/config/src/mcp_types.rs"))
    case .opencode:
      row(
        redirect: read(
          .loopback("127.0.0.1", alsoOn: "localhost", path: "/mcp/oauth/callback", takesAnyPath: true, port: 19876),
          "opencode mcp-servers.mdx v2.2.6"),
        methods: reported(.basicFirst, "it uses the TypeScript SDK of MCP"),
        secret: read(.file, "opencode mcp-servers.mdx v2.2.6"),
        speaksSSE: read(false, "opencode mcp-servers.mdx v2.2.6"),
        names: read(.withoutDots, "opencode mcp-servers.mdx v2.2.6"),
        tools: read(.none, "opencode mcp-servers.mdx v2.2.6"))
    case .goose:
      row(
        redirect: read(.loopback("127.0.0.1", path: "/oauth_callback"), "goose#9209"),
        methods: reported(.basicFirst, "it uses rmcp, as codex does"), secret: read(.name, "goose#11182"),
        speaksSSE: read(false, "goose extension.rs @20f87d19"), names: read(.withoutDots, "goose extensions.rs"),
        tools: read(.allowOnly, "goose extension.rs @20f87d19"))
    case .librechat:
      row(
        redirect: read(.hosted(path: "/api/mcp/{server}/oauth/callback"), "librechat mcp_servers.mdx @4529bf5d"),
        methods: read(.any, "librechat mcp.ts @042c46c1"), secret: read(.file, "librechat mcp.ts @042c46c1"),
        speaksSSE: read(true, "librechat mcp.ts @042c46c1"), names: read(.all, "librechat mcp.ts @042c46c1"),
        tools: read(.none, "librechat mcp.ts @042c46c1"))
    case .litellm:
      row(
        redirect: read(.hosted(path: "/callback"), "docs.litellm.ai/docs/mcp_oauth"),
        methods: seen(.any, "litellm 1.110.2"), secret: seen(.file, "litellm 1.110.2"),
        speaksSSE: read(true, "docs.litellm.ai/docs/mcp_oauth"), names: seen(.withoutHyphens, "litellm 1.110.2"),
        tools: read(.allowAndDeny, "litellm mcp_server_manager.py"))
    case .toolhive:
      row(
        redirect: read(
          .loopback("localhost", path: "/callback", port: 8666), "toolhive pkg/auth/remote/config.go @e25de16c"),
        methods: read(.any, "toolhive uses golang.org/x/oauth2, which tries both"),
        secret: read(.file, "toolhive config.go @e25de16c"), speaksSSE: read(true, "toolhive config.go @e25de16c"),
        names: read(.all, "toolhive config.go @e25de16c"), tools: read(.none, "toolhive config.go @e25de16c"))
    case .coder:
      row(
        redirect: read(.hostedWithID(prefix: "/api/experimental/mcp/servers/"), "coder mcp servers API"),
        methods: read(.any, "coder uses golang.org/x/oauth2, which tries both"),
        secret: read(.file, "coder mcp servers API"), speaksSSE: read(true, "coder mcp servers API"),
        names: reported(.withoutDotsAndUnderscores, "coder slugs"),
        tools: read(.allowAndDeny, "agents_mcp_server_resource.go @dd90bb69"))
    case .copilotCLI:
      row(
        redirect: reported(.unknown, "copilot-cli#2717"), methods: reported(.any, "copilot-cli#3982"),
        secret: reported(.elsewhere("its keychain: it asks for it at the sign-in"), "copilot-cli#3982"),
        speaksSSE: read(true, "vscode mcpCopilotConfiguration.ts @047238f9"),
        names: reported(.withoutDots, "copilot-cli#2717"),
        tools: read(.allowOnly, "vscode mcpCopilotConfiguration.ts @047238f9"))
    }
  }

  private func row(
    redirect: ConsumerFact<ConsumerFacts.Redirect>, methods: ConsumerFact<Methods>,
    secret: ConsumerFact<ConsumerFacts.SecretPlace>, speaksSSE: ConsumerFact<Bool>,
    names: ConsumerFact<ConsumerFacts.Names>, tools: ConsumerFact<ConsumerFacts.ToolFilters>
  ) -> ConsumerFacts {
    let sent = SignInMethods(
      consumer: rawValue, methods: methods.value.list, prefersBasic: methods.value == .basicFirst)
    return ConsumerFacts(
      redirect: redirect,
      methods: ConsumerFact(value: sent, source: methods.source, certainty: methods.certainty),
      secret: secret, speaksSSE: speaksSSE, names: names, toolFilters: tools)
  }

  /// The token endpoint auth methods that the consumer sends.
  private enum Methods {
    /// Any method that the client has.
    case any
    /// `client_secret_basic` where the server lists it, else `client_secret_post`.
    case basicFirst
    /// The secret in the request body, never in a Basic header.
    case body

    var list: [String] {
      switch self {
      case .any, .basicFirst:
        [TokenEndpointAuthMethod.none, TokenEndpointAuthMethod.basic, TokenEndpointAuthMethod.post]
      case .body: [TokenEndpointAuthMethod.none, TokenEndpointAuthMethod.post]
      }
    }
  }
}

private func seen<Value>(_ value: Value, _ source: String) -> ConsumerFact<Value> {
  ConsumerFact(value: value, source: source, certainty: .seen)
}

private func read<Value>(_ value: Value, _ source: String) -> ConsumerFact<Value> {
  ConsumerFact(value: value, source: source, certainty: .read)
}

private func reported<Value>(_ value: Value, _ source: String) -> ConsumerFact<Value> {
  ConsumerFact(value: value, source: source, certainty: .reported)
}

extension ConsumerFacts.Redirect {
  fileprivate static func loopback(
    _ host: String, alsoOn other: String? = nil, path: String, takesAnyPath: Bool = false, port: Int? = nil
  ) -> ConsumerFacts.Redirect {
    .loopback(
      host: host, hosts: Set([host, other].compactMap { $0 }), path: path, takesAnyPath: takesAnyPath, port: port)
  }
}

extension ConsumerFacts.Names {
  fileprivate static let all = ConsumerFacts.Names(replaced: [], replacement: "-")
  fileprivate static let withoutDots = ConsumerFacts.Names(replaced: ["."], replacement: "_")
  fileprivate static let withoutUnderscores = ConsumerFacts.Names(replaced: ["_"], replacement: "-")
  fileprivate static let withoutHyphens = ConsumerFacts.Names(replaced: ["-"], replacement: "_")
  fileprivate static let withoutDotsAndUnderscores = ConsumerFacts.Names(replaced: [".", "_"], replacement: "-")
}
