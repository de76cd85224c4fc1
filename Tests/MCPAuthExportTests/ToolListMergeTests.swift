import MCPAuthExport
import Testing

@Suite struct ToolListMergeTests {
  /// An entry of `docs` with tool lists that a user wrote, for each target that has keys for them.
  static let written: [(ExportTarget, String)] = [
    (
      .copilotCLI,
      #"{"mcpServers": {"docs": {"type": "http", "url": "https://docs.example.com/mcp", "tools": ["one"]}}}"#
    ),
    (
      .gemini,
      """
      {"mcpServers": {"docs": {
        "url": "https://docs.example.com/mcp", "type": "http", "includeTools": ["one"], "excludeTools": ["two"]
      }}}
      """
    ),
    (
      .codex,
      """
      [mcp_servers.docs]
      url = "https://docs.example.com/mcp"
      enabled = true
      enabled_tools = ["one"]
      disabled_tools = ["two"]

      """
    ),
    (
      .goose,
      """
      extensions:
        docs:
          enabled: true
          type: streamable_http
          name: docs
          description: docs
          uri: https://docs.example.com/mcp
          timeout: 300
          available_tools: [one]

      """
    ),
    (
      .litellm,
      """
      mcp_servers:
        docs:
          url: https://docs.example.com/mcp
          transport: http
          auth_type: none
          allowed_tools: [one]
          disallowed_tools: [two]

      """
    ),
  ]

  @Test("Consumers#Merging: a tool list stays if the inventory has none", arguments: written)
  func kept(target: ExportTarget, file: String) throws {
    #expect(try ExportWorld().merge(target, only: ["docs"], into: file) == file)
  }

  @Test("Consumers#Merging: a tool list of the inventory replaces the one in the file, and the other list stays")
  func replaced() throws {
    let copilot =
      #"{"mcpServers": {"acme-crm": {"type": "http", "url": "https://crm.acme.example/mcp", "tools": ["*"]}}}"#
    let tools = try ExportWorld().merge(.copilotCLI, only: ["acme-crm"], into: copilot)
    #expect(tools.contains("search") && tools.contains("create-note") && !tools.contains("*"))
    let gemini = """
      {"mcpServers": {"acme-crm": {
        "url": "https://crm.acme.example/mcp", "includeTools": ["old"], "excludeTools": ["two"]
      }}}
      """
    let lists = try ExportWorld().merge(.gemini, only: ["acme-crm"], into: gemini)
    #expect(lists.contains("create-note") && !lists.contains("old") && lists.contains(#""excludeTools": ["two"]"#))
  }

  @Test("Consumers#copilot-cli: a new entry without a tool list offers all tools")
  func allTools() throws {
    #expect(try ExportWorld().merge(.copilotCLI, only: ["docs"], into: "{}").contains("*"))
  }
}
